package executor

import (
	"context"
	"runtime/debug"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// tracer is the host's tracer of one connection. pgx tells it of what pgx sends, but knows
// nothing of our pipelines. A tracer of batches is told of a pipeline as of a batch, another
// one of single queries.
type tracer struct {
	conn    *pgx.Conn
	batches pgx.BatchTracer
	queries pgx.QueryTracer // where batches is nil
}

// tracerOf finds the tracer of the connection, which pgx has as conn; nil if there is none
// that takes queries. It is looked for once, for pgx copies its whole configuration to tell
// it.
func (c *connection) tracerOf(conn *pgx.Conn) *tracer {
	if !c.traced {
		c.traced = true
		t := &tracer{conn: conn}
		switch traced := conn.Config().Tracer.(type) {
		case pgx.BatchTracer:
			t.batches = traced
		case pgx.QueryTracer:
			t.queries = traced
		}
		if t.queries != nil || t.batches != nil {
			c.tracer = t
		}
	}
	return c.tracer
}

// trace tells a tracer of the statements of one pipeline. In a pipeline all statements
// are under way at once; each is told of from when the one before it has ended.
type trace struct {
	*tracer
	ctx       context.Context // of the request, then of the batch
	arguments bool
	panicked  func(value any, stack []byte)

	sent    []traced // what is still to come
	current *traced
	within  context.Context      // of the current one
	reader  *pgconn.ResultReader // of the current one; nil before its result has come
	err     error                // the first
	begun   bool                 // the batch, if it is one
	broken  bool                 // the tracer has panicked, and is told nothing more
}

// traced is a statement.
type traced struct {
	sql  string
	args []any
}

// another is for what is sent behind the pipeline.
func (t *trace) another(ctx context.Context) *trace {
	return &trace{tracer: t.tracer, ctx: ctx, panicked: t.panicked, broken: t.broken}
}

// send takes note of a statement that goes into the pipeline.
func (t *trace) send(sql string, args [][]byte) {
	statement := traced{sql: sql}
	if t.arguments {
		for _, arg := range args {
			if arg == nil {
				statement.args = append(statement.args, nil)
				continue
			}
			statement.args = append(statement.args, string(arg))
		}
	}
	t.sent = append(t.sent, statement)
}

// begin tells of the pipeline, and of its first statement.
func (t *trace) begin() {
	if t.batches != nil {
		batch := &pgx.Batch{}
		for _, s := range t.sent {
			batch.Queue(s.sql, s.args...)
		}
		t.begun = true
		t.tell(func() { t.ctx = t.batches.TraceBatchStart(t.ctx, t.conn, pgx.TraceBatchStartData{Batch: batch}) })
	}
	t.start()
}

// start tells of the next statement.
func (t *trace) start() {
	if len(t.sent) == 0 {
		return
	}
	t.current, t.sent, t.within = &t.sent[0], t.sent[1:], t.ctx
	if t.queries != nil {
		data := pgx.TraceQueryStartData{SQL: t.current.sql, Args: t.current.args}
		t.tell(func() { t.within = t.queries.TraceQueryStart(t.ctx, t.conn, data) })
	}
}

// read ends the current statement, if its result has come.
func (t *trace) read() {
	if t.reader == nil {
		return
	}
	tag, err := t.reader.Close() // again, perhaps
	t.reader = nil
	t.end(tag, err)
}

// next goes on to the next statement, if the result of the current one has come.
func (t *trace) next() {
	if t.reader != nil {
		t.read()
		t.start()
	}
}

// end tells what became of the current statement.
func (t *trace) end(tag pgconn.CommandTag, err error) {
	statement := t.current
	if statement == nil {
		return
	}
	t.current = nil
	if t.err == nil {
		t.err = err
	}
	if t.queries != nil {
		t.tell(func() { t.queries.TraceQueryEnd(t.within, t.conn, pgx.TraceQueryEndData{CommandTag: tag, Err: err}) })
		return
	}
	data := pgx.TraceBatchQueryData{SQL: statement.sql, Args: statement.args, CommandTag: tag, Err: err}
	t.tell(func() { t.batches.TraceBatchQuery(t.within, t.conn, data) })
}

// finish ends the current statement, and the pipeline. What is left has not been run, or
// nobody knows what became of it.
func (t *trace) finish(err error) {
	t.read()
	t.end(pgconn.CommandTag{}, err)
	if t.err == nil {
		t.err = err
	}
	if t.begun {
		t.begun = false
		t.tell(func() { t.batches.TraceBatchEnd(t.ctx, t.conn, pgx.TraceBatchEndData{Err: t.err}) })
	}
}

// tell calls the tracer, which is the host's: if it panics, the request goes on.
func (t *trace) tell(call func()) {
	if t.broken {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			t.broken = true
			if t.panicked != nil {
				t.panicked(v, debug.Stack())
			}
		}
	}()
	call()
}
