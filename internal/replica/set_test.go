package replica_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/replica"
)

// nowhere is a pool that no test acquires from.
type nowhere struct{}

func (nowhere) Acquire(context.Context) (*pgxpool.Conn, error) { return nil, errors.New("nowhere") }

func newSet(names ...string) *replica.Set {
	var servers []replica.Server
	for _, name := range names {
		servers = append(servers, replica.Server{Name: name, Pool: nowhere{}})
	}
	return replica.NewSet(nowhere{}, servers)
}

// all are the names of the servers that a route asks, one after the other.
func all(r *replica.Route, now time.Time) (names []string) {
	for server := r.Next(now); server != nil; server = r.Next(now) {
		names = append(names, server.Name)
	}
	return names
}

// A read asks each server once: replicas that answer, the primary, and then the others.
func TestRoute_order(t *testing.T) {
	t.Parallel()
	now := time.Now()
	set := newSet("a", "b", "c")
	require.ElementsMatch(t, []string{"a", "b", "c"}, all(set.NewRoute(), now)[:3])
	require.Equal(t, "primary", all(set.NewRoute(), now)[3])

	preferred := set.NewRoute()
	preferred.PreferPrimary()
	require.Equal(t, "primary", all(preferred, now)[0])
	only := set.NewRoute()
	only.OnlyPrimary()
	require.Equal(t, []string{"primary"}, all(only, now))

	down := set.NewRoute()
	gone := down.Next(now)
	gone.Unreachable(errors.New("refused"), now)
	names := all(set.NewRoute(), now)
	require.Equal(t, []string{"primary", gone.Name}, names[2:])
}

// A replica that can't be reached is left alone for pauses that grow, after each of which one
// request tries it.
func TestSet_pauses(t *testing.T) {
	t.Parallel()
	set := newSet("a")
	var told []string
	set.OnDown = func(name string, err error) { told = append(told, name+" "+err.Error()) }
	set.OnUp = func(name string) { told = append(told, name+" is back") }
	now := time.Now()
	first := func() string { return set.NewRoute().Next(now).Name }
	require.Equal(t, "a", first())
	a := set.NewRoute().Next(now)
	for range 10 { // at the same time, which counts once
		a.Unreachable(errors.New("refused"), now)
	}
	require.Equal(t, "primary", first())
	now = now.Add(251 * time.Millisecond)
	require.Equal(t, "a", first(), "one request tries it")
	require.Equal(t, "primary", first(), "and others don't")
	a.Unreachable(errors.New("refused"), now)
	now = now.Add(251 * time.Millisecond)
	require.Equal(t, "primary", first(), "the pause has grown")
	for range 20 {
		now = now.Add(8001 * time.Millisecond)
		require.Equal(t, "a", first(), "up to a bound")
		a.Unreachable(errors.New("refused"), now)
	}
	now = now.Add(8001 * time.Millisecond)
	require.Equal(t, "a", first())
	now = now.Add(2001 * time.Millisecond)
	require.Equal(t, "a", first(), "of whoever tried it nothing was heard")
	require.True(t, set.Figures()[1].Down)
	a.Begin()
	a.End()
	require.False(t, set.Figures()[1].Down)
	require.Equal(t, "a", first())
	require.Equal(t, []string{"a refused", "a is back"}, told)
}

// The replica that has fewer requests is chosen.
func TestSet_busy(t *testing.T) {
	t.Parallel()
	set, now := newSet("a", "b"), time.Now()
	busy := set.NewRoute().Next(now)
	busy.Begin()
	for range 4 {
		require.NotEqual(t, busy.Name, set.NewRoute().Next(now).Name)
	}
	busy.End()
	names := map[string]bool{}
	for range 4 {
		names[set.NewRoute().Next(now).Name] = true
	}
	require.Len(t, names, 2)
}

// A replica that lags isn't asked for positions for a while, but for other reads.
func TestSet_behind(t *testing.T) {
	t.Parallel()
	set, now := newSet("a"), time.Now()
	positioned := func() *replica.Route {
		r := set.NewRoute()
		r.After.LSN = 1
		return r
	}
	a := positioned().Next(now)
	require.Equal(t, "a", a.Name)
	a.Behind()
	require.Equal(t, "a", positioned().Next(now).Name, "what that request wanted may be nowhere")
	a.Lags(now)
	require.Equal(t, []string{"primary", "a"}, all(positioned(), now), "at last it is asked all the same")
	require.Equal(t, "a", set.NewRoute().Next(now).Name)
	require.Equal(t, "a", positioned().Next(now.Add(time.Second)).Name)
}

// A request is repeated once, and not on the server that has answered it.
func TestRoute_Repeat(t *testing.T) {
	t.Parallel()
	set, now := newSet("a", "b"), time.Now()
	r := set.NewRoute()
	require.False(t, r.Repeat(false), "it has run nowhere")
	served := r.Next(now).Name
	require.True(t, r.Repeat(false))
	r.Restart()
	require.NotContains(t, all(r, now), served)
	require.False(t, r.Repeat(false))

	r = set.NewRoute()
	served = r.Next(now).Name
	r.Restart()
	require.Contains(t, all(r, now), served, "another transaction of the request may run there again")

	r = set.NewRoute()
	r.Next(now)
	require.True(t, r.Repeat(true))
	r.Restart()
	require.Equal(t, "primary", r.Next(now).Name)
	require.False(t, r.OnReplica())
	require.False(t, r.Repeat(true))
}

func TestPosition(t *testing.T) {
	t.Parallel()
	for range 1000 {
		p := replica.Position{System: rand.Uint64(), Timeline: rand.Uint32(), LSN: rand.Uint64() | 1}
		token := p.Token()
		require.Len(t, token, 28)
		got, err := replica.ParseToken(token)
		require.NoError(t, err)
		require.Equal(t, p, got)
		lsn, err := replica.ParseLSN(p.LSNText())
		require.NoError(t, err)
		require.Equal(t, p.LSN, lsn)
	}
	for _, token := range []string{"", "x", "====", replica.Position{System: 1, Timeline: 1}.Token(), "AgAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		_, err := replica.ParseToken(token)
		require.Error(t, err, token)
	}
	for _, lsn := range []string{"", "0", "/", "0/", "1/G", "100000000/0"} {
		_, err := replica.ParseLSN(lsn)
		require.Error(t, err, lsn)
	}
}

// The end of what is written is before the header of a page that nothing stands in yet.
func TestEndOf(t *testing.T) {
	t.Parallel()
	const page, segment = 8 << 10, 16 << 20
	for insert, want := range map[uint64]uint64{
		0x3000060:           0x3000060,
		0x3000000 + 40:      0x3000000,      // at the beginning of a segment
		0x3000000 + 24:      0x3000000 + 24, // within its header, where nothing ends
		0x3002000 + 24:      0x3002000,      // at the beginning of a page
		0x3002000 + 40:      0x3002000 + 40,
		0x3002000 + 8:       0x3002000 + 8,
		0x1_0000_2000 + 24:  0x1_0000_2000,
		0x3002000 + 24 + 24: 0x3002000 + 48,
	} {
		require.Equal(t, want, replica.EndOf(insert, page, segment), "%X", insert)
	}
	require.EqualValues(t, 0x3002018, replica.EndOf(0x3002018, 0, 0), "without the sizes")
}

// FuzzParseToken reads whatever clients send.
func FuzzParseToken(f *testing.F) {
	f.Add("")
	f.Add(replica.Position{System: 7, Timeline: 1, LSN: 0x3000060}.Token())
	f.Fuzz(func(t *testing.T, token string) {
		p, err := replica.ParseToken(token)
		if err == nil {
			require.Equal(t, token, p.Token())
		}
	})
}
