// Package executor runs programs as a role: everything that a request needs
// goes to PostgreSQL in one pipeline with one Sync, and rows are handed on as
// they arrive.
//
//	result, err := exec.Run(ctx, executor.Command{Identity: id, Context: about, Program: program, ReadOnly: true})
//	if err != nil { … }
//	defer result.Close()
//	for result.Next() {
//		row := result.Values()
//	}
//	err = result.Err()
package executor

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/dbpool"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Executor runs commands on the connections of a pool.
type Executor struct {
	// AcquireTimeout bounds how long a command waits for a connection; 0 is no bound.
	AcquireTimeout time.Duration
	// Silence bounds how long PostgreSQL may be silent while a command waits for it;
	// 0 is no bound.
	Silence time.Duration
	// Lost, if set, is told of every connection that couldn't be made, or was lost.
	Lost func()
	// TraceArguments has tracers of connections told of arguments, too.
	TraceArguments bool
	// Panicked, if set, is told of the panic of a tracer.
	Panicked func(value any, stack []byte)

	pool     dbpool.Pool
	prepares bool
}

// New makes an executor over pool. With prepares it keeps statements prepared on
// the connections; without, each is parsed when it is run, as poolers want it that
// give every transaction another connection.
func New(pool dbpool.Pool, prepares bool) *Executor { return &Executor{pool: pool, prepares: prepares} }

// Command is a program, and as whom and how to run it.
type Command struct {
	// Identity is whom the program runs as: the executor becomes its role.
	Identity auth.Identity
	// Context is what else the transaction is told, before all else.
	Context auth.Context
	// PreRequest is a statement that runs after the settings; empty for none.
	PreRequest string
	Program    *query.Program
	// Values are what the program's arguments are bound to, and Page is the window of its
	// rows.
	Values *value.Values
	Page   value.Page
	// ReadOnly runs the transaction read only.
	ReadOnly bool
	// Isolation is the transaction's isolation level; empty for the default.
	Isolation string
	// Rollback ends the transaction without effect, but has deferred constraints checked.
	Rollback bool
	// Expect decides over commit or rollback of a transaction that writes.
	Expect plan.Expectation
	// Late has a transaction that writes end behind the last row, so that nothing is
	// written when the result is closed before. It costs a round trip.
	Late bool
	// Outdated says that the schema cache may be older than the database, and that there
	// is none that is newer: what it doesn't know is left out, or shown as text.
	Outdated bool

	textOnly bool // no column comes in binary format
	begins   bool // the connection's transactions begin in other modes of themselves
}

// explicit reports whether the transaction has to be begun and ended in so many
// words. Otherwise the pipeline itself is one.
func (c *Command) explicit() bool {
	return c.begins || c.Program.Count != nil || c.Isolation != "" || c.Rollback && !c.ReadOnly || c.decides()
}

// decides reports whether the outcome decides over the end of the transaction,
// which then costs a round trip of its own.
func (c *Command) decides() bool {
	return !c.ReadOnly && (c.Expect.Decides() || c.endsLate() && (c.begins || c.Isolation != "" || c.Rollback))
}

// endsLate leaves out what has no rows to wait for.
func (c *Command) endsLate() bool { return c.Late && !c.ReadOnly && c.Program.Yields == query.Rows }

// open reports whether the pipeline itself is a transaction that ends behind the last
// row: its Sync, which commits, is sent then.
func (c *Command) open() bool { return c.endsLate() && !c.explicit() }

// begin renders BEGIN. A count and the rows that it counts have to come from one
// snapshot.
func (c *Command) begin(conn *pgconn.PgConn) string {
	isolation, access := c.Isolation, " READ WRITE"
	if isolation == "" {
		isolation = "READ COMMITTED"
		if c.Program.Count != nil {
			isolation = "REPEATABLE READ"
		}
	}
	switch {
	case c.ReadOnly:
		access = " READ ONLY"
	case onStandby(conn):
		access = ""
	}
	return "BEGIN ISOLATION LEVEL " + isolation + access
}

// onStandby reports a connection to a standby, where no transaction can be READ WRITE.
// What writes all the same is told so when it does.
func onStandby(conn *pgconn.PgConn) bool { return conn.ParameterStatus("in_hot_standby") == "on" }

// maxArguments is how many arguments PostgreSQL's protocol lets a statement have.
// Of more, not even the sending would work, which breaks the connection.
const maxArguments = math.MaxUint16

// Overrides are what the database set response.headers and response.status
// to; empty for nothing.
type Overrides struct{ Headers, Status string }

// Run sends the command and reads on to the program's first row, so that most
// errors come from here, before anything was sent to the client; that the rows are
// not as expected is an error of the result. The result has to be closed.
//
// A statement that PostgreSQL no longer knows, or whose result changed, is prepared
// anew, once: nothing of the pipeline has been committed. On a connection that died
// while it was idle nothing ran, and the command is sent on another one.
func (e *Executor) Run(ctx context.Context, cmd Command) (*Result, error) {
	if err := cmd.Identity.Check(); err != nil {
		return nil, err
	}
	if cmd.Program.Arguments() > maxArguments {
		return nil, apierror.TooManyArguments(maxArguments)
	}
	if cmd.Outdated {
		cmd.Program = cmd.Program.Unchecked()
	}
	for attempt := 1; ; attempt++ {
		conn, err := e.acquire(ctx)
		if err != nil {
			return nil, err
		}
		r := e.run(ctx, conn, cmd)
		for retries := 0; r.err != nil && retries < maxRetries && r.another(&cmd); retries++ {
			r = e.run(ctx, conn, cmd)
		}
		if r.err == nil || r.refused {
			if r.done { // nobody reads on, which would give the connection back
				r.Close()
			}
			return r, nil
		}
		conn.Release()
		if attempt == maxAttempts || !r.again {
			return nil, r.err
		}
		e.dropIdle()
	}
}

// maxRetries is how often a command is tried again on one connection. There are as many
// reasons to, and each should be gone after one.
const maxRetries = 3

// another reports that the command may do on the same connection now. The others of a
// pool may be as they are here.
func (r *Result) another(cmd *Command) bool {
	switch {
	case staleStatement(r.err):
	case r.modes: // which are said from now on
	case errors.Is(r.err, errOtherType):
		cmd.textOnly = true
	default:
		return false
	}
	return true
}

// run starts the command; its error is the result's.
func (e *Executor) run(ctx context.Context, conn *pgxpool.Conn, cmd Command) *Result {
	r := &Result{executor: e, conn: conn, cmd: cmd, Columns: cmd.Program.Columns}
	r.session.begin(ctx, conn.Conn().PgConn(), e.prepares)
	r.cmd.begins = r.session.cache.otherModes
	r.watched = r.session.cache.watch.begin(r.session.conn, e.Silence)
	r.session.traced(conn.Conn(), e)
	if err := r.start(); err != nil {
		err = checkFailed(err, cmd.Program)
		r.again = r.repeatable(err)
		r.fail(err)
		r.end()
	}
	return r
}

// Statements of pipelines.
const (
	commit               = "COMMIT"
	rollback             = "ROLLBACK"
	checkConstraints     = "SET CONSTRAINTS ALL IMMEDIATE"
	utf8                 = "SELECT WHERE " + inUTF8
	inUTF8               = "pg_catalog.set_config('client_encoding', 'UTF8', true) IS NOT NULL"
	overrides            = "SELECT pg_catalog.current_setting('response.headers', true), pg_catalog.current_setting('response.status', true)"
	overridesInUTF8      = overrides + " WHERE " + inUTF8
	overridesAndInserted = overrides + ", pg_catalog.current_setting('" + query.InsertedSetting + "', true)"
)

// start queues the whole pipeline, sends it, and reads up to the first row.
func (r *Result) start() error {
	s, cmd, p := &r.session, &r.cmd, r.cmd.Program
	role, explicit, before := cmd.Identity.Role, cmd.explicit(), 0
	if explicit {
		s.send("", cmd.begin(s.conn), nil)
		before++
	}
	if s.conn.ParameterStatus("client_encoding") != "UTF8" {
		s.send("", utf8, nil)
		before++
	}
	settings := auth.Settings(cmd.Identity, cmd.Context)
	r.main = cmd.rendering(s.conn, settings)
	r.Columns = r.main.columns
	makeSettings, args := s.cache.settingsStatement(settings, s.mayBeOverridden(), cmd.modes(s.conn, explicit))
	s.send("", makeSettings, args)
	if cmd.PreRequest != "" {
		s.send(role, cmd.PreRequest, nil)
		s.send("", overridesInUTF8, nil)
	}
	if p.Count != nil {
		s.send(role, p.Count.SQL, cmd.Values.Bind(p.Count.Args))
	}
	if p.Explain != nil {
		s.send(role, p.Explain.SQL, cmd.Values.Bind(p.Explain.Args))
	}
	s.sendIn(role, r.main.sql, cmd.Values.Bind(p.Main.Args), r.main.formats)
	after := overrides
	if p.Inserted {
		after = overridesAndInserted
	}
	s.send("", after, nil)
	switch {
	case !explicit || cmd.decides():
	case cmd.Rollback && !cmd.ReadOnly:
		s.send(role, checkConstraints, nil)
		s.send("", rollback, nil)
		r.tail = 2
	default:
		s.send("", commit, nil)
		r.tail = 1
	}
	if err := s.dispatch(cmd.open()); err != nil {
		return err
	}
	for range before {
		if err := s.skip(); err != nil {
			return err
		}
	}
	if err := r.readPrelude(); err != nil {
		return err
	}
	return r.readMain()
}

// readPrelude reads the results before the main one.
func (r *Result) readPrelude() error {
	s, p := &r.session, r.cmd.Program
	if err := s.skip(); err != nil { // the settings
		if !r.cmd.explicit() && otherModes(s.conn, err) {
			r.modes, s.cache.otherModes = true, true
		}
		return err
	}
	if r.cmd.PreRequest != "" {
		if err := s.skip(); err != nil {
			return err
		}
		if err := r.readOverrides(); err != nil {
			return err
		}
	}
	var err error
	if p.Count != nil {
		if r.Counted, err = s.number(); err != nil {
			return apierror.OfStatement(p.Count.SQL, err)
		}
	}
	if p.Explain != nil {
		if r.Planned, err = s.plannedRows(); err != nil {
			return apierror.OfStatement(p.Explain.SQL, err)
		}
	}
	return nil
}

// readMain reads what the main statement gives, of rows only the first.
func (r *Result) readMain() error {
	var err error
	if r.reader, err = r.session.next(); err != nil {
		return apierror.OfStatement(r.main.sql, err)
	}
	switch r.cmd.Program.Yields {
	case query.RowCount, query.TotalCount, query.Body:
		if err := r.readNumber(); err != nil {
			return err
		}
		return r.finish()
	case query.Rows:
		if err := cmp.Or(r.checkTimes(), r.checkColumns()); err != nil {
			return err
		}
	}
	if r.ahead = r.nextRow(); r.ahead && r.cmd.Program.Totals {
		if r.Counted, err = parseNumber(r.reader.Values()[0]); err != nil {
			return err
		}
		if r.ahead = r.reader.Values()[1] != nil; !r.ahead {
			r.reader.NextRow() // the only row was there for the number
		}
	}
	if !r.ahead {
		return r.finish()
	}
	if r.cmd.Program.Overrides {
		values := r.reader.Values()
		values = values[len(values)-overrideColumns:]
		r.Overrides = Overrides{Headers: string(values[0]), Status: string(values[1])}
	}
	return nil
}

// readNumber reads the only row of a result that is counted or aggregated by
// PostgreSQL: the number of rows, then perhaps the body, then perhaps the number of
// all rows.
func (r *Result) readNumber() error {
	if !r.reader.NextRow() {
		return nil // the error is the reader's to tell
	}
	values := r.reader.Values()
	n, err := parseNumber(values[0])
	if err != nil {
		return err
	}
	r.Rows = *n
	if r.cmd.Program.Yields == query.TotalCount {
		r.Counted, r.Rows = n, r.cmd.Page.Of(*n)
	}
	if len(values) > 1 {
		r.Body = rawValue(r.reader, 1)
	}
	if len(values) > 2 {
		r.Counted, err = parseNumber(values[2])
	}
	return err
}

// checkColumns compares the types of the result's columns with those that the schema
// cache knows. A column that has another type by now is encoded as what it is. If that
// type's OID doesn't say how, a read fails with ErrOutdated, to be repeated with a new
// schema cache; a write can't be repeated, and encodes it as text.
func (r *Result) checkColumns() error {
	fields := r.reader.FieldDescriptions()
	if r.cmd.Program.Totals && len(fields) >= totalColumns {
		fields = fields[totalColumns:]
	}
	shared := true // with other results of the program
	for i := range min(len(fields), len(r.Columns)) {
		oid := fields[i].DataTypeOID
		if r.Columns[i].Takes(oid) {
			continue
		}
		encoding, known := query.EncodingOfOID(oid)
		if !known && r.cmd.ReadOnly && !r.cmd.Outdated {
			return apierror.ErrOutdated
		}
		if shared {
			r.Columns, shared = slices.Clone(r.Columns), false
		}
		r.Columns[i].OID, r.Columns[i].Encoding = oid, encoding
	}
	return nil
}

// Columns of rows beside their own: before them the number and the mark of totals,
// behind them the headers and the status of overrides.
const (
	totalColumns    = 2
	overrideColumns = 2
)

// plannedRows reads the estimate out of EXPLAIN (FORMAT JSON).
func plannedRows(explained []byte) (int64, error) {
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal(explained, &plans); err != nil || len(plans) != 1 {
		return 0, errors.Join(errors.New("read the planner's estimate"), err)
	}
	return int64(plans[0].Plan.Rows), nil
}

// checkFailed tells the errors of a program's check from others: a relation has more
// columns than the schema cache knows, or it is gone, of which the program itself would
// have the better words.
func checkFailed(err error, p *query.Program) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || !p.Checks(int(pg.Position)) {
		return err
	}
	switch pg.Code {
	case cannotCoerce:
		return fmt.Errorf("%w: %w", apierror.ErrMoreColumns, err)
	case undefinedObject, undefinedSchema:
		return fmt.Errorf("%w: %w", apierror.ErrOutdated, err)
	}
	return err
}

// The SQLSTATEs of casts that there aren't, and to types that there aren't.
const (
	cannotCoerce    = "42846"
	undefinedObject = "42704"
	undefinedSchema = "3F000"
)

// ErrForgotten says that the statements that follow the main one weren't prepared any
// more, as when a function has deallocated them all. Nothing of the command came to pass,
// and it can be run again: by then they are prepared anew, after the function.
var ErrForgotten = errors.New("the connection's prepared statements are gone")

// forgotten tells such an error from others of what follows the main statement.
func forgotten(err error) error {
	if staleStatement(err) {
		return fmt.Errorf("%w: %w", ErrForgotten, err)
	}
	return err
}

// staleStatement reports whether a prepared statement is gone (26000), or its name taken
// (42P05), its result has other columns than when it was prepared (0A000), or the type of
// an argument is gone, in whose place there may be another of its name (XX000).
func staleStatement(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	return pg.Code == "26000" || pg.Code == "42P05" || pg.Code == "0A000" && strings.Contains(pg.Message, "cached plan") ||
		pg.Code == "XX000" && strings.HasPrefix(pg.Message, "cache lookup failed for type")
}
