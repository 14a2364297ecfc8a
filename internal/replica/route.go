package replica

import "time"

// Route is the way of one request: which servers it may run on, and where it was. It isn't
// safe for concurrent use.
type Route struct {
	// After is what a replica has to have replayed; zero for anything.
	After Position
	// Wait is how long a replica may take for that.
	Wait time.Duration
	// AcquireTimeout is how long a connection to a replica is waited for.
	AcquireTimeout time.Duration
	// Tells has a write tell the position behind its commit, which is Committed then, the zero
	// value before. Unknown reports a commit whose position couldn't be had.
	Tells, Unknown bool
	Committed      Position
	// Served is the server that the request ran on last; nil before.
	Served *Server

	set   *Set
	order order
	tried uint64
	again bool // the request was repeated for what a replica answered
}

// order is the order in which servers are asked.
type order uint8

const (
	replicasFirst order = iota
	primaryFirst
	primaryOnly
)

// NewRoute makes the route of a read, which replicas may answer. That of a nil Set chooses
// among no servers.
func (s *Set) NewRoute() *Route { return &Route{set: s} }

// Token is what a client is told of the position behind the commit; empty before there is one.
func (r *Route) Token() string {
	switch {
	case r == nil:
		return ""
	case r.Committed.LSN != 0:
		return r.Committed.Token()
	case r.Unknown:
		return unknownToken
	}
	return ""
}

// Chooses reports a route that has servers to choose among.
func (r *Route) Chooses() bool { return r != nil && r.set != nil }

// On gives the server that the request runs on; nil without a choice.
func (r *Route) On() *Server {
	if r == nil {
		return nil
	}
	return r.Served
}

// PreferPrimary has the request go to replicas only if the primary doesn't answer.
func (r *Route) PreferPrimary() { r.order = max(r.order, primaryFirst) }

// OnlyPrimary has the request go to no replica.
func (r *Route) OnlyPrimary() { r.order = primaryOnly }

// Next chooses the server to ask next: none twice, unless there is a Restart. It is nil when
// none is left.
func (r *Route) Next(now time.Time) *Server {
	server := r.choose(now)
	if server != nil {
		r.tried |= server.mask
		r.Served = server
	}
	return server
}

func (r *Route) choose(now time.Time) *Server {
	primary := r.set.primary
	if r.order == primaryOnly {
		if r.tried&primary.mask != 0 {
			return nil
		}
		return primary
	}
	if r.order == primaryFirst && r.tried&primary.mask == 0 {
		return primary
	}
	if server := r.set.pick(r.tried, r.After.LSN != 0, now); server != nil {
		return server
	}
	if r.tried&primary.mask == 0 {
		return primary
	}
	return r.set.last(r.tried)
}

// Repeat has a request that a replica has answered by an error be repeated: on the primary if
// only that may do better, or else on any other server. It reports false if the request isn't
// to be repeated, for it has been once, or it wasn't a replica that answered.
func (r *Route) Repeat(onPrimary bool) bool {
	if r == nil || r.again || r.Served == nil || !r.Served.Replica {
		return false
	}
	r.again = true
	r.Served.tally.repeated.Add(1)
	r.Served = nil // it is not asked again
	if onPrimary {
		r.PreferPrimary()
	}
	return true
}

// OnReplica reports that it was a replica that the request ran on last.
func (r *Route) OnReplica() bool { return r != nil && r.Served != nil && r.Served.Replica }

// Restart begins another transaction of the request, which may ask the server of the last one
// again, unless that is to be repeated elsewhere.
func (r *Route) Restart() {
	if r.Served != nil {
		r.tried &^= r.Served.mask
	}
}
