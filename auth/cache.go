package auth

import (
	"sync"
	"sync/atomic"
)

// cache remembers the claims of verified tokens, up to a number of them. It
// evicts by SIEVE: a hand goes from the oldest entry to the newest, spares those
// that were asked for since it last came by, and drops the first that wasn't. A
// hit moves nothing, so hits only share a read lock.
type cache struct {
	mu      sync.RWMutex
	max     int
	entries map[string]*cacheEntry
	newest  *cacheEntry
	oldest  *cacheEntry
	hand    *cacheEntry // where the search for a victim goes on; nil means at the oldest
	tally   cacheTally

	generation uint64 // of the keys that the entries were verified with
}

type cacheEntry struct {
	token        string
	claims       *claims
	visited      atomic.Bool
	newer, older *cacheEntry
}

func newCache(size int) *cache {
	return &cache{max: size, entries: make(map[string]*cacheEntry)}
}

func (c *cache) get(token string) (*claims, bool) {
	c.tally.requests.Add(1)
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.entries[token]
	if !ok {
		return nil, false
	}
	c.tally.hits.Add(1)
	// Only written when it changes: a store at every hit would have the cores fight
	// for its cache line.
	if !e.visited.Load() {
		e.visited.Store(true)
	}
	return e.claims, true
}

// maxRemembered is the longest token that is remembered, so that a number of
// entries bounds the memory too.
const maxRemembered = 16 << 10

// put remembers a token that was verified with the keys of a generation, unless
// there are other keys by now.
func (c *cache) put(token string, value *claims, generation uint64) {
	if len(token) > maxRemembered {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return
	}
	if _, ok := c.entries[token]; ok {
		return
	}
	if len(c.entries) >= c.max {
		c.evict()
	}
	e := &cacheEntry{token: token, claims: value, older: c.newest}
	if c.newest != nil {
		c.newest.newer = e
	} else {
		c.oldest = e
	}
	c.newest = e
	c.entries[token] = e
}

// reset forgets all tokens, since the keys are those of a new generation.
func (c *cache) reset(generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation = generation
	c.newest, c.oldest, c.hand = nil, nil, nil
	clear(c.entries)
}

// evict drops one entry. It ends, since a spared entry is not spared when the
// hand comes by again.
func (c *cache) evict() {
	e := c.hand
	if e == nil {
		e = c.oldest
	}
	for e != nil && e.visited.Swap(false) {
		if e = e.newer; e == nil {
			e = c.oldest
		}
	}
	if e == nil {
		return
	}
	c.tally.evictions.Add(1)
	c.hand = e.newer
	c.unlink(e)
	delete(c.entries, e.token)
}

func (c *cache) unlink(e *cacheEntry) {
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		c.newest = e.older
	}
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		c.oldest = e.newer
	}
}
