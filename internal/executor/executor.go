// Package executor runs programs as a role: everything that a request needs
// goes to PostgreSQL in one pipeline with one Sync, and rows are handed on as
// they arrive.
//
//	result, err := exec.Run(ctx, executor.Command{Settings: settings, Program: program, ReadOnly: true})
//	if err != nil { … }
//	defer result.Close()
//	for result.Next() {
//		row := result.Values()
//	}
//	err = result.Err()
package executor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/query"
)

// Pool lends connections.
type Pool interface {
	Acquire(ctx context.Context) (*pgxpool.Conn, error)
}

// Executor runs commands on the connections of a pool.
type Executor struct{ pool Pool }

// New makes an executor over pool.
func New(pool Pool) *Executor { return &Executor{pool} }

// Command is a program, and as whom to run it.
type Command struct {
	// Role names whose statements the program's are: PostgreSQL plans a statement
	// for one role.
	Role string
	// Settings are made for the transaction, in their order, before all else.
	Settings []auth.Setting
	// PreRequest is a statement that runs after the settings; empty for none.
	PreRequest string
	Program    *query.Program
}

// Overrides are what the database set response.headers and response.status
// to; empty for nothing.
type Overrides struct{ Headers, Status string }

// Run sends the command and reads on to the program's first row, so that most
// errors come from here, before anything was sent to the client. The result has
// to be closed. A statement that PostgreSQL no longer knows, or whose result
// changed, is prepared anew, once: nothing of the pipeline has been committed.
func (e *Executor) Run(ctx context.Context, cmd Command) (*Result, error) {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("acquire a connection: %w", err)
	}
	r, err := run(ctx, conn, cmd)
	if err != nil && staleStatement(err) { // the connection's next one may be as stale, so: the same connection
		r, err = run(ctx, conn, cmd)
	}
	if err != nil {
		conn.Release()
		return nil, err
	}
	return r, nil
}

func run(ctx context.Context, conn *pgxpool.Conn, cmd Command) (*Result, error) {
	r := &Result{conn: conn, countsRows: cmd.Program.CountsRows}
	r.session = begin(ctx, conn.Conn().PgConn())
	if err := r.start(cmd); err != nil {
		r.fail(err)
		r.end()
		return nil, r.err
	}
	return r, nil
}

// Statements of every pipeline.
const (
	// A count and the rows that it counts have to come from one snapshot.
	beginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	commit        = "COMMIT"
	overrides     = "SELECT pg_catalog.current_setting('response.headers', true), pg_catalog.current_setting('response.status', true)"
)

// start queues the whole pipeline, sends it, and reads up to the first row.
func (r *Result) start(cmd Command) error {
	s, p := r.session, cmd.Program
	snapshot := p.Count != nil
	if snapshot {
		s.send("", beginSnapshot, nil)
	}
	settings, args := settingsStatement(s.isoDates(cmd.Settings), !snapshot)
	s.send("", settings, args)
	if cmd.PreRequest != "" {
		s.send(cmd.Role, cmd.PreRequest, nil)
		s.send("", overrides, nil)
	}
	if p.Count != nil {
		s.send(cmd.Role, p.Count.SQL, p.Count.Args)
	}
	if p.Explain != nil {
		s.send(cmd.Role, p.Explain.SQL, p.Explain.Args)
	}
	s.send(cmd.Role, p.Main.SQL, p.Main.Args)
	s.send("", overrides, nil)
	if snapshot {
		s.send("", commit, nil)
		r.tail = 1
	}
	if err := s.sync(); err != nil {
		return err
	}
	return r.readHead(cmd, snapshot)
}

// readHead reads the results before the main one, and the main one's first row.
func (r *Result) readHead(cmd Command, snapshot bool) error {
	s := r.session
	if snapshot {
		if err := s.skip(); err != nil {
			return err
		}
	}
	if err := s.skip(); err != nil { // the settings
		return err
	}
	if cmd.PreRequest != "" {
		if err := s.skip(); err != nil {
			return err
		}
		if err := r.readOverrides(); err != nil {
			return err
		}
	}
	var err error
	if cmd.Program.Count != nil {
		if r.Counted, err = s.number(); err != nil {
			return err
		}
	}
	if cmd.Program.Explain != nil {
		if r.Planned, err = s.plannedRows(); err != nil {
			return err
		}
	}
	if r.countsRows {
		rows, err := s.number()
		if err != nil {
			return err
		}
		r.Rows = *rows
		return r.finish()
	}
	if r.reader, err = s.next(); err != nil {
		return err
	}
	r.ahead = r.reader.NextRow()
	if !r.ahead {
		return r.finish()
	}
	return nil
}

// settingsStatement makes all settings in one statement. Without a BEGIN the
// pipeline is one implicit transaction, which is made read only here too.
func settingsStatement(settings []auth.Setting, readOnly bool) (string, [][]byte) {
	if readOnly {
		settings = append(slices.Clip(settings), auth.Setting{Name: "transaction_read_only", Value: "on"})
	}
	args := make([][]byte, 0, 2*len(settings))
	for _, s := range settings {
		args = append(args, []byte(s.Name), []byte(s.Value))
	}
	return settingsSQL(len(settings)), args
}

// settingsTexts are the settings statements of usual lengths.
var settingsTexts = func() (texts [24]string) {
	for n := range texts {
		texts[n] = renderSettings(n)
	}
	return texts
}()

func settingsSQL(n int) string {
	if n < len(settingsTexts) {
		return settingsTexts[n]
	}
	return renderSettings(n)
}

func renderSettings(n int) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "pg_catalog.set_config($%d, $%d, true)", 2*i+1, 2*i+2)
	}
	return b.String()
}

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

// staleStatement reports whether a prepared statement is gone (26000), or its
// result has other columns than when it was prepared (0A000).
func staleStatement(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	return pg.Code == "26000" || pg.Code == "0A000" && strings.Contains(pg.Message, "cached plan")
}

// classify tells a lost connection from what the database answered.
func classify(ctx context.Context, err error) error {
	var pg *pgconn.PgError
	if err == nil || errors.As(err, &pg) || ctx.Err() != nil {
		return err
	}
	return apierror.ConnectionLost(err)
}
