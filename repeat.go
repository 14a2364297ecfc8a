package pgrest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// repeat answers a request anew when err comes of a schema cache that the database has
// left behind, and there is a newer one, or one can be loaded. If none is to be had, the
// columns that the old one knows have to do.
func (x *exchange) repeat(schema *snapshot, err error) error {
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
		if asked { // after err, so that the schema is what the database had then
			more := errors.Is(again, apierror.ErrMoreColumns) && n < maxRepeats/2 // than before: it says no names
			x.ration.spent(time.Now(), again == nil || more || again.Error() != err.Error() || !x.stale(again))
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

// renew reports whether there is another schema than that one, or may be: after a load
// that is under way or due anyway, or else after one that the request asks for, unless
// such loads are in vain. It waits for neither for long: a load of many tables takes its
// time, and what was dropped is gone all the same.
func (x *exchange) renew(schema *snapshot) (newer, asked bool) {
	if x.current.Load() != schema {
		return true, false
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), renewal)
	defer cancel()
	if joined, err := x.reloader.Join(ctx); joined && (err != nil || x.current.Load() != schema) {
		return err == nil, false
	}
	if !x.ration.allows(time.Now()) {
		return false, false
	}
	if x.reloader.Now(ctx) != nil {
		if x.r.Context().Err() == nil { // a client that leaves says nothing about loads
			x.ration.spent(time.Now(), false)
		}
		return false, true
	}
	return true, true
}

// renewal is how long a request waits for another schema.
const renewal = 2 * time.Second

// ration bounds how often requests have the schema loaded in vain, as where something is
// broken for good: a load that doesn't help is followed by a pause, which grows.
type ration struct {
	mu    sync.Mutex
	until time.Time // of a pause
	pause time.Duration
}

const minPause, maxPause = time.Second, 10 * time.Second

// allows reports whether a request may ask for a load.
func (r *ration) allows(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !now.Before(r.until)
}

// spent tells whether a load that was asked for has helped.
func (r *ration) spent(now time.Time, helped bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if helped {
		r.pause = 0
		return
	}
	r.pause = min(max(2*r.pause, minPause), maxPause)
	r.until = now.Add(r.pause)
}
