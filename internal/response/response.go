// Package response writes responses: status, headers and body.
//
// What a response says is in a file for each kind: read, write, call and explanation for
// the plans that run, of which kind.go chooses once, and document, options and error for
// all else. departure.go decides when the status goes out. How a response is written is
// the same for all plans: reading.go makes the body of the result, body.go holds it until
// it may go, and stream.go and client.go send it.
//
//	err := response.Result(w, req, p, result, config)
//	if err != nil { // nothing was written yet
//		response.Error(w, apierror.From(err, identity.Anonymous), config)
//	}
package response

import (
	"net/http"
	"time"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/spool"
)

// Config is what of the handler's options decides over responses.
type Config struct {
	// Threshold is the number of bytes of a body that are held back in memory.
	Threshold int
	// Store is where larger bodies wait.
	Store *spool.Store
	// WriteTimeout is how long the client may take for each piece of a large body; 0
	// is no bound.
	WriteTimeout time.Duration
	// MinimalErrors leaves details and hint out of errors.
	MinimalErrors bool
	// Problems writes errors as problem details of RFC 9457.
	Problems bool
	// Encoders make bodies of the host's own media types, by their names.
	Encoders map[string]Encoder
	// Broken is told why a response was broken off. It has to be set.
	Broken func(error)
	// Timing gives the value of the Server-Timing header when the headers are
	// written; nil for no such header.
	Timing func() string
	// Conditional has responses carry entity tags, and be held against those of requests.
	Conditional bool
	// Conclude, if set, is called when all rows have been read and are as they have to be,
	// before the status goes out, which waits for it. Its error is answered instead.
	Conclude func() error
	// Keeping, if not nil, has the response kept before it is sent.
	Keeping *Keeping
}

// DefaultThreshold is how much of a body is held back in memory by default.
const DefaultThreshold = 1 << 20

// Encoder makes an encoder for rows of these columns.
type Encoder = func(columns []query.Column) encode.Encoder

// Result writes the response of a plan that ran. As long as it returns an error, nothing
// has been written. When rows fail of which a part was sent, it panics with
// http.ErrAbortHandler, the way of net/http to break the connection off, so that the
// client can't take the part for the whole.
func Result(w http.ResponseWriter, req *apirequest.Request, p plan.Runnable, result *executor.Result, c Config) error {
	r := newResponse(w, req, p, result, c)
	defer r.body.close()
	err := r.send()
	if !r.client.gone { // else HTTP/2 may still read from the buffer
		r.body.recycle()
	}
	return err
}

// response is the response to a plan that ran, while it is written.
type response struct {
	kind      kind
	content   content
	departure departure
	req       *apirequest.Request
	plan      *plan.Answer
	result    *executor.Result
	config    Config
	location  string // the URL of the only row that was written; empty for none
	header    header
	version   []byte   // of the only row; nil for none
	room      [64]byte // for it
	edges     edges    // the order values of a page's first and last row
	links     string   // to other pages; empty for none
	body      body
	client    client
}

func newResponse(w http.ResponseWriter, req *apirequest.Request, p plan.Runnable, result *executor.Result, c Config) *response {
	k, a := kindOf(p), p.Answered()
	return &response{
		kind: k, content: k.content(), departure: c.departure(departureOf(k, a, req.Proto)),
		req: req, plan: a, result: result, config: c,
		client: client{w: w, timeout: c.WriteTimeout},
	}
}

// send writes the response. As long as it returns an error, nothing has been written.
func (r *response) send() error {
	if err := r.result.Err(); err != nil {
		return r.withOverrides(err)
	}
	sent, err := r.readResult()
	if err != nil || sent {
		return err
	}
	if err := r.result.Err(); err != nil {
		return r.withOverrides(err)
	}
	if r.links, err = r.pageLinks(); err != nil {
		return err
	}
	if r.config.Keeping != nil {
		return r.sendKept()
	}
	if r.config.Conclude != nil {
		if err := r.config.Conclude(); err != nil {
			return err
		}
	}
	return r.sendWhole()
}

// sendWhole sends a response whose end is known. The connection has been given back.
func (r *response) sendWhole() error {
	bodyFollows, err := r.writeHead(r.outcome())
	if err != nil || !bodyFollows {
		return err
	}
	if r.body.spool == nil {
		r.client.send(r.body.piece) // a client that goes away is not our error
		return nil
	}
	r.body.end()
	if err := r.sendSpool(); err != nil {
		r.breakOff(err)
	}
	return nil
}
