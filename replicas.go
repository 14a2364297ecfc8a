package pgrest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/dbpool"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/replica"
)

// PositionHeader is the name of the header of Replicas.Positions.
const PositionHeader = "Pgrest-Position"

// Replicas has reads answered by replicas of PostgreSQL's own replication, and writes by
// the primary, which is the pool of New. The zero value is none. The reference has no such
// keys.
//
// Replicas answer GET, HEAD and QUERY, and calls of functions that are STABLE or IMMUTABLE,
// whatever their method. All else goes to the primary: writes, calls of functions that are
// VOLATILE, transactions that are SERIALIZABLE, which a replica can't have, requests that
// hooks with Before or After take part in, Handler.Begin, and the load of the schema.
// Handler.In is the host's transaction, wherever that is. Options.PreRequest runs where its
// request does. The description of the API comes from the primary, if that answers.
//
// Among replicas that answer, a request goes to the one that has the fewest. One that can't
// be reached is left alone for a while, from 0.25 seconds to 8; nothing runs in the
// background. A read for which a server has no connection goes to the next: another
// replica, the primary, and at last replicas that didn't answer before. One that a replica
// answers by an error of its own is repeated once elsewhere, unless a part of the response
// was sent: the connection broke, the server is frozen, or out of something, the query
// conflicts with recovery or was cancelled, or the replica hasn't replayed a change of the
// schema that the handler knows already, which doesn't have the schema loaded.
type Replicas struct {
	// Pools connect to replicas, of which there may be up to 63. Without any, all requests go
	// to the primary.
	Pools []Replica
	// FromPrimary, if not nil, is asked about each request that replicas would answer, and
	// says that the primary has to: by the request's headers, its Prefer header included, its
	// identity and role, or the relation or function that it names. It runs on the request's
	// goroutine, and must not keep the request.
	FromPrimary func(*Request) bool
	// AcquireTimeout is how long a connection to a replica is waited for, before another
	// server is asked. 0 means 1 second.
	AcquireTimeout time.Duration
	// Positions has responses to writes say where in PostgreSQL's log their commit is, in the
	// header Pgrest-Position. A client that brings that back with a read never reads older
	// data: a replica answers only if it has replayed that much, and else the primary. The
	// value is opaque: 28 letters, which tell who knows their form how much the database
	// writes. Whoever lets pages of other origins use the API allows the header, and exposes
	// it. It is a round trip for nobody. A value that isn't one, is of another cluster, or of a
	// timeline that the replica isn't known to be on has the primary answer.
	Positions bool
	// PositionWait is how long a replica may take to come to a position. 0 means 100 ms, and
	// a negative number doesn't wait.
	PositionWait time.Duration
}

// Replica is a replica of the primary.
type Replica struct {
	// Name is what events, figures and the log call it. Default: replica-1 and so on.
	Name string
	// Pool connects to it, as the pool of New does to the primary: as a login that can become
	// the same roles. If the primary may be among the servers of the pool, the pool should
	// prefer standbys, as target_session_attrs=prefer-standby has it. With Positions a pooler
	// that may give each transaction another server, as one in transaction mode does, must
	// have but one server for the pool.
	Pool Pool
}

const (
	defaultReplicaTimeout = time.Second
	defaultPositionWait   = 100 * time.Millisecond
)

// withDefaults gives the replicas with a value for each field that has a default.
func (r Replicas) withDefaults() Replicas {
	r.Pools = slices.Clone(r.Pools)
	for i := range r.Pools {
		r.Pools[i].Name = cmp.Or(r.Pools[i].Name, fmt.Sprintf("replica-%d", i+1))
	}
	r.AcquireTimeout = cmp.Or(r.AcquireTimeout, defaultReplicaTimeout)
	r.PositionWait = max(0, cmp.Or(r.PositionWait, defaultPositionWait))
	return r
}

// validate refuses what can't be.
func (r Replicas) validate() error {
	names := map[string]bool{replica.Primary: true}
	for i, one := range r.Pools {
		switch {
		case one.Pool == nil:
			return fmt.Errorf("Replicas.Pools[%d] has no pool", i)
		case names[one.Name]:
			return fmt.Errorf("Replicas.Pools[%d] has the name %q of another server", i, one.Name)
		}
		names[one.Name] = true
	}
	switch {
	case len(r.Pools) > replica.MaxReplicas:
		return fmt.Errorf("Replicas.Pools are %d, and can't be more than %d", len(r.Pools), replica.MaxReplicas)
	case r.AcquireTimeout < 0:
		return fmt.Errorf("Replicas.AcquireTimeout is %s, and can't be negative", r.AcquireTimeout)
	case r.FromPrimary != nil && len(r.Pools) == 0:
		return errors.New("Replicas.FromPrimary without Pools would not be asked")
	}
	return nil
}

// newReplicas makes the servers that requests choose among; nil without replicas.
func (h *Handler) newReplicas() *replica.Set {
	pools := h.options.Replicas.Pools
	if len(pools) == 0 {
		return nil
	}
	servers := make([]replica.Server, len(pools))
	for i, one := range pools {
		servers[i] = replica.Server{Name: one.Name, Pool: one.Pool}
	}
	set, logger := replica.NewSet(h.pool, servers), h.options.Logger
	set.OnDown = func(name string, err error) {
		logger.Warn("replica can't be reached", "replica", name, "error", apierror.ForLog(err))
	}
	set.OnUp = func(name string) { logger.Info("replica can be reached", "replica", name) }
	return set
}

// replicaPools are those of the options.
func (h *Handler) replicaPools() []dbpool.Pool {
	var pools []dbpool.Pool
	for _, one := range h.options.Replicas.Pools {
		pools = append(pools, one.Pool)
	}
	return pools
}

// routed says on which server the session may run, and what it is to tell of its commit.
func (x *exchange) routed(s *executor.Session, p plan.Runnable) {
	if x.replicas == nil && !x.options.Replicas.Positions || x.executor != x.Handler.executor {
		return
	}
	switch {
	case x.w.route == nil:
		x.w.route = x.newRoute(s, p)
	case p != nil && !s.ReadOnly: // with a newer schema, perhaps, in which a function isn't STABLE any more
		x.writes(x.w.route, s)
	}
	s.Route = x.w.route
}

// writes makes the route that of a write.
func (x *exchange) writes(route *replica.Route, s *executor.Session) {
	route.OnlyPrimary()
	route.Tells = x.options.Replicas.Positions && !s.Rollback
}

// newRoute makes the route of a request with a plan, which is nil for the description of the
// API.
func (x *exchange) newRoute(s *executor.Session, p plan.Runnable) *replica.Route {
	route, o := x.replicas.NewRoute(), &x.options.Replicas
	switch {
	case p != nil && !s.ReadOnly:
		x.writes(route, s)
		return route
	case x.replicas == nil:
		return route
	}
	route.AcquireTimeout, route.Wait = o.AcquireTimeout, o.PositionWait
	if call, ok := p.(*plan.Call); p == nil || ok && call.Volatile() {
		route.PreferPrimary()
	}
	asks := o.FromPrimary != nil && p != nil && x.batch == nil // of a batch it is asked about each request
	if o.Positions && !x.after(route) || s.Isolation == "SERIALIZABLE" || asks && o.FromPrimary(x.forHooks(p)) {
		route.OnlyPrimary()
	}
	return route
}

// after takes the position that the request brings, if it does, and reports whether that is
// one.
func (x *exchange) after(route *replica.Route) bool {
	if x.within == nil { // or else the batch's response says so
		x.w.Header().Add("Vary", PositionHeader)
	}
	token := strings.Join(x.r.Header.Values(PositionHeader), ",") // of several none is said to be the last
	if token == "" {
		return true
	}
	var err error
	route.After, err = replica.ParseToken(token)
	return err == nil
}

// elsewhere answers a request anew, on another server, that a replica has answered by an
// error which another server may not have. Other errors it returns. What contradicts the
// schema cache may not have been replayed, and only the primary can tell.
func (x *exchange) elsewhere(schema *snapshot, err error) error {
	if !x.w.route.OnReplica() || x.r.Context().Err() != nil {
		return err
	}
	may, onPrimary := executor.MayDoElsewhere(x.r.Context(), x.w.route, err)
	switch {
	case may:
	case apierror.IsDeadlinePassed(err):
		may = executor.Frozen(x.r.Context(), x.w.route)
	case x.stale(err):
		may, onPrimary = true, true
	}
	if !may || !x.w.route.Repeat(onPrimary) {
		return err
	}
	return x.answer(schema)
}
