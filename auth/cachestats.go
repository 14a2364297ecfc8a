package auth

import "sync/atomic"

// CacheStats counts the uses of the cache of verified tokens.
type CacheStats struct {
	// Requests counts the tokens that were looked up, Hits those that were found.
	Requests, Hits uint64
	// Evictions counts the tokens that were dropped to make room for others.
	Evictions uint64
}

// CacheStats gives the counts of the cache of verified tokens. Without a cache, they are
// zero.
func (v *Verifier) CacheStats() CacheStats {
	if v.cache == nil {
		return CacheStats{}
	}
	t := &v.cache.tally
	hits := t.hits.Load() // first, so that there are never fewer requests than hits
	return CacheStats{Hits: hits, Requests: t.requests.Load(), Evictions: t.evictions.Load()}
}

type cacheTally struct{ requests, hits, evictions atomic.Uint64 }
