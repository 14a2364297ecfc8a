package program

import (
	"sync"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// Cache keeps plans and programs by the key of their shape. A Cache belongs to one
// planner and is ready for use when it is zero; any number of goroutines may use it.
type Cache struct {
	mu    sync.RWMutex
	byKey map[string]*compiled // those that are new, or were used since there are older ones
	older map[string]*compiled // of the generation before
	size  int                  // of byKey, in bytes
}

// What is kept is bounded in number and size, and a large one isn't kept at all: clients
// have few shapes, and one that has more is not worth more memory. When half of it is
// full, what wasn't used since the half before was goes.
const (
	maxPrograms = 1000
	maxSize     = 16 << 20 // bytes, of all together
	maxCompiled = 64 << 10 // of one
	maxKey      = 8 << 10  // of the key of one; its program is many times as large
)

// compiled is what was made of a shape.
type compiled struct {
	plan    plan.Runnable
	program *query.Program
	size    int // in bytes, about
}

func (c *Cache) get(key []byte) *compiled {
	c.mu.RLock()
	t := c.byKey[string(key)]
	var old *compiled
	if t == nil {
		old = c.older[string(key)]
	}
	c.mu.RUnlock()
	if old != nil {
		c.put(string(key), old)
		return old
	}
	return t
}

func (c *Cache) put(key string, t *compiled) {
	if t.size > maxCompiled {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey == nil || len(c.byKey) >= maxPrograms/2 || c.size+t.size > maxSize/2 {
		c.byKey, c.older, c.size = map[string]*compiled{}, c.byKey, 0
	}
	if c.byKey[key] == nil {
		c.size += t.size
	}
	c.byKey[key] = t
}

// What is compiled of a shape takes about so many bytes: an argument, a column, and what
// comes of one byte of the SQL or of the key.
const (
	fixedSize    = 1 << 10
	argumentSize = 150
	columnSize   = 250
	sqlSize      = 2
	keySize      = 12
)

// newCompiled measures how large a program is, whose key has so many bytes. Plans aren't
// looked into: they grow with the key.
func newCompiled(p plan.Runnable, program *query.Program, key int) *compiled {
	size := fixedSize + key*keySize + len(program.Columns)*columnSize
	for _, s := range []*query.Statement{&program.Main, program.Precondition, program.Count, program.Estimate} {
		if s != nil {
			size += len(s.SQL)*sqlSize + len(s.Args)*argumentSize
		}
	}
	if times := program.Times; times != nil && times.JSON != nil {
		size += len(times.JSON.SQL) + len(times.JSON.Columns)*columnSize
	}
	return &compiled{p, program, size}
}
