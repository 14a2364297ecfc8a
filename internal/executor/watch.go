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
	signs  atomic.Int64 // that nobody waits in vain: rows, and ends of pauses
	paused atomic.Bool  // nobody asks PostgreSQL for anything

	mu     sync.Mutex
	conn   *pgconn.PgConn // nil between commands
	nth    uint64         // the number of the command
	limit  time.Duration
	timer  *time.Timer // nil before the first command that has a limit
	due    time.Time   // when to look
	last   int64       // signs at the last look
	silent bool        // the limit was exceeded
	isCut  bool
}

// begin watches a command, and gives its number. 0 is no limit.
func (w *watch) begin(conn *pgconn.PgConn, limit time.Duration) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nth++
	w.conn, w.limit = conn, limit
	w.silent, w.isCut = false, false
	w.paused.Store(false)
	if limit > 0 {
		w.wait()
	}
	return w.nth
}

// wait has a look after the limit.
func (w *watch) wait() {
	w.last, w.due = w.signs.Load(), time.Now().Add(w.limit)
	if w.timer == nil {
		w.timer = time.AfterFunc(w.limit, w.look)
	} else {
		w.timer.Reset(w.limit)
	}
}

// heard is told of a row.
func (w *watch) heard() { w.signs.Add(1) }

// pause is told when it begins that nobody asks PostgreSQL for anything, and when it ends.
func (w *watch) pause(begins bool) {
	w.signs.Add(1) // before it ends: a look finds one or the other
	w.paused.Store(begins)
}

// look ends the wait unless there was a sign since the last look: after the limit, or
// after up to two of them when there were signs before.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.conn == nil || w.limit == 0 || time.Now().Before(w.due): // a timer that went off as the command before ended
	case w.signs.Load() != w.last || w.paused.Load():
		w.wait()
	default:
		w.silent = true
		w.cut()
	}
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

// ended reports that the wait was ended, and that it was for PostgreSQL's silence.
func (w *watch) ended() (cut, silent bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.isCut, w.silent
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
