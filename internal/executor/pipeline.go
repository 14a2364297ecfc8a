package executor

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pipeline is one pipeline on a transaction's connection: statements that are sent at once,
// and whose results come in their order.
type pipeline struct {
	ctx     context.Context // of the caller
	tx      *Tx
	wire    *pgconn.Pipeline
	sent    []queued // whose results were not read yet, in room while there are few
	room    [usualStatements]queued
	current queued // whose result is being read
	state   pipelineState
	late    bool   // the Sync is sent by close
	asks    bool   // the last statement asks for the position behind the commit
	done    bool   // the transaction has been committed, and what follows can't change that
	watched uint64 // the number that the connection's watch has for it
	trace   *trace // nil without a tracer
}

// pipelineState is how far the reading of a pipeline has come.
type pipelineState uint8

const (
	// unanswered: nothing has come yet, and perhaps nothing has run.
	unanswered pipelineState = iota
	// answered: results have come.
	answered
	// abandoned: nothing more is to be read.
	abandoned
	// closed: the connection is free for something else.
	closed
)

// queued is a statement in the pipeline.
type queued struct {
	preparing *preparing // nil when it was prepared before
	close     string     // not a statement: the name of one to close, or syncMark
}

// syncMark stands for a Sync within the pipeline, which ends a transaction without a COMMIT.
const syncMark = "sync"

// preparing is a statement that is prepared in the pipeline where it runs: what it is kept
// for, and the name that it gets.
type preparing struct {
	key  statementKey
	name string
}

// begin starts the pipeline.
func (p *pipeline) begin(ctx context.Context, tx *Tx) {
	p.attach(ctx, tx)
	p.state, p.wire = unanswered, tx.conn.pg.StartPipeline(ctx)
	p.sent = p.room[:0]
}

// usualStatements is how many statements most pipelines have.
const usualStatements = 4

// attach makes p a pipeline of the transaction's that is closed already: all that it can
// do is to execute statements behind it.
func (p *pipeline) attach(ctx context.Context, tx *Tx) {
	*p = pipeline{ctx: ctx, tx: tx, state: closed, watched: tx.conn.watch.begin(tx.conn.pg, tx.executor.Silence)}
	if t := tx.conn.tracerOf(tx.lease.Conn()); t != nil {
		p.trace = &trace{tracer: t, ctx: ctx, arguments: tx.executor.TraceArguments, panicked: tx.executor.Panicked}
	}
}

// send queues a statement. It is parsed where it stands in the pipeline, which
// is after the switch of roles, unless the connection has parsed it for that
// role before. Arguments have no declared types: PostgreSQL infers them.
func (p *pipeline) send(role, sql string, args [][]byte) { p.sendIn(role, sql, args, nil) }

// sendIn is send for a statement whose result's columns come in these formats: a number a
// column, 0 for text and 1 for binary. Without any all of them are texts.
func (p *pipeline) sendIn(role, sql string, args [][]byte, formats []int16) {
	if p.trace != nil {
		p.trace.send(sql, args)
		defer p.wire.SendFlushRequest() // or nobody would know how long the statement took
	}
	if !p.tx.executor.prepares || p.tx.session.Unprepared || len(sql) > maxPrepared || sql == savepoint {
		p.wire.SendQueryParams(sql, args, nil, nil, formats)
		p.sent = append(p.sent, queued{})
		return
	}
	statements := &p.tx.conn.statements
	for name := range statements.takeDead() {
		p.wire.SendDeallocate(name)
		p.sent = append(p.sent, queued{close: name})
	}
	key := statementKey{role, sql}
	if known, ok := statements.get(key); ok {
		p.wire.SendQueryStatement(known.description, args, nil, formats)
		p.sent = append(p.sent, queued{})
		return
	}
	if name := p.preparing(key); name != "" {
		p.wire.SendQueryPrepared(name, args, nil, formats)
		p.sent = append(p.sent, queued{})
		return
	}
	name := statements.newName()
	p.wire.SendPrepare(name, sql, nil)
	p.wire.SendQueryPrepared(name, args, nil, formats)
	p.sent = append(p.sent, queued{preparing: &preparing{key, name}})
}

// preparing gives the name of a statement that the pipeline prepares already; empty for none.
func (p *pipeline) preparing(key statementKey) string {
	for i := range p.sent {
		if preparing := p.sent[i].preparing; preparing != nil && preparing.key == key {
			return preparing.name
		}
	}
	return ""
}

// dispatch sends the pipeline off, in one flush.
func (p *pipeline) dispatch() error {
	if p.trace != nil {
		p.trace.begin()
	}
	if p.tx.ending == byLateSync {
		p.late = true
		p.wire.SendFlushRequest()
		return p.wire.Flush()
	}
	return p.wire.Sync()
}

// next gives the reader of the next statement's result.
func (p *pipeline) next() (*pgconn.ResultReader, error) {
	if p.trace == nil {
		return p.nextReader()
	}
	p.trace.next()
	reader, err := p.nextReader()
	if err != nil {
		p.trace.finish(err)
		return nil, err
	}
	p.trace.reader = reader
	return reader, nil
}

func (p *pipeline) nextReader() (*pgconn.ResultReader, error) {
	for len(p.sent) > 0 {
		p.current, p.sent = p.sent[0], p.sent[1:]
		result, err := p.wire.GetResults()
		if err != nil {
			return nil, err
		}
		p.state = answered
		if p.current.close != "" {
			continue
		}
		if description, ok := result.(*pgconn.StatementDescription); ok {
			description.Name = p.current.preparing.name // pgconn does not know it any more
			p.tx.conn.statements.put(p.current.preparing.key, description)
			if result, err = p.wire.GetResults(); err != nil {
				return nil, err
			}
		}
		if reader, ok := result.(*pgconn.ResultReader); ok {
			return reader, nil
		}
		return nil, fmt.Errorf("unexpected result %T in a pipeline", result)
	}
	return nil, errors.New("no result left in the pipeline")
}

// row reads a result of one row, and copies it.
func (p *pipeline) row() ([][]byte, error) {
	reader, err := p.next()
	if err != nil {
		return nil, err
	}
	var row [][]byte
	for reader.NextRow() {
		row = row[:0]
		for _, value := range reader.Values() {
			row = append(row, append([]byte(nil), value...))
		}
	}
	_, err = reader.Close()
	return row, err
}

// skip reads n results that tell nothing.
func (p *pipeline) skip(n int) error {
	for range n {
		reader, err := p.next()
		if err != nil {
			return err
		}
		if _, err := reader.Close(); err != nil {
			return err
		}
	}
	return nil
}

// value reads a result of one row with one column.
func (p *pipeline) value() ([]byte, error) {
	row, err := p.row()
	if err != nil {
		return nil, err
	}
	if len(row) != 1 {
		return nil, fmt.Errorf("a result of %d columns in place of one", len(row))
	}
	return row[0], nil
}

func (p *pipeline) number() (*int64, error) {
	text, err := p.value()
	if err != nil {
		return nil, err
	}
	return parseNumber(text)
}

func parseNumber(text []byte) (*int64, error) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	return &n, err
}

// abandon gives up a pipeline whose results are of no more use: reading on fails at once,
// and pgconn cancels the query and closes the connection then.
func (p *pipeline) abandon() {
	if p.state == closed {
		return
	}
	p.state = abandoned
	_ = p.tx.conn.pg.Conn().SetDeadline(time.Unix(1, 0)) // of a closed connection there is nothing to read
}

// close reads to the end of the pipeline. Statements whose results were not read may have
// been prepared or not: the next pipeline closes them all, which is no error of one that
// isn't there.
func (p *pipeline) close() error {
	if p.state == closed {
		return nil
	}
	conn, givenUp := p.tx.conn, p.state == abandoned
	p.state = closed
	if p.trace != nil {
		p.trace.read()
	}
	for _, left := range p.sent {
		if left.close != syncMark {
			conn.statements.close(left.close)
		}
		if left.preparing != nil {
			conn.statements.close(left.preparing.name)
		}
	}
	if p.late && !givenUp {
		_ = p.wire.Sync() // Close gives its error, too
	}
	err := p.wire.Close()
	if p.trace != nil {
		p.trace.finish(err)
	}
	if givenUp && !conn.pg.IsClosed() { // what was left had come already
		conn.overridden = true // perhaps: nobody has looked
		err = errors.Join(err, conn.pg.Conn().SetDeadline(time.Time{}))
	}
	return err
}

// exec runs statements that take no arguments, behind the pipeline.
func (p *pipeline) exec(sql string) error {
	_, err := p.execAll(sql)
	return err
}

func (p *pipeline) execAll(sql string) ([]*pgconn.Result, error) {
	pg := p.tx.conn.pg
	if p.trace == nil {
		return pg.Exec(p.ctx, sql).ReadAll()
	}
	t := p.trace.another(p.ctx)
	t.send(sql, nil)
	t.begin()
	results, err := pg.Exec(p.ctx, sql).ReadAll()
	var tag pgconn.CommandTag
	if len(results) > 0 {
		tag = results[len(results)-1].CommandTag
	}
	t.end(tag, err)
	t.finish(nil)
	return results, err
}
