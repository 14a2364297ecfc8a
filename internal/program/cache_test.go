package program

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// fill has the cache build the programs of shapes, from one number to another, of about
// so many bytes each.
func fill(t *testing.T, c *Cache, planner *plan.Planner, from, to, size int) {
	t.Helper()
	for i := from; i < to; i++ {
		target := fmt.Sprintf("/films?select=a%d:id%s", i, strings.Repeat(",title", size/len(",title")/3))
		target += "&or=(id.eq.1" + strings.Repeat(",title.eq.a", size/len(",title.eq.a")/3) + ")"
		_, _, err := c.Build(planner, &get(t, target).Shape)
		require.NoError(t, err)
	}
}

func get(t *testing.T, target string) *apirequest.Request {
	t.Helper()
	req, err := parseRequest(http.MethodGet, target, "", "")
	require.NoError(t, err)
	return req
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// However many shapes a client makes up, and of whatever size, what is kept of them has
// a bound. Not parallel: the memory is the whole program's.
func TestCache_memory(t *testing.T) {
	planner := plan.New(programSchema(), plan.Config{})
	for _, tt := range []struct{ shapes, size int }{{3000, 200}, {3000, 2000}, {1000, 9000}, {200, 25000}} {
		t.Run(fmt.Sprint(tt.size), func(t *testing.T) {
			var c Cache
			before := heap()
			fill(t, &c, planner, 0, tt.shapes, tt.size)
			after, total := heap(), 0
			for _, kept := range c.byKey {
				total += kept.size
				require.LessOrEqual(t, kept.size, maxCompiled)
			}
			require.Equal(t, c.size, total)
			for _, kept := range c.older {
				total += kept.size
			}
			require.LessOrEqual(t, total, maxSize)
			require.LessOrEqual(t, len(c.byKey)+len(c.older), maxPrograms)
			require.Less(t, after, before+uint64(total)*3/2+1<<20, "as much as was measured, about")
			runtime.KeepAlive(&c)
		})
	}
}

// What is kept of a shape is nothing of the request: its values may be large. Not parallel.
func TestCache_memory_of_values(t *testing.T) {
	planner := plan.New(programSchema(), plan.Config{})
	var c Cache
	before := heap()
	for i := range 100 {
		value := strings.Repeat("x", 1<<18)
		_, _, err := c.Build(planner, &get(t, fmt.Sprintf("/films?select=a%d:id,directors(name)&title=eq.%s&directors.name=eq.b&order=id", i, value)).Shape)
		require.NoError(t, err)
	}
	require.Len(t, c.byKey, 100)
	require.Less(t, heap(), before+2<<20)
	runtime.KeepAlive(&c)
}

// What is used stays, whatever else comes and goes.
func TestCache_used(t *testing.T) {
	t.Parallel()
	var c Cache
	planner := plan.New(programSchema(), plan.Config{})
	used, unused := get(t, "/films?title=eq.used"), get(t, "/films?title=eq.unused&id=eq.1")
	kept := func(req *apirequest.Request) *compiled { return c.get(req.AppendKey(nil)) }
	for _, req := range []*apirequest.Request{used, unused} {
		_, _, err := c.Build(planner, &req.Shape)
		require.NoError(t, err)
	}
	first := kept(used)
	for i := range 20 {
		fill(t, &c, planner, i*100, (i+1)*100, 100)
		require.Same(t, first, kept(used))
	}
	require.Nil(t, kept(unused))
}
