package executor

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/dbpool"
	"github.com/pgrest-go/pgrest/internal/replica"
)

// serverLog is what a connection knows of its server's write-ahead log.
type serverLog struct {
	system                uint64
	pageSize, segmentSize uint64
	// replayed is the highest timeline that a replica was found on. It goes to no lower one.
	replayed uint32
	// untold counts down the transactions in which the server isn't asked for a position,
	// since it didn't tell the last one. It isn't 0 in a transaction that doesn't ask.
	untold int
}

// askAgain is how many transactions of a connection don't ask for a position that the server
// hasn't told: it may be granted to tell, or be another one behind a pooler.
const askAgain = 16

// tellsPosition reports a transaction that asks for the position behind its commit.
func (tx *Tx) tellsPosition() bool { return tx.owesPosition() && tx.conn.log.untold == 0 }

// owesPosition reports a transaction that is to tell the position behind its commit.
func (tx *Tx) owesPosition() bool {
	s := &tx.session
	return s.Route != nil && s.Route.Tells && !s.ReadOnly && !s.Rollback && !tx.nested()
}

// Statements that ask for the position behind a commit: where the next record will begin, and
// the timeline. The end of what is on the disk may be before the commit's record, if that is
// asynchronous. The first of a connection also asks for what doesn't change.
const (
	positionBehind    = "SELECT lsn, pg_catalog.substr(pg_catalog.pg_walfile_name(lsn), 1, 8)" + insertLSN
	positionBehindAll = "SELECT lsn, pg_catalog.substr(pg_catalog.pg_walfile_name(lsn), 1, 8), system_identifier, " +
		"pg_catalog.current_setting('wal_block_size'), pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size'))" +
		insertLSN + ", pg_catalog.pg_control_system()"
	insertLSN = " FROM pg_catalog.pg_current_wal_insert_lsn() AS lsn"
)

func (l *serverLog) statement() string {
	if l.pageSize != 0 {
		return positionBehind
	}
	return positionBehindAll
}

// sendSync queues the end of a transaction that has no COMMIT.
func (p *pipeline) sendSync() {
	p.wire.SendPipelineSync()
	p.sent = append(p.sent, queued{close: syncMark})
}

// sendPosition queues the question for the position behind a commit.
func (p *pipeline) sendPosition() {
	p.send("", p.tx.conn.log.statement(), nil)
	p.asks = true
}

// readEnd reads what ends the transaction, and to the end of the pipeline. What goes wrong
// behind the commit is no error: there is no position then.
func (p *pipeline) readEnd() error {
	if p.late && p.tx.tellsPosition() && len(p.sent) == 0 {
		p.sendSync()
		p.sendPosition()
		p.late = false
		if err := p.wire.Sync(); err != nil {
			return err
		}
	}
	for len(p.sent) > 0 {
		reader, err := p.next()
		if p.asks && len(p.sent) == 0 && p.current.close == "" {
			p.done = true
			if err == nil {
				err = p.readPosition(reader)
			}
			if err != nil {
				p.noPosition(err)
			}
			continue
		}
		if err == nil {
			_, err = reader.Close()
		}
		if err != nil {
			return forgotten(err)
		}
	}
	if err := p.close(); err != nil && !p.done {
		return err
	}
	p.tx.noteUntold()
	return nil
}

// noteUntold has the client told that a position isn't known for which nobody has asked.
func (tx *Tx) noteUntold() {
	if tx.owesPosition() && tx.conn.log.untold > 0 {
		tx.session.Route.Unknown = true
	}
}

// readPosition reads the position behind the commit.
func (p *pipeline) readPosition(reader *pgconn.ResultReader) error {
	var row []string
	for reader.NextRow() {
		row = row[:0]
		for _, value := range reader.Values() {
			row = append(row, string(value))
		}
	}
	if _, err := reader.Close(); err != nil {
		return err
	}
	return p.tx.committedAt(row)
}

// committedAt takes note of the position behind the commit.
func (tx *Tx) committedAt(row []string) error {
	if len(row) < 2 {
		return fmt.Errorf("read the position behind the commit: %d values", len(row))
	}
	lsn, err := replica.ParseLSN(row[0])
	if err != nil {
		return err
	}
	timeline, err := strconv.ParseUint(row[1], 16, 32)
	if err != nil {
		return fmt.Errorf("read the timeline: %w", err)
	}
	log := &tx.conn.log
	if len(row) > 2 {
		if err := log.read(row[2:]); err != nil {
			return err
		}
	}
	tx.session.Route.Committed = replica.Position{
		System: log.system, Timeline: uint32(timeline), LSN: replica.EndOf(lsn, log.pageSize, log.segmentSize),
	}
	return nil
}

// read reads what positionBehindAll tells beside the position.
func (l *serverLog) read(row []string) error {
	if len(row) != 3 {
		return fmt.Errorf("read what the server tells of its log: %d values in place of 3", len(row))
	}
	system, err := strconv.ParseUint(row[0], 10, 64)
	pageSize, pageErr := strconv.ParseUint(row[1], 10, 64)
	segmentSize, segmentErr := strconv.ParseUint(row[2], 10, 64)
	if err := errors.Join(err, pageErr, segmentErr); err != nil {
		return fmt.Errorf("read what the server tells of its log: %w", err)
	}
	l.system, l.pageSize, l.segmentSize = system, pageSize, segmentSize
	return nil
}

// noPosition takes note that a server doesn't tell where its log is. If it refuses to, it
// isn't asked on this connection in the next transactions.
func (p *pipeline) noPosition(err error) {
	p.tx.session.Route.Unknown = true
	var pg *pgconn.PgError
	if errors.As(err, &pg) && refusals[pg.Code[:min(2, len(pg.Code))]] {
		p.tx.conn.log.untold = askAgain
	}
	if p.tx.executor.NoPosition != nil && !broken(err) {
		p.tx.executor.NoPosition(err)
	}
}

// refusals are the classes of SQLSTATEs that the same question has again: it is not supported,
// not now, there is no such function, or no right to call it.
var refusals = map[string]bool{"0A": true, "42": true, "55": true}

// execCommit commits by a statement of its own, and asks for the position behind it in the
// same round trip.
func (p *pipeline) execCommit() error {
	if !p.tx.tellsPosition() {
		err := p.exec(commit)
		p.tx.noteUntold()
		return err
	}
	results, err := p.execAll(commit + "; " + p.tx.conn.log.statement())
	if len(results) == 0 || results[0].Err != nil || results[0].CommandTag.String() != commit {
		return err
	}
	p.done = true
	var row []string
	if err == nil && len(results) == 2 && len(results[1].Rows) == 1 {
		for _, value := range results[1].Rows[0] {
			row = append(row, string(value))
		}
	}
	if err == nil {
		err = p.tx.committedAt(row)
	}
	if err != nil {
		p.noPosition(err)
	}
	return nil
}

// ErrBehind says that a replica hasn't replayed in time what a request wants to be there, or
// doesn't tell whether it has.
var ErrBehind = errors.New("the replica is behind the position that the request brought")

// onReplica reports a transaction that runs on a replica, as far as is known.
func (tx *Tx) onReplica() bool { return tx.session.Route.OnReplica() && !tx.nested() }

// server is the one that the transaction runs on, or is to run on; nil without a choice.
func (tx *Tx) server() *replica.Server {
	if tx.nested() {
		return nil
	}
	return tx.session.Route.On()
}

// awaits reports a transaction that begins when a replica has replayed a position.
func (tx *Tx) awaits() bool { return tx.onReplica() && tx.session.Route.After.LSN != 0 }

// errUntold is an ErrBehind of a replica that doesn't tell whether it has replayed a position.
var errUntold = errors.New("the replica doesn't tell how far it has replayed")

// ofAwait is how many results sendAwait has.
const ofAwait = 1

// The statement that waits on a replica for a position, up to a bound. It is the first of
// the pipeline, so that the snapshots of those behind it have what is up to there; and it
// fails when the time is over, so that they don't run. A server that is none of a replica
// any more has all that there is.
//
// The error is made of what only the execution knows: PostgreSQL evaluates constants when it
// plans, which would raise it in any case.
const (
	awaitPosition  = awaitHead + replayed + awaitMiddle + replayed + awaitWhile + awaitTail
	awaitKnowing   = awaitHead + known + awaitMiddle + known + awaitWhile + " AND " + ofTheSystem + awaitTail // in vain for another cluster's
	replayed       = "CASE WHEN pg_catalog.pg_is_in_recovery() THEN COALESCE(pg_catalog.pg_last_wal_replay_lsn() >= $1::pg_catalog.pg_lsn, false) ELSE true END"
	known          = replayed + " AND " + ofTheSystem + " AND " + ofTheTimeline
	ofTheSystem    = "(SELECT system_identifier::text = $3::text FROM pg_catalog.pg_control_system())"
	ofTheTimeline  = "CASE WHEN pg_catalog.pg_is_in_recovery() THEN " + replayTimeline + " >= $4::bigint ELSE pg_catalog.substr(" + currentSegment + ", 1, 8) COLLATE \"C\" >= $5::text END"
	currentSegment = "pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn())"
	replayTimeline = "GREATEST((SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()), (SELECT min_recovery_end_timeline FROM pg_catalog.pg_control_recovery()))"
	awaitHead      = "WITH RECURSIVE waiting(pause, done) AS (SELECT 0.0005::float8, "
	awaitMiddle    = " UNION ALL SELECT LEAST(2 * pause, 0.008), CASE WHEN pg_catalog.pg_sleep(pause) IS NULL THEN false ELSE "
	awaitWhile     = " END FROM waiting WHERE NOT done AND pg_catalog.clock_timestamp() < pg_catalog.statement_timestamp() + $2::pg_catalog.interval"
	awaitTail      = ") SELECT CASE WHEN pg_catalog.bool_or(done) THEN 1 ELSE ('replayed up to ' || COALESCE(pg_catalog.pg_last_wal_replay_lsn()::text, 'nothing') " +
		"|| ', which is not yet ' || $1::text)::int END FROM waiting"
)

// notANumber is the SQLSTATE of the error by which these statements tell that the time is over.
const notANumber = "22P02"

// sendAwait queues the wait for the position, which is a transaction of its own if what
// follows begins with a BEGIN. It gives the number of its results.
func (p *pipeline) sendAwait() int {
	tx, after := p.tx, &p.tx.session.Route.After
	args := [][]byte{[]byte(after.LSNText()), []byte(strconv.FormatInt(tx.session.Route.Wait.Milliseconds(), 10) + " ms")}
	statement := awaitPosition
	// A pooler may have put the connection on another server.
	if log := &tx.conn.log; !tx.executor.prepares || log.system != after.System || log.replayed < after.Timeline {
		statement = awaitKnowing
		args = append(args, strconv.AppendUint(nil, after.System, 10), strconv.AppendUint(nil, uint64(after.Timeline), 10),
			fmt.Appendf(nil, "%08X", after.Timeline))
	}
	p.send("", statement, args)
	if tx.ending.begins() {
		p.sendSync()
	}
	return ofAwait
}

// readAwait reads the result of the wait. What PostgreSQL says against it, other than that it
// ends the session, is ErrBehind.
func (p *pipeline) readAwait() error {
	err := p.skip(1)
	var pg *pgconn.PgError
	switch {
	case err == nil:
		log, after := &p.tx.conn.log, &p.tx.session.Route.After
		log.system, log.replayed = after.System, max(log.replayed, after.Timeline)
		return nil
	case errors.As(err, &pg) && pg.SeverityUnlocalized != "FATAL" && !staleStatement(err):
		if pg.Code != notANumber {
			err = fmt.Errorf("%w: %w", errUntold, err)
		}
		return fmt.Errorf("%w: %w", ErrBehind, err)
	}
	return err
}

// hasWritten asks a primary whether it has written a position.
const hasWritten = "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN false ELSE pg_catalog.pg_current_wal_insert_lsn() >= $1::pg_catalog.pg_lsn " +
	"AND (SELECT system_identifier::text = $2::text FROM pg_catalog.pg_control_system()) AND pg_catalog.substr(" + currentSegment + ", 1, 8) COLLATE \"C\" >= $3::text END"

// judge decides, on the primary, about a replica that was behind the position of the request: it
// lags only if the primary has written that much. A position that is nowhere, because the
// client has made it up or got it from another cluster, has no effect on other requests. It is a
// round trip, before the request's own. Where the primary doesn't tell, nothing is held against the
// replica.
func (tx *Tx) judge(ctx context.Context) {
	suspect := tx.behind
	if suspect == nil || tx.onReplica() {
		return
	}
	tx.behind = nil
	after := &tx.session.Route.After
	var pipe pipeline
	pipe.begin(ctx, tx)
	pipe.send("", hasWritten, [][]byte{[]byte(after.LSNText()), strconv.AppendUint(nil, after.System, 10), fmt.Appendf(nil, "%08X", after.Timeline)})
	written := false
	if pipe.dispatch() == nil {
		answer, err := pipe.value()
		written = err == nil && string(answer) == "t"
	}
	_ = pipe.close()
	tx.conn.watch.end()
	if written {
		suspect.Lags(time.Now())
	}
}

// Frozen asks a replica that was silent for too long whether it is still there, or only takes
// long. It waits for the answer no longer than for a connection, and as long for that.
func Frozen(ctx context.Context, route *replica.Route) bool {
	asking, cancel := context.WithTimeout(ctx, 2*route.AcquireTimeout)
	defer cancel()
	conn, err := dbpool.Acquire(asking, route.Served.Pool, route.AcquireTimeout)
	if err != nil {
		return ctx.Err() == nil && !dbpool.Exhausted(route.Served.Pool)
	}
	defer conn.Release()
	return conn.Ping(asking) != nil && ctx.Err() == nil
}

// PostgreSQL's functions that cancel statements, the latter for what is replayed. What a
// function of the database raises with the same code is its own.
const (
	processInterrupts = "ProcessInterrupts"
	recoveryInterrupt = "ProcessRecoveryConflictInterrupt"
)

// timedOut reports that a replica has cancelled a statement for its statement_timeout, which
// its message alone tells. For a message in another language than English it has the replica
// cancel another statement for that reason, to compare them.
func timedOut(ctx context.Context, route *replica.Route, cancelled *pgconn.PgError) bool {
	switch cancelled.Message {
	case "canceling statement due to statement timeout":
		return true
	case "canceling statement due to user request":
		return false
	}
	conn, err := dbpool.Acquire(ctx, route.Served.Pool, route.AcquireTimeout)
	if err != nil {
		return true // it can't be asked
	}
	defer conn.Release()
	pg := conn.Conn().PgConn()
	const exceeded = "BEGIN; SET LOCAL statement_timeout = 1; SELECT pg_catalog.pg_sleep(10)"
	_, err = pg.Exec(ctx, exceeded).ReadAll()
	_, ended := pg.Exec(ctx, "ROLLBACK").ReadAll()
	var timeout *pgconn.PgError
	return ended != nil || !errors.As(err, &timeout) || timeout.Message == cancelled.Message
}

// MayDoElsewhere reports an error of a read on a replica that another server may not have,
// and whether that has to be the primary: it conflicts with what is replayed, the server or
// the connection is in trouble, or something is done that a standby doesn't take. It may have
// to ask the replica what it means by its error.
func MayDoElsewhere(ctx context.Context, route *replica.Route, err error) (may, onPrimary bool) {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return apierror.IsConnectionLost(err), false
	}
	switch {
	case pg.Code == queryCanceled:
		// By an administrator, or another process of the server. What exceeds a timeout would
		// exceed it there, too.
		return pg.Routine == recoveryInterrupt || pg.Routine == processInterrupts && !timedOut(ctx, route, pg), true
	case pg.Code == "25006" || pg.Code == "55000" || pg.Code == "0A000":
		return true, true
	}
	switch pg.Code[:min(2, len(pg.Code))] {
	case "40": // conflicts with recovery
		return true, true
	case "53", "57", "58", "XX", "08":
		return true, false
	}
	return false, false
}
