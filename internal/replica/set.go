// Package replica chooses among the servers of a PostgreSQL cluster: the primary and its
// replicas. A Set knows which of them answer, and a Route is the way of one request.
//
// Nothing runs in the background: a replica that couldn't be reached is left alone for a
// while, and then one request tries it again.
package replica

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pgrest-go/pgrest/internal/dbpool"
)

// Primary is the name of the primary among the servers.
const Primary = "primary"

// MaxReplicas is how many replicas a Set can have.
const MaxReplicas = 63

// Server is a server of the cluster, or several behind one pool.
type Server struct {
	// Name is unique in its Set.
	Name string
	// Pool connects to it.
	Pool dbpool.Pool
	// Replica reports a replica, where nothing is written, and what was written may come late.
	Replica bool

	set  *Set
	mask uint64

	busy   atomic.Int64 // requests that have a connection
	behind atomic.Int64 // until when it isn't asked for positions, in nanoseconds of the epoch
	down   atomic.Bool  // it couldn't be reached at the last try
	tally  tally

	mu      sync.Mutex
	until   time.Time // it is left alone, if it is down
	pause   time.Duration
	probing bool // a request tries it, until then
}

type tally struct{ requests, unreachable, behind, repeated atomic.Uint64 }

// Figures are about a server since its Set was made.
type Figures struct {
	Name string
	// Down reports that it couldn't be reached at the last try.
	Down bool
	// Busy is how many requests have a connection to it.
	Busy int
	// Requests is how many transactions began on it. Unreachable counts those that couldn't,
	// Behind those that found it behind the position that they wanted, and Repeated those that
	// were repeated on another server.
	Requests, Unreachable, Behind, Repeated uint64
}

// Set is the primary and its replicas.
type Set struct {
	// OnDown is told when a replica can't be reached, after it could, and OnUp when it can be
	// again. They must not block.
	OnDown func(name string, err error)
	OnUp   func(name string)

	primary  *Server
	replicas []*Server
	next     atomic.Uint32
}

// Pauses in which a replica that couldn't be reached is left alone.
const minPause, maxPause = 250 * time.Millisecond, 8 * time.Second

// probeTime is how long others leave a replica alone that a request tries.
const probeTime = 2 * time.Second

// behindPause is for how long a replica that lags isn't asked for positions.
const behindPause = time.Second

// NewSet makes a Set. Replicas have names.
func NewSet(primary dbpool.Pool, replicas []Server) *Set {
	s := &Set{primary: &Server{Name: Primary, Pool: primary, mask: 1 << MaxReplicas}}
	s.primary.set = s
	for i := range replicas {
		r := &Server{Name: replicas[i].Name, Pool: replicas[i].Pool, Replica: true, set: s, mask: 1 << i}
		s.replicas = append(s.replicas, r)
	}
	return s
}

// Figures are those of the primary, and then of the replicas.
func (s *Set) Figures() []Figures {
	all := make([]Figures, 0, 1+len(s.replicas))
	for i := -1; i < len(s.replicas); i++ {
		server := s.primary
		if i >= 0 {
			server = s.replicas[i]
		}
		all = append(all, Figures{
			Name: server.Name, Down: server.down.Load(), Busy: int(server.busy.Load()),
			Requests: server.tally.requests.Load(), Unreachable: server.tally.unreachable.Load(),
			Behind: server.tally.behind.Load(), Repeated: server.tally.repeated.Load(),
		})
	}
	return all
}

// pick chooses a replica that hasn't been tried: one whose pause is over, or else the one
// that has the fewest requests, by turns where they have the same. It is nil for none.
func (s *Set) pick(tried uint64, positioned bool, now time.Time) *Server {
	var best *Server
	n := uint32(len(s.replicas))
	first := s.next.Add(1)
	at := now.UnixNano()
	for i := range n {
		r := s.replicas[(first+i)%n]
		if tried&r.mask != 0 || positioned && at < r.behind.Load() {
			continue
		}
		if r.down.Load() {
			if r.probe(now) {
				return r
			}
			continue
		}
		if best == nil || r.busy.Load() < best.busy.Load() {
			best = r
		}
	}
	return best
}

// last chooses a replica that hasn't been tried though it may not answer, where nothing else
// is left. It is nil for none.
func (s *Set) last(tried uint64) *Server {
	for _, r := range s.replicas {
		if tried&r.mask == 0 {
			return r
		}
	}
	return nil
}

// Begin counts a request that has got a connection, with which the server has shown that it
// answers.
func (s *Server) Begin() {
	s.busy.Add(1)
	s.tally.requests.Add(1)
	if s.down.Load() && s.up() && s.set.OnUp != nil {
		s.set.OnUp(s.Name)
	}
}

// up takes note that the server answers, and reports whether it didn't before.
func (s *Server) up() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pause, s.probing = 0, false
	return s.down.Swap(false)
}

// probe reports whether the request is to try a server that couldn't be reached: one does
// when the pause is over, and others leave it alone meanwhile.
func (s *Server) probe(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.until) {
		return false
	}
	s.until, s.probing = now.Add(probeTime), true
	return true
}

// End is told that the connection was given back.
func (s *Server) End() { s.busy.Add(-1) }

// Unreachable takes note that no connection could be had. The pauses grow.
func (s *Server) Unreachable(err error, now time.Time) {
	s.tally.unreachable.Add(1)
	if !s.Replica {
		return
	}
	if s.goDown(now) && s.set.OnDown != nil {
		s.set.OnDown(s.Name, err)
	}
}

// goDown begins a pause, and reports whether the server answered before. Of the requests
// that fail at the same time only the first counts, or the pauses would grow with these.
func (s *Server) goDown(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.down.Swap(true)
	if was && !s.probing {
		return false
	}
	s.pause = min(max(2*s.pause, minPause), maxPause)
	s.until, s.probing = now.Add(s.pause), false
	return !was
}

// Exhausted takes note that its pool had no connection to give in time, all being in use.
func (s *Server) Exhausted() { s.tally.unreachable.Add(1) }

// Behind counts a request that wanted what the server hasn't replayed in the time that it had,
// as far as the request told: what it wanted may be nowhere.
func (s *Server) Behind() { s.tally.behind.Add(1) }

// Lags takes note that the server hasn't replayed what the primary has written, so that other
// requests don't wait for it in vain.
func (s *Server) Lags(now time.Time) { s.behind.Store(now.Add(behindPause).UnixNano()) }
