package executor

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// watch ends the wait on a connection on which PostgreSQL has been silent for too long:
// a database that is frozen, or a network that has lost it, tells nobody. A connection
// has one for all its commands.
type watch struct {
	rows   atomic.Int64 // that were heard of
	paused atomic.Bool  // nobody asks PostgreSQL for anything

	mu     sync.Mutex
	conn   *pgconn.PgConn // nil between commands
	nth    uint64         // the number of the command
	limit  time.Duration
	timer  *time.Timer // nil before the first command that has a limit
	last   int64       // rows at the last look
	silent bool        // the limit was exceeded
	isCut  bool
}

// begin watches a command, and gives its number. 0 is no limit.
func (w *watch) begin(conn *pgconn.PgConn, limit time.Duration) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nth++
	w.conn, w.limit, w.last = conn, limit, w.rows.Load()
	w.silent, w.isCut = false, false
	w.paused.Store(false)
	switch {
	case limit == 0:
	case w.timer == nil:
		w.timer = time.AfterFunc(limit, w.look)
	default:
		w.timer.Reset(limit)
	}
	return w.nth
}

// heard is told of a row.
func (w *watch) heard() { w.rows.Add(1) }

func (w *watch) pause(paused bool) { w.paused.Store(paused) }

// look ends the wait unless there was a row since the last look: after the limit, or
// after up to two of them when there were rows before.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn == nil || w.limit == 0 {
		return
	}
	if rows := w.rows.Load(); rows != w.last || w.paused.Load() {
		w.last = rows
		w.timer.Reset(w.limit)
		return
	}
	w.silent = true
	w.cut()
}

// cut has the reading fail, upon which pgconn cancels the query and closes the connection.
func (w *watch) cut() {
	w.isCut = true
	_ = w.conn.Conn().SetDeadline(time.Unix(1, 0))
}

// cancel ends the wait of the nth command, if that is still under way.
func (w *watch) cancel(nth uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn != nil && w.nth == nth {
		w.cut()
	}
}

// fired reports that the wait was ended.
func (w *watch) fired() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.silent
}

// end is told of a command's end.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn == nil {
		return
	}
	if w.isCut && !w.conn.IsClosed() { // all had come by then
		_ = w.conn.Conn().SetDeadline(time.Time{})
	}
	w.conn = nil
	if w.timer != nil {
		w.timer.Stop()
	}
}
