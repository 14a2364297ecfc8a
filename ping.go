package pgrest

import (
	"context"
	"fmt"
	"sync"

	"github.com/pgrest-go/pgrest/internal/dbpool"
)

// Ping asks the database, by a connection of the pool, whether it is there, for a
// readiness probe that wants to know more than Health does. Its error says why there was
// no answer; that of ctx, if there was none for so long. Those who ask at the same time
// share one question, so that they don't take more than one connection.
func (h *Handler) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("ping the database: %w", err)
	}
	q := h.pings.ask(h.ping)
	select {
	case <-q.answered:
		if q.err != nil {
			return fmt.Errorf("ping the database: %w", q.err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("ping the database: %w", ctx.Err())
	}
}

// ping waits no longer than a request does for a connection, and then as long for the
// answer.
func (h *Handler) ping(ctx context.Context) error {
	conn, err := dbpool.Acquire(ctx, h.pool, h.options.AcquireTimeout)
	if err != nil {
		return err
	}
	defer conn.Release()
	asking, cancel := context.WithTimeout(ctx, h.options.AcquireTimeout)
	defer cancel()
	return conn.Ping(asking)
}

// pings asks one question at a time, which all who ask meanwhile share.
type pings struct {
	ctx    context.Context // done when the handler is closed
	cancel context.CancelFunc
	all    sync.WaitGroup

	mu  sync.Mutex
	now *question // nil when nobody asks
}

func newPings() *pings {
	ctx, cancel := context.WithCancel(context.Background())
	return &pings{ctx: ctx, cancel: cancel}
}

// question is a ping that is under way. Its error is there when it is answered.
type question struct {
	answered chan struct{}
	err      error
}

// ask gives the question that is under way, or makes one.
func (p *pings) ask(ping func(context.Context) error) *question {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now == nil {
		q := &question{answered: make(chan struct{}), err: p.ctx.Err()}
		if q.err != nil { // closed: nobody would wait for it
			close(q.answered)
			return q
		}
		p.now = q
		p.all.Go(func() {
			q.err = ping(p.ctx)
			p.mu.Lock()
			p.now = nil
			p.mu.Unlock()
			close(q.answered)
		})
	}
	return p.now
}

// close ends the question that is under way, and there are no more.
func (p *pings) close() {
	p.mu.Lock()
	p.cancel()
	p.mu.Unlock()
	p.all.Wait()
}
