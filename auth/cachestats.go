package auth

import "sync/atomic"

// CacheStats is how well the cache of verified tokens has done so far.
type CacheStats struct {
	// Requests counts the tokens that were looked for, Hits those that were there.
	Requests, Hits uint64
	// Evictions counts the tokens that made room for others.
	Evictions uint64
}

// CacheStats tells of the cache of verified tokens. Without one, it is zero.
func (v *Verifier) CacheStats() CacheStats {
	if v.cache == nil {
		return CacheStats{}
	}
	t := &v.cache.tally
	hits := t.hits.Load() // first, so that there are never fewer requests than hits
	return CacheStats{Hits: hits, Requests: t.requests.Load(), Evictions: t.evictions.Load()}
}

type cacheTally struct{ requests, hits, evictions atomic.Uint64 }
