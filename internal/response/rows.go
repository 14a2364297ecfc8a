package response

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// DefaultThreshold is how much of a body is held back by default.
const DefaultThreshold = 1 << 20

// chunk is how much of a streamed body is collected before it is written.
const chunk = 32 << 10

// Rows writes the answer to a read while its rows arrive. As long as it returns
// an error, nothing has been written. When the rows fail after a part of the
// body has gone out, it panics with http.ErrAbortHandler, the way of net/http
// to break the connection off, so that the client can't take the part for the whole.
func Rows(w http.ResponseWriter, req *apirequest.Request, p *plan.Read, columns []query.Column, result *executor.Result, c Config) error {
	total := p.Total(result.Counted, result.Planned)
	if total != nil && req.Range.Offset > *total {
		return apierror.OffsetBeyond(req.Range.Offset, *total)
	}
	if p.HeadersOnly {
		return headersOnly(w, req, p, result, total, c)
	}
	body := buffers.Get().(*[]byte)
	defer func() { // a buffer that grew for a huge row is not kept
		if cap(*body) <= 2*DefaultThreshold {
			buffers.Put(body)
		}
	}()
	b := &rows{w: w, req: req, plan: p, result: result, total: total, config: c, body: (*body)[:0]}
	err := b.write(encoder(p, columns))
	*body = b.body
	return err
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

func encoder(p *plan.Read, columns []query.Column) encode.Encoder {
	switch p.Format {
	case plan.Object:
		return encode.NewObject(columns, p.Root.StripNulls)
	case plan.CSV:
		return encode.NewCSV(columns)
	case plan.GeoJSON:
		return encode.NewGeoJSON()
	default:
		return encode.NewArray(columns, p.Root.StripNulls)
	}
}

func headersOnly(w http.ResponseWriter, req *apirequest.Request, p *plan.Read, result *executor.Result, total *int64, c Config) error {
	if p.Singular() && result.Rows != 1 {
		return apierror.NotSingular(result.Rows)
	}
	overrides, err := parseOverrides(result.Overrides)
	if err != nil {
		return err
	}
	h := w.Header()
	readHeaders(h, req, p, c)
	h["Content-Range"] = []string{contentRange(req.Range.Offset, result.Rows, total)}
	w.WriteHeader(overrides.apply(h, readStatus(result.Rows, total)))
	return nil
}

// rows is the writing of one body.
type rows struct {
	w      http.ResponseWriter
	req    *apirequest.Request
	plan   *plan.Read
	result *executor.Result
	total  *int64
	config Config
	body   []byte // encoded, and not written yet
	sent   bool   // the headers are out
	none   bool   // the status allows for no body
}

func (b *rows) write(enc encode.Encoder) error {
	b.body = enc.Start(b.body)
	limit := b.config.Threshold
	for b.result.Next() {
		if b.plan.Singular() && b.result.Rows > 1 {
			continue // only how many there are is of interest
		}
		b.body = enc.Row(b.body, b.result.Values())
		if len(b.body) < limit || b.plan.Singular() {
			continue
		}
		if !b.sent {
			if err := b.stream(); err != nil {
				return err
			}
			limit = chunk
		}
		if b.none {
			return nil
		}
		b.flush()
	}
	if err := b.result.Err(); err != nil {
		if b.sent {
			panic(http.ErrAbortHandler)
		}
		return err
	}
	b.body = enc.End(b.body)
	if !b.sent {
		return b.whole()
	}
	b.flush()
	if b.trailer() {
		b.w.Header()[http.TrailerPrefix+"Content-Range"] = []string{contentRange(b.req.Range.Offset, b.result.Rows, b.total)}
	}
	return nil
}

// whole writes a body that was held back to its end.
func (b *rows) whole() error {
	if b.plan.Singular() && b.result.Rows != 1 {
		return apierror.NotSingular(b.result.Rows)
	}
	overrides, err := parseOverrides(b.result.Overrides)
	if err != nil {
		return err
	}
	h := b.w.Header()
	readHeaders(h, b.req, b.plan, b.config)
	h["Content-Range"] = []string{contentRange(b.req.Range.Offset, b.result.Rows, b.total)}
	h["Content-Length"] = []string{strconv.Itoa(len(b.body))}
	b.writeHeader(overrides.apply(h, readStatus(b.result.Rows, b.total)))
	if !b.none {
		_, _ = b.w.Write(b.body) // a client that went away is not our error
	}
	return nil
}

// writeHeader sends the status and the headers. The database may have chosen a
// status that has no body (RFC 9110, section 6.4.1).
func (b *rows) writeHeader(status int) {
	b.sent = true
	b.none = status == http.StatusNoContent || status == http.StatusNotModified
	if b.none {
		delete(b.w.Header(), "Content-Length")
		delete(b.w.Header(), "Trailer")
	}
	b.w.WriteHeader(status)
}

// stream writes the headers of a body that is too large to be held back. What
// the statement itself may yet set response.headers to comes too late.
func (b *rows) stream() error {
	overrides, err := parseOverrides(b.result.Overrides)
	if err != nil {
		return err
	}
	h := b.w.Header()
	readHeaders(h, b.req, b.plan, b.config)
	expected := b.expected()
	switch {
	case b.plan.Count == plan.CountExact:
		h["Content-Range"] = []string{contentRange(b.req.Range.Offset, expected, b.total)}
	case b.trailer():
		h["Trailer"] = []string{"Content-Range"}
	}
	b.writeHeader(overrides.apply(h, readStatus(expected, b.total)))
	return nil
}

// trailer reports that Content-Range waits for the last row: only an exact count
// tells beforehand where the page ends. net/http takes it for a trailer with
// HTTP/1.1 alone; with HTTP/2 it refuses, and logs that, and a client has to
// count the rows.
func (b *rows) trailer() bool { return b.plan.Count != plan.CountExact && b.req.ProtoMajor == 1 }

// expected is how many rows the page has if the total is right.
func (b *rows) expected() int64 {
	if b.total == nil {
		return 0
	}
	return min(b.plan.Root.Range.Limit, *b.total-b.req.Range.Offset)
}

// flush writes what was collected. A client that went away ends the request:
// nothing reads the rest.
func (b *rows) flush() {
	if _, err := b.w.Write(b.body); err != nil {
		panic(http.ErrAbortHandler)
	}
	b.body = b.body[:0]
}
