package pgrest

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// Event is a request that has been answered, as Options.Observe and Options.Tracer are told
// of it. But for the texts of Err it has no URL and no values. Which fields make labels of
// metrics is said with each: of the others there is no end, but they are for logs and spans.
type Event struct {
	// Method is the request's method as it came. As a label it wants to be held against a
	// list, for clients may invent some.
	Method string
	// Resource is what the path names: a label.
	Resource Resource
	// Schema and Name are of the relation or function that the request is about, a label for
	// as many as the API has. Both are empty if the path was not read, or names none that
	// there is. The root has a schema alone.
	Schema, Name string
	// Role is the role that the request ran as; empty when none was found, for
	// want of a good token.
	Role string
	// Server names the server that the request ran on, or was to run on, last: "primary", or a
	// replica's name, a label. It is empty without Options.Replicas, and if nothing was to run.
	Server string
	// SQL is the main statement that was made of the request, run or not, with $1 and
	// so on in the place of values; empty when there was none. Of one that is longer than
	// 16 KiB the middle is left out.
	SQL string
	// Shape is the hash of all that this statement was made of, which is the request without
	// its values: 16 hexadecimal digits, the same in every process of this version. It is
	// empty when there was no statement.
	Shape string
	// Rows are how many rows the main statement gave, or wrote, as far as they came: also of
	// what was rolled back.
	Rows int64
	// Status and Bytes are the response's, as far as it came: the status is 0 when
	// nothing did.
	Status int
	Bytes  int64
	// Err is why the request failed, nil if it didn't. A response that was broken off has
	// one too, unless that was the doing of its client, or the wish of the host's code.
	Err *Error
	// Code is the code of what went wrong: a SQLSTATE where the database said so, whatever
	// Options.MapError and RAISE make of it for the client, else that of Err. It is empty
	// when nothing did. Codes of PostgREST and PostgreSQL are few, and make a label, but a
	// function can raise any.
	Code string
	// ClientCaused reports a status of 5xx that is no fault of the server's: the protocol
	// has it for something that clients can bring about, such as a statement that takes
	// longer than the role's statement_timeout, or a write to a view that takes none. Such
	// failures are not logged.
	ClientCaused bool
	// Aborted tells that the connection was broken off, so that what came can't be
	// taken for the whole.
	Aborted bool
	// Duration is the time from the request's arrival here to its end, Stages the
	// parts of it, in their order. Those of a request that failed end early. What
	// is in between, such as the wait for the first load of the schema, is in none.
	Duration time.Duration
	Stages   []Stage
	// Batch are the requests of a batch that were begun, in their order: each has what the fields
	// above say of a request, but for Duration, Stages and Aborted, which are the batch's. Of the
	// batch itself there is one Event, whose Resource is the root, and which has no SQL. Rows are
	// those of all its requests, and Err is that of the request that failed. It is nil for
	// requests of their own.
	Batch []Event
}

// CodeClass gives the class of Code, of which there are so few that it makes a label: a code
// of PostgREST's as it is, a SQLSTATE by its first two characters, as in 23xxx, other for
// what is neither, and nothing if nothing went wrong.
func (e Event) CodeClass() string {
	const state, ours = len("23505"), len("PGRST205")
	switch {
	case e.Code == "":
		return ""
	case strings.HasPrefix(e.Code, "PGRST") && len(e.Code) <= ours:
		return e.Code
	case len(e.Code) == state && strings.Trim(e.Code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "":
		return e.Code[:2] + "xxx"
	}
	return "other"
}

// maxSQL is how much of a statement hosts are told, to whom it is a label of traces and a
// part of logs.
const maxSQL = 16 << 10

// observed is what is kept of an exchange for nothing but its Event.
type observed struct {
	traced  bool   // TraceRequestStart has returned
	planned bool   // the schema has what the request is about
	rows    int64  // that the main statement gave or wrote
	code    string // of what went wrong
}

// observe tells the host of the exchange.
func (x *exchange) observe() {
	e := x.event()
	if x.options.Observe != nil {
		guard(x.options.Logger, "Observe", func() { x.options.Observe(x.r.Context(), e) })
	}
	if x.observed.traced {
		guard(x.options.Logger, "TraceRequestEnd", func() { x.options.Tracer.TraceRequestEnd(x.r.Context(), e) })
	}
}

// event is what the host is told of the exchange.
func (x *exchange) event() Event {
	e := Event{
		Method: apierror.Cut(x.r.Method), Resource: x.resource(), Role: x.identity.Role,
		Status: x.w.status, Bytes: x.w.bytes, Aborted: x.aborted, Duration: x.clock.end(), Stages: x.clock.laps,
		Rows: x.observed.rows, Code: x.observed.code, Err: newError(x.failure), ClientCaused: x.clientCaused(),
	}
	if x.observed.planned {
		e.Schema, e.Name = x.request.Schema, x.request.Name
	}
	if !e.Aborted {
		e.Status = cmp.Or(e.Status, http.StatusOK) // net/http makes that of none
	}
	if x.r.Method == http.MethodHead {
		e.Bytes = 0 // whatever was written, net/http sends no body
	}
	if server := x.w.route.On(); server != nil {
		e.Server = server.Name
	}
	if x.batch != nil {
		e.Batch = x.batch.events()
		return e
	}
	if x.program != nil {
		e.SQL = apierror.CutTo(x.program.Main.SQL, maxSQL)
		e.Shape = x.program.Shape
	}
	return e
}

// clientCaused reports a response whose status speaks of the server, though what the client
// asked for caused it.
func (x *exchange) clientCaused() bool {
	return x.failure != nil && !x.aborted && x.failure.Status >= http.StatusInternalServerError && !x.failure.ServerFault()
}

func (x *exchange) resource() Resource {
	if x.request == nil {
		return ResourceUnknown
	}
	return x.request.Resource
}
