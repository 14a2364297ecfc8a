package pgrest

import (
	"cmp"
	"net/http"
	"time"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// Event is a request that has been answered, as Options.Observe is told of it. But for
// the texts of Err it has no URL and no values, so that its fields make good labels of
// metrics.
type Event struct {
	// Method is the request's method as it came.
	Method string
	// Resource is what the path names.
	Resource Resource
	// Role is the role that the request ran as; empty when none was found, for
	// want of a good token.
	Role string
	// SQL is the main statement that was made of the request, run or not, with $1 and
	// so on in the place of values; empty when there was none. Of one that is longer than
	// 16 KiB the middle is left out.
	SQL string
	// Status and Bytes are the response's, as far as it came: the status is 0 when
	// nothing did.
	Status int
	Bytes  int64
	// Err is why the request failed, nil if it didn't. A response that was broken off has
	// one too, unless that was the doing of its client, or the wish of the host's code.
	Err *Error
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
}

// maxSQL is how much of a statement hosts are told, to whom it is a label of traces and a
// part of logs.
const maxSQL = 16 << 10

// observe tells the host of the exchange.
func (x *exchange) observe() {
	e := Event{
		Method: apierror.Cut(x.r.Method), Resource: x.resource(), Role: x.identity.Role,
		Status: x.w.status, Bytes: x.w.bytes, Aborted: x.aborted, Duration: x.clock.end(), Stages: x.clock.laps,
		Err: newError(x.failure), ClientCaused: x.clientCaused(),
	}
	if !e.Aborted {
		e.Status = cmp.Or(e.Status, http.StatusOK) // net/http makes that of none
	}
	if x.r.Method == http.MethodHead {
		e.Bytes = 0 // whatever was written, net/http sends no body
	}
	if x.program != nil {
		e.SQL = apierror.CutTo(x.program.Main.SQL, maxSQL)
	}
	guard(x.options.Logger, "Observe", func() { x.options.Observe(x.r.Context(), e) })
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
