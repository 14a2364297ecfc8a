package pgrest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// repeat answers a request anew if the error err isn't its own: a replica is in trouble or
// behind, prepared statements were gone, or the schema cache is stale. Other errors it
// returns.
//
// For a stale schema cache it takes a newer one, if there is one or one can be loaded. If
// none is to be had, the columns that the stale one knows have to do.
func (x *exchange) repeat(schema *snapshot, err error) error {
	if err = x.elsewhere(schema, err); err == nil {
		return nil
	}
	for tries := 1; errors.Is(err, executor.ErrForgotten) && tries < maxTries; tries++ {
		if err = x.answer(schema); err == nil {
			return nil
		}
	}
	for n := range maxRepeats {
		if !x.stale(err) {
			return err
		}
		newer, asked := x.renew(schema)
		if !newer {
			break
		}
		schema = x.current.Load()
		again := x.answer(schema)
		if asked { // the load began behind err, so that it had to help unless the fault lasts
			more := errors.Is(again, apierror.ErrMoreColumns) && n < maxRepeats/2 // perhaps others: it names none
			x.backoff.note(time.Now(), again == nil || more || again.Error() != err.Error() || !x.stale(again))
		}
		if err = again; err == nil {
			return nil
		}
	}
	if errors.Is(err, apierror.ErrOutdated) || errors.Is(err, apierror.ErrMoreColumns) {
		x.outdated = true
		return x.answer(x.current.Load())
	}
	return err
}

// maxTries is how often a request is tried whose function takes the connection's
// prepared statements away. Each try may find another connection, with others.
const maxTries = 4

// maxRepeats is how often a request is repeated with a newer schema: during a
// migration that can be outdated, too, before it is used, on a busy machine even
// several times in a row. A fault that lasts is answered after the first of them.
const maxRepeats = 10

// stale reports an error that contradicts the schema cache, and not the client. Where
// there is a name that the schema cache doesn't have either, it has to be about another.
func (x *exchange) stale(err error) bool {
	if errors.Is(err, apierror.ErrOutdated) || errors.Is(err, apierror.ErrMoreColumns) {
		return true
	}
	sql, refusal, ok := apierror.Refused(err)
	if !ok || x.planned == nil {
		return false
	}
	c, position := query.Contradiction(sql, refusal.Code, int(refusal.Position)), int(refusal.Position)
	if x.planned.Vouched(c) {
		return true
	}
	alias, column, ok := query.ColumnAt(sql, position)
	return ok && c == plan.NoSuchName && x.planned.Answered().Root.Knows(alias, column)
}

// renew reports whether there is a newer schema than that one, and whether the request has
// asked for the load of it. It joins a load that is under way or due anyway. Otherwise it
// asks for one, unless such loads have been in vain lately. It doesn't wait for long: a load
// of many tables takes its time, and what was dropped is gone all the same.
func (x *exchange) renew(schema *snapshot) (newer, asked bool) {
	if x.current.Load() != schema {
		return true, false
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), renewal)
	defer cancel()
	if joined, err := x.reloader.Join(ctx); joined && (err != nil || x.current.Load() != schema) {
		return err == nil, false
	}
	if !x.backoff.allows(time.Now()) {
		return false, false
	}
	if x.reloader.Now(ctx) != nil {
		if x.r.Context().Err() == nil { // a client that leaves says nothing about loads
			x.backoff.note(time.Now(), false)
		}
		return false, true
	}
	return true, true
}

// renewal is how long a request waits for another schema.
const renewal = 2 * time.Second

// backoff bounds how often requests have the schema loaded in vain, as where something is
// broken for good: a load that doesn't help is followed by a pause, which grows.
type backoff struct {
	mu    sync.Mutex
	until time.Time // of a pause
	pause time.Duration
}

const minPause, maxPause = time.Second, 10 * time.Second

// allows reports whether a request may ask for a load.
func (b *backoff) allows(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !now.Before(b.until)
}

// note takes note of whether a load that a request asked for has helped.
func (b *backoff) note(now time.Time, helped bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if helped {
		b.pause = 0
		return
	}
	b.pause = min(max(2*b.pause, minPause), maxPause)
	b.until = now.Add(b.pause)
}
