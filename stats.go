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
	// Servers are the primary and the replicas, in the order of Options.Replicas; empty
	// without that.
	Servers []ServerStats
	// TokenCache is of the cache of verified bearer tokens; zero with
	// Options.Authenticate.
	TokenCache auth.CacheStats
}

// ServerStats are figures about the primary or a replica, as far as requests had a choice.
type ServerStats struct {
	// Name is "primary", or the replica's.
	Name string
	// Down reports a replica that couldn't be reached at the last try.
	Down bool
	// Busy is how many requests have a connection to it at present.
	Busy int
	// Requests counts the transactions that began on it, Unreachable those for which there was
	// no connection, Behind those that found it behind their position, and Repeated those that
	// were repeated elsewhere for what it answered.
	Requests, Unreachable, Behind, Repeated uint64
}

// Stats gives the handler's figures. It does not wait for anything.
func (h *Handler) Stats() Stats {
	loads := h.reloader.Stats()
	s := Stats{SchemaLoads: loads.Loads, SchemaLoadFailures: loads.Failures, SchemaLoadTime: loads.Took}
	if h.replicas != nil {
		for _, f := range h.replicas.Figures() {
			s.Servers = append(s.Servers, ServerStats(f))
		}
	}
	if h.verifier != nil {
		s.TokenCache = h.verifier.CacheStats()
	}
	return s
}
