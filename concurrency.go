package pgrest

import (
	"sync/atomic"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// concurrency counts the requests that are being answered: all of them, and those of the
// roles that have a limit. A nil one limits nothing.
type concurrency struct {
	all   places
	roles map[string]*places
}

// places are as many as there may be requests; 0 for any number.
type places struct {
	most  int64
	taken atomic.Int64
}

// take takes a place, unless all of them are taken.
func (p *places) take() bool {
	if n := p.taken.Add(1); p.most > 0 && n > p.most {
		p.leave()
		return false
	}
	return true
}

func (p *places) leave() { p.taken.Add(-1) }

// concurrency counts requests, if there is a limit to their number.
func (l Limits) concurrency() *concurrency {
	if l.MaxConcurrent <= 0 && len(l.MaxConcurrentOf) == 0 {
		return nil
	}
	c := &concurrency{roles: map[string]*places{}}
	c.all.most = int64(max(0, l.MaxConcurrent))
	for role, most := range l.MaxConcurrentOf {
		c.roles[role] = &places{most: int64(most)}
	}
	return c
}

// enter takes a place for a request before anything else is done for it.
func (x *exchange) enter() error {
	if x.concurrent == nil {
		return nil
	}
	if !x.concurrent.all.take() {
		return apierror.TooManyRequests()
	}
	x.places[0] = &x.concurrent.all
	return nil
}

// enterAs takes a place of the request's role.
func (x *exchange) enterAs(role string) error {
	if x.concurrent == nil {
		return nil
	}
	of := x.concurrent.roles[role]
	switch {
	case of == nil:
	case !of.take():
		return apierror.TooManyRequestsOfRole()
	default:
		x.places[1] = of
	}
	return nil
}

// leave gives the places back.
func (x *exchange) leave() {
	for _, taken := range x.places {
		if taken != nil {
			taken.leave()
		}
	}
}
