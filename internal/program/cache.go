package program

import (
	"sync"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// Cache keeps the plans and programs of requests, by the shape of the request: all
// of it but the values that it compares with and its page. The values of a request
// take the places of the ones before. A Cache belongs to one planner and is ready
// for use when it is zero; any number of goroutines may use it.
type Cache struct {
	mu      sync.RWMutex
	byShape map[string]*template // those that are new, or were used since there are older ones
	older   map[string]*template // of the generation before
	size    int                  // of byShape, in bytes
}

// What is kept is bounded in number and size, and a large one isn't kept at all: clients
// have few shapes, and one that has more is not worth more memory. When half of it is
// full, what wasn't used since the half before was goes.
const (
	maxPrograms = 1000
	maxSize     = 16 << 20 // bytes, of all together
	maxTemplate = 64 << 10 // of one
	maxShape    = 8 << 10  // of the shape of one; its program is many times as large
)

// template is a plan and its program, and where its statements have values.
type template struct {
	plan                 plan.Planned
	program              *query.Program
	whole                *plan.Call // a call with one argument for all of the request's; or nil
	main, count, explain []place
	size                 int // in bytes, about
}

func (c *Cache) get(shape []byte) *template {
	c.mu.RLock()
	t := c.byShape[string(shape)]
	old := c.older[string(shape)]
	c.mu.RUnlock()
	if t == nil && old != nil {
		c.put(string(shape), old)
		return old
	}
	return t
}

func (c *Cache) put(shape string, t *template) {
	if t.size > maxTemplate {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byShape == nil || len(c.byShape) >= maxPrograms/2 || c.size+t.size > maxSize/2 {
		c.byShape, c.older, c.size = map[string]*template{}, c.byShape, 0
	}
	if c.byShape[shape] == nil {
		c.size += t.size
	}
	c.byShape[shape] = t
}

// What a template is made of takes about so many bytes: an argument with its place, a
// column, and what comes of one byte of the SQL or of the shape.
const (
	fixedSize    = 1 << 10
	argumentSize = 100
	columnSize   = 250
	sqlSize      = 2
	shapeSize    = 12
)

// measure takes note of how large the template of a shape is. Plans aren't looked into:
// they grow with the shape.
func (t *template) measure(shape int) {
	t.size = fixedSize + shape*shapeSize + len(t.program.Columns)*columnSize
	for _, s := range []*query.Statement{&t.program.Main, t.program.Count, t.program.Explain} {
		if s != nil {
			t.size += len(s.SQL)*sqlSize + len(s.Args)*argumentSize
		}
	}
	if times := t.program.Times; times != nil && times.JSON != nil {
		t.size += len(times.JSON.SQL) + len(times.JSON.Columns)*columnSize
	}
}
