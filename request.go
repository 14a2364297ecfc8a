package pgrest

import (
	"context"
	"net/http"
	"slices"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/enum"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/introspect"
)

// Request is a request to the API, parsed and planned, as hooks see it. It is shared by all
// of them and must not be written to.
type Request struct {
	// Identity is who makes it.
	Identity auth.Identity
	// Method is that of the HTTP request, and Header its headers.
	Method string
	Header Header
	// Schema and Name are those of the relation or function that it is about, which Resource
	// says.
	Schema, Name string
	Resource     Resource
	// Table is the relation, and Routine the function: the other is nil. They are the schema
	// cache's.
	Table   *introspect.Table
	Routine *introspect.Routine
	// Action is what is done to it.
	Action Action
	// ReadOnly reports a transaction that can't write: for reads, and for calls of functions
	// with GET, or that aren't VOLATILE.
	ReadOnly bool
	// Rollback reports a transaction that is rolled back even if all goes well.
	Rollback bool
	// Plan reports a request for the execution plan. Its statement runs only if Analyze is
	// set.
	Plan, Analyze bool
	// Preferences are those of the Prefer header.
	Preferences Preferences

	http *http.Request
}

// Context is that of the HTTP request.
func (r *Request) Context() context.Context { return r.http.Context() }

// Header is the header of a request, to be read.
type Header struct{ header http.Header }

// Get gives the first value of a name, in any case of its letters; empty if there is none.
func (h Header) Get(name string) string { return h.header.Get(name) }

// Values gives all values of a name.
func (h Header) Values(name string) []string { return slices.Clone(h.header.Values(name)) }

// Preferences are those of a request's Prefer header that the API knows, in the client's
// words, such as "exact" for count=exact; empty for one that wasn't given. See
// https://docs.postgrest.org/en/stable/references/api/preferences.html.
type Preferences struct {
	Resolution, Return, Count, Tx, Missing, Handling, Timezone string
	// MaxAffected is -1 if it wasn't given.
	MaxAffected int64
}

// Action is what a request does.
type Action uint8

// The actions. An upsert updates the rows that are there already: a PUT, or a POST with
// Prefer: resolution=merge-duplicates.
const (
	ActionRead Action = iota
	ActionInsert
	ActionUpsert
	ActionUpdate
	ActionDelete
	ActionCall
)

var actions = [...]string{
	ActionRead: "read", ActionInsert: "insert", ActionUpsert: "upsert", ActionUpdate: "update", ActionDelete: "delete", ActionCall: "call",
}

// String gives the action in a word.
func (a Action) String() string { return enum.Name(actions[:], a) }

// forHooks is the request as hooks see it.
func (x *exchange) forHooks(p plan.Runnable) *Request {
	a, prefer := p.Answered(), &x.request.Preferences
	r := &Request{
		Identity: x.identity, Method: x.request.Method, Header: Header{x.r.Header},
		Schema: x.request.Schema, Name: x.request.Name, Resource: x.request.Resource,
		ReadOnly: a.ReadOnly, Rollback: x.rollsBack(a), http: x.r,
		Preferences: Preferences{
			Resolution: prefer.Resolution, Return: prefer.Return, Count: prefer.Count, Tx: prefer.Tx, Missing: prefer.Missing,
			Handling: prefer.Handling, Timezone: prefer.Timezone, MaxAffected: prefer.MaxAffected,
		},
	}
	if a.Explain != nil {
		r.Plan, r.Analyze = true, slices.Contains(a.Explain.Options, "analyze")
	}
	switch p := p.(type) {
	case *plan.Mutate:
		r.Table, r.Action = p.Table, actionOf(p)
	case *plan.Call:
		r.Routine, r.Action = p.Routine, ActionCall
	default:
		r.Table = a.Root.Table
	}
	return r
}

// actionOf is what a write does.
func actionOf(p *plan.Mutate) Action {
	switch {
	case p.Action == apirequest.Update:
		return ActionUpdate
	case p.Action == apirequest.Delete:
		return ActionDelete
	case p.Conflict != nil && p.Conflict.Merge:
		return ActionUpsert
	}
	return ActionInsert
}
