package apirequest

import (
	"iter"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// Action is what to do with the resource.
type Action uint8

// The actions.
const (
	Read Action = iota
	Create
	Upsert
	Update
	Delete
	Call
	Describe // the root's GET
	Options
)

// Resource is the kind of thing that a path names.
type Resource uint8

// The resources: the API's root, a table or view, a function; of a request whose path was
// not read it is unknown.
const (
	Unknown Resource = iota
	Root
	Relation
	Routine
)

// Content is what the body of a request is.
type Content uint8

// The contents. A body that means nothing is not read.
const (
	NoContent      Content = iota
	PayloadContent         // what is written, or the arguments of a function
	QueryContent           // the rest of the query string
)

// Operation is what a method does to a kind of resource.
type Operation struct {
	Resource Resource
	Method   string
	Action   Action
	// Safe operations change nothing: they run in a read-only transaction.
	Safe bool
	// Head answers without a body: rows are counted, and not read.
	Head bool
	// Ranged operations heed the Range header.
	Ranged bool
	// Arguments has the parameters that are no filters be the arguments of a function.
	Arguments bool
	Content   Content
	// Profile is the header that names the schema.
	Profile string
}

// The headers that name the schema: of what is asked for, and of what is sent.
const (
	acceptProfile  = "Accept-Profile"
	contentProfile = "Content-Profile"
)

// operations are all that the API can do, those of a resource in the order in which the
// Allow header has them. Nothing else in the project looks at a request's method: another
// method is another row.
//
// Range handling is defined for GET (RFC 9110, section 14.2) and, as that of GET, for
// QUERY (draft-ietf-httpbis-safe-method-w-body).
var operations = []Operation{
	{Resource: Root, Method: "OPTIONS", Action: Options, Safe: true, Profile: acceptProfile},
	{Resource: Root, Method: "GET", Action: Describe, Safe: true, Ranged: true, Profile: acceptProfile},
	{Resource: Root, Method: "HEAD", Action: Describe, Safe: true, Head: true, Profile: acceptProfile},

	{Resource: Relation, Method: "OPTIONS", Action: Options, Safe: true, Profile: acceptProfile},
	{Resource: Relation, Method: "GET", Action: Read, Safe: true, Ranged: true, Profile: acceptProfile},
	{Resource: Relation, Method: "HEAD", Action: Read, Safe: true, Head: true, Profile: acceptProfile},
	{Resource: Relation, Method: "QUERY", Action: Read, Safe: true, Ranged: true, Content: QueryContent, Profile: acceptProfile},
	{Resource: Relation, Method: "POST", Action: Create, Content: PayloadContent, Profile: contentProfile},
	{Resource: Relation, Method: "PUT", Action: Upsert, Content: PayloadContent, Profile: contentProfile},
	{Resource: Relation, Method: "PATCH", Action: Update, Content: PayloadContent, Profile: contentProfile},
	{Resource: Relation, Method: "DELETE", Action: Delete, Profile: contentProfile},

	{Resource: Routine, Method: "OPTIONS", Action: Options, Safe: true, Arguments: true, Profile: acceptProfile},
	{Resource: Routine, Method: "GET", Action: Call, Safe: true, Ranged: true, Arguments: true, Profile: acceptProfile},
	{Resource: Routine, Method: "HEAD", Action: Call, Safe: true, Head: true, Arguments: true, Profile: acceptProfile},
	{Resource: Routine, Method: "QUERY", Action: Call, Safe: true, Ranged: true, Arguments: true, Content: QueryContent, Profile: acceptProfile},
	{Resource: Routine, Method: "POST", Action: Call, Content: PayloadContent, Profile: contentProfile},
}

// Operations yields the operations of a kind of resource.
func Operations(r Resource) iter.Seq[Operation] {
	return func(yield func(Operation) bool) {
		for _, o := range operations {
			if o.Resource == r && !yield(o) {
				return
			}
		}
	}
}

// operationOf finds what a method does to a kind of resource. Its error is an
// *apierror.Error.
func operationOf(r Resource, method string) (Operation, error) {
	for i := range operations {
		if o := &operations[i]; o.Method == method && o.Resource == r {
			return *o, nil
		}
	}
	if r == Routine {
		return Operation{}, apierror.RPCMethod(method)
	}
	return Operation{}, apierror.UnsupportedMethod(method)
}

// profileOf is the header that names the schema of a method's requests, whether the
// resource has that method or not: which schema is meant is settled first.
func profileOf(method string) string {
	for i := range operations {
		if operations[i].Method == method {
			return operations[i].Profile
		}
	}
	return acceptProfile
}
