package pgrest

import "github.com/pgrest-go/pgrest/internal/apirequest"

// Resource is the kind of thing that a request is about. Its method String gives it in a
// word: unknown, relation, rpc or root.
type Resource = apirequest.Resource

// The kinds of resource. A request that was refused before its path was read is about an
// unknown one, which is the zero value.
const (
	ResourceUnknown  = apirequest.Unknown
	ResourceRoot     = apirequest.Root
	ResourceRelation = apirequest.Relation
	ResourceRoutine  = apirequest.Routine
)
