package auth

import (
	"sync"
	"sync/atomic"
)

// cache keeps the claims of up to max verified tokens. It evicts by the algorithm SIEVE: a
// hand goes from the oldest entry to the newest, spares those that were asked for since it
// last passed, and drops the first that was not. A hit moves no entry, so that hits only
// share a read lock.
type cache struct {
	mu      sync.RWMutex
	max     int
	entries map[string]*cacheEntry
	newest  *cacheEntry
	oldest  *cacheEntry
	hand    *cacheEntry // where the next eviction begins to search; nil means at the oldest
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

// maxCachedToken is the longest token that is kept, in bytes. It makes max a bound of the
// memory, too.
const maxCachedToken = 16 << 10

// put keeps the claims of a token that was verified with the keys of a generation, unless
// the keys have changed since.
func (c *cache) put(token string, value *claims, generation uint64) {
	if len(token) > maxCachedToken {
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

// evict drops one entry. The loop ends, since an entry is spared only once until it is
// asked for again.
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
