package executor

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// session is one pipeline on a connection, with the statements that the
// connection has prepared.
type session struct {
	ctx      context.Context // of the request
	conn     *pgconn.PgConn
	pipeline *pgconn.Pipeline
	cache    *statements
	prepares bool
	sent     []request  // whose results were not read yet
	few      [4]request // room for those of most pipelines
	current  request    // whose result is being read
	answered bool       // something of the pipeline has been run
	givenUp  bool       // nothing more of the pipeline is to be read
	open     bool       // no Sync was sent yet
	ended    bool
	trace    *trace // nil without a tracer
}

// request is a statement in the pipeline.
type request struct {
	preparing *preparing // nil when it was prepared before
	close     string     // not a statement: the name of one to close
}

// preparing is what a statement is being prepared for, and the name that it gets.
type preparing struct {
	key  statementKey
	name string
}

// begin starts the pipeline.
func (s *session) begin(ctx context.Context, conn *pgconn.PgConn, prepares bool) {
	*s = session{ctx: ctx, conn: conn, prepares: prepares, pipeline: conn.StartPipeline(ctx), cache: statementsOf(conn)}
	s.cache.reported = reportedBy(conn)
	s.sent = s.few[:0]
}

// traced has a tracer of the connection's, if there is one, told of the statements.
func (s *session) traced(conn *pgx.Conn, e *Executor) {
	if t := tracerOf(conn, s.cache); t != nil {
		s.trace = &trace{tracer: t, ctx: s.ctx, arguments: e.TraceArguments, panicked: e.Panicked}
	}
}

// send queues a statement. It is parsed where it stands in the pipeline, which
// is after the switch of roles, unless the connection has parsed it for that
// role before. Arguments have no declared types: PostgreSQL infers them.
func (s *session) send(role, sql string, args [][]byte) { s.sendIn(role, sql, args, nil) }

// sendIn is send for a statement whose result's columns are to have these formats.
func (s *session) sendIn(role, sql string, args [][]byte, formats []int16) {
	if s.trace != nil {
		s.trace.send(sql, args)
		defer s.pipeline.SendFlushRequest() // or nobody would know how long the statement took
	}
	if !s.prepares || len(sql) > maxPrepared {
		s.pipeline.SendQueryParams(sql, args, nil, nil, formats)
		s.sent = append(s.sent, request{})
		return
	}
	for name := range s.cache.takeDead() {
		s.pipeline.SendDeallocate(name)
		s.sent = append(s.sent, request{close: name})
	}
	key := statementKey{role, sql}
	if p, ok := s.cache.get(key); ok {
		s.pipeline.SendQueryStatement(p.description, args, nil, formats)
		s.sent = append(s.sent, request{})
		return
	}
	name := s.cache.newName()
	s.pipeline.SendPrepare(name, sql, nil)
	s.pipeline.SendQueryPrepared(name, args, nil, formats)
	s.sent = append(s.sent, request{preparing: &preparing{key, name}})
}

// mayBeOverridden reports that response.headers or response.status may be set already:
// set_config can make them for the whole session, and not every function means what it
// says. Behind a pooler nobody knows whose session it is.
func (s *session) mayBeOverridden() bool { return !s.prepares || s.cache.overridden }

// dispatch sends the pipeline off, in one flush. Left open it still wants its Sync.
func (s *session) dispatch(open bool) error {
	if s.trace != nil {
		s.trace.begin()
	}
	if s.open = open; open {
		s.pipeline.SendFlushRequest()
		return s.pipeline.Flush()
	}
	return s.pipeline.Sync()
}

// next gives the reader of the next statement's result.
func (s *session) next() (*pgconn.ResultReader, error) {
	if s.trace == nil {
		return s.nextReader()
	}
	s.trace.next()
	reader, err := s.nextReader()
	if err != nil {
		s.trace.finish(err)
		return nil, err
	}
	s.trace.reader = reader
	return reader, nil
}

func (s *session) nextReader() (*pgconn.ResultReader, error) {
	for len(s.sent) > 0 {
		s.current, s.sent = s.sent[0], s.sent[1:]
		result, err := s.pipeline.GetResults()
		if err != nil {
			return nil, err
		}
		s.answered = true
		if s.current.close != "" {
			continue
		}
		if description, ok := result.(*pgconn.StatementDescription); ok {
			description.Name = s.current.preparing.name // pgconn does not know it any more
			s.cache.put(s.current.preparing.key, description)
			if result, err = s.pipeline.GetResults(); err != nil {
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
func (s *session) row() ([][]byte, error) {
	reader, err := s.next()
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

func (s *session) skip() error {
	reader, err := s.next()
	if err != nil {
		return err
	}
	_, err = reader.Close()
	return err
}

// value reads a result of one row with one column.
func (s *session) value() ([]byte, error) {
	row, err := s.row()
	if err != nil {
		return nil, err
	}
	if len(row) != 1 {
		return nil, fmt.Errorf("a result of %d columns in place of one", len(row))
	}
	return row[0], nil
}

func (s *session) number() (*int64, error) {
	text, err := s.value()
	if err != nil {
		return nil, err
	}
	return parseNumber(text)
}

func parseNumber(text []byte) (*int64, error) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	return &n, err
}

func (s *session) plannedRows() (*int64, error) {
	explained, err := s.value()
	if err != nil {
		return nil, err
	}
	n, err := plannedRows(explained)
	return &n, err
}

// failed is told of the error that ended the reading. When PostgreSQL doesn't
// take one prepared statement any more, others will have gone with it. After an
// error that isn't PostgreSQL's nobody knows what is still to be read.
func (s *session) failed(err error) {
	switch {
	case broken(err):
		s.abandon()
	case staleStatement(err):
		s.cache.clear()
	}
}

// abandon gives up a pipeline whose results are of no more use. Reading on fails at
// once, upon which the query is cancelled and the connection closed.
func (s *session) abandon() {
	if s.ended {
		return
	}
	s.givenUp = true
	_ = s.conn.Conn().SetDeadline(time.Unix(1, 0)) // of a closed connection there is nothing to read
}

// end reads to the end of the pipeline. What was not read may have run or not;
// closing a statement that isn't there is no error.
func (s *session) end() error {
	if s.ended {
		return nil
	}
	s.ended = true
	if s.trace != nil {
		s.trace.read()
	}
	for _, left := range s.sent {
		s.cache.close(left.close)
		if left.preparing != nil {
			s.cache.close(left.preparing.name)
		}
	}
	if s.open && !s.givenUp {
		_ = s.pipeline.Sync() // Close gives its error, too
	}
	err := s.pipeline.Close()
	if s.trace != nil {
		s.trace.finish(err)
	}
	if s.givenUp && !s.conn.IsClosed() { // what was left had come already
		s.cache.overridden = true // perhaps: nobody has looked
		err = errors.Join(err, s.conn.Conn().SetDeadline(time.Time{}))
	}
	return err
}

// exec runs statements that take no arguments, behind the pipeline.
func (s *session) exec(sql string) error {
	if s.trace == nil {
		_, err := s.conn.Exec(s.ctx, sql).ReadAll()
		return err
	}
	t := s.trace.another(s.ctx)
	t.send(sql, nil)
	t.begin()
	results, err := s.conn.Exec(s.ctx, sql).ReadAll()
	var tag pgconn.CommandTag
	if len(results) > 0 {
		tag = results[len(results)-1].CommandTag
	}
	t.end(tag, err)
	t.finish(nil)
	return err
}
