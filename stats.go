package pgrest

import (
	"time"

	"github.com/pgrest-go/pgrest/auth"
)

// Stats are figures about a Handler since it was made, for the host's metrics.
type Stats struct {
	// SchemaLoads and SchemaLoadFailures count how often the schema was loaded, and
	// how often that failed.
	SchemaLoads, SchemaLoadFailures uint64
	// SchemaLoadTime is how long the last load took.
	SchemaLoadTime time.Duration
	// TokenCache is of the cache of verified bearer tokens; zero with
	// Options.Authenticate.
	TokenCache auth.CacheStats
}

// Stats gives the handler's figures. It does not wait for anything.
func (h *Handler) Stats() Stats {
	loads := h.reloader.Stats()
	s := Stats{SchemaLoads: loads.Loads, SchemaLoadFailures: loads.Failures, SchemaLoadTime: loads.Took}
	if h.verifier != nil {
		s.TokenCache = h.verifier.CacheStats()
	}
	return s
}
