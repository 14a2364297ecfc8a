package pgrest

import "fmt"

// Resource is the kind of thing that a request is about.
type Resource uint8

// The kinds of resource. A request that was refused before its path was read is about an
// unknown one.
const (
	ResourceUnknown  Resource = iota // unknown
	ResourceRelation                 // relation
	ResourceRoutine                  // rpc
	ResourceRoot                     // root
)

var resources = [...]string{ResourceUnknown: "unknown", ResourceRelation: "relation", ResourceRoutine: "rpc", ResourceRoot: "root"}

// String gives the resource in a word: unknown, relation, rpc or root.
func (r Resource) String() string {
	if int(r) < len(resources) {
		return resources[r]
	}
	return fmt.Sprintf("Resource(%d)", uint8(r))
}
