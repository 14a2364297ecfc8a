package response

import (
	"net/http"
	"slices"
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
const chunk = 64 << 10

// Answer writes the answer of a plan while its rows arrive. As long as it returns
// an error, nothing has been written. When the rows fail after a part of the
// body has gone out, it panics with http.ErrAbortHandler, the way of net/http
// to break the connection off, so that the client can't take the part for the whole.
func Answer(w http.ResponseWriter, req *apirequest.Request, p plan.Planned, result *executor.Result, c Config) error {
	a := p.Answered()
	total := a.Total(result.Counted, result.Planned)
	if total != nil && req.Range.Offset > *total {
		return apierror.OffsetBeyond(req.Range.Offset, *total)
	}
	body := buffers.Get().(*[]byte)
	defer func() { // a buffer that grew for a huge row is not kept
		if cap(*body) <= 2*DefaultThreshold {
			buffers.Put(body)
		}
	}()
	b := &answer{w: w, req: req, plan: p, Answer: a, result: result, total: total, config: c, body: (*body)[:0]}
	b.values = b.few[:0]
	err := b.write()
	*body = b.body
	return err
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// answer is the writing of one answer.
type answer struct {
	*plan.Answer
	w      http.ResponseWriter
	req    *apirequest.Request
	plan   plan.Planned
	result *executor.Result
	total  *int64
	config Config
	body   []byte // encoded, and not written yet
	sent   bool   // the headers are out
	none   bool   // there is no body with this status

	values []string  // of the headers that were set
	few    [8]string // room for those of most answers
}

func (b *answer) write() error {
	switch {
	case b.returnsKeys():
		return b.keys()
	case !b.hasBody(), b.HeadersOnly:
		for b.result.Next() { // to its end
		}
	case b.Explain != nil:
		b.lines()
	case b.Format == plan.Aggregated:
		b.body = append(b.body, b.result.Body...)
	case b.Format == plan.Raw:
		for b.result.Next() {
			b.body = append(b.body, b.result.Raw()...)
		}
	default:
		if err := b.rows(b.encoder()); err != nil || b.sent {
			return err
		}
	}
	if err := b.result.Err(); err != nil {
		return err
	}
	return b.whole(nil)
}

func (b *answer) encoder() encode.Encoder {
	columns, strip := b.result.Columns, b.Root.StripNulls
	switch b.Format {
	case plan.Object:
		return encode.NewObject(columns, strip)
	case plan.Single:
		return encode.OrNull(encode.NewObject(columns, strip))
	case plan.CSV:
		return encode.NewCSV(columns)
	case plan.GeoJSON:
		return encode.NewGeoJSON()
	case plan.Scalars:
		return encode.NewScalars(columns[0], strip)
	case plan.Scalar:
		return encode.NewScalar(columns[0])
	case plan.Rows:
		return b.config.Encoders[b.Media.Name](columns)
	default:
		return encode.NewArray(columns, strip)
	}
}

// lines takes an execution plan: each row is a line.
func (b *answer) lines() {
	for b.result.Next() {
		b.body = append(b.body, b.result.Values()[0]...)
		b.body = append(b.body, '\n')
	}
}

// rows encodes rows, and streams the body when it grows large.
func (b *answer) rows(enc encode.Encoder) error {
	b.body = enc.Start(b.body)
	limit := b.config.Threshold
	single := b.Format == plan.Object || b.Format == plan.Single || b.Format == plan.Scalar
	streams := b.streams() && !single
	for b.result.Next() {
		if single && b.result.Rows > 1 {
			continue // only how many there are is of interest
		}
		b.reserve(limit)
		b.body = enc.Row(b.body, b.result.Values())
		if len(b.body) < limit || !streams {
			continue
		}
		if !b.sent {
			if err := b.stream(); err != nil {
				return err
			}
			limit = chunk
		}
		switch {
		case !b.none:
			b.flush()
		case b.ReadOnly:
			return nil
		default: // what is given up is not committed
			b.body = b.body[:0]
		}
	}
	if err := b.result.Err(); err != nil {
		if b.sent {
			b.config.Broken(err)
			panic(http.ErrAbortHandler)
		}
		return err
	}
	b.body = enc.End(b.body)
	if !b.sent || b.none {
		return nil
	}
	b.flush()
	if b.trailer() {
		b.w.Header()[http.TrailerPrefix+"Content-Range"] = []string{b.contentRange(b.result.Rows)}
	}
	return nil
}

// reserve makes room in few large steps, up to limit: append's many small ones
// would leave several times the body as garbage.
func (b *answer) reserve(limit int) {
	if size := cap(b.body); len(b.body) > size/2 && size < limit {
		b.body = slices.Grow(b.body, min(8*size, limit)-len(b.body)+chunk)
	}
}

// keys answers a write with the URL of the row that it made, if it made one.
func (b *answer) keys() error {
	var filters []string
	for b.result.Next() {
		if b.result.Rows > 1 {
			continue
		}
		for i, value := range b.result.Values() {
			filters = append(filters, keyFilter(b.result.Columns[i].Encoding, value))
		}
	}
	if err := b.result.Err(); err != nil {
		return err
	}
	if b.result.Rows != 1 {
		return b.whole(nil)
	}
	return b.whole(http.Header{"Location": {location(b.req, b.result.Columns, filters)}})
}

// whole writes an answer that was held back to its end.
func (b *answer) whole(more http.Header) error {
	if b.Expect.Singular && b.result.Rows != 1 {
		return apierror.NotSingular(b.result.Rows)
	}
	if _, calls := b.plan.(*plan.Call); calls && b.ReadOnly { // what writes was held against it before its commit
		if err := b.Expect.Check(b.result.Rows, nil); err != nil {
			return err
		}
	}
	overrides, err := b.overrides()
	if err != nil {
		return err
	}
	h := b.w.Header()
	b.setHeaders(h)
	for name, values := range more {
		h[name] = values
	}
	rows := b.pageRows()
	if value := b.contentRange(rows); value != "" {
		b.set(h, "Content-Range", value)
	}
	if !b.HeadersOnly {
		b.set(h, "Content-Length", strconv.Itoa(len(b.body)))
	}
	b.writeHeader(overrides, b.status(rows))
	if !b.none && !b.HeadersOnly {
		_, _ = b.w.Write(b.body) // a client that went away is not our error
	}
	return nil
}

// overrides are the database's wishes for the answer. A plan is not the answer
// that they are for.
func (b *answer) overrides() (overridden, error) {
	if b.Explain != nil {
		return overridden{}, nil
	}
	return parseOverrides(b.result.Overrides)
}

// writeHeader sends the status and the headers. The status, which the database
// may have chosen, may have no body (RFC 9110, section 6.4.1).
func (b *answer) writeHeader(o overridden, status int) {
	h := b.w.Header()
	status = b.override(h, o, status)
	b.addRemarks(h, status)
	b.sent = true
	b.none = status == http.StatusNoContent || status == http.StatusNotModified
	if b.none {
		delete(h, "Content-Length")
		delete(h, "Trailer")
	}
	b.w.WriteHeader(status)
}

// stream writes the headers of a body that is too large to be held back. What
// the statement may set response.headers to beyond its first row comes too late.
func (b *answer) stream() error {
	overrides, err := b.overrides()
	if err != nil {
		return err
	}
	h := b.w.Header()
	b.setHeaders(h)
	expected := b.expected()
	switch {
	case b.exact():
		h["Content-Range"] = []string{b.contentRange(expected)}
	case b.trailer():
		h["Trailer"] = []string{"Content-Range"}
	}
	b.writeHeader(overrides, b.status(expected))
	return nil
}

// exact reports that the number of rows is known before they have come.
func (b *answer) exact() bool {
	_, writes := b.plan.(*plan.Mutate)
	return b.Count == plan.CountExact && !writes
}

// trailer reports that Content-Range waits for the last row: only an exact count
// tells beforehand where the page ends. net/http takes it for a trailer with
// HTTP/1.1 alone; with HTTP/2 it refuses, and logs that, and a client has to
// count the rows.
func (b *answer) trailer() bool { return !b.exact() && b.req.ProtoMajor == 1 }

// expected is how many rows the page has if the total is right.
func (b *answer) expected() int64 {
	if b.total == nil {
		return 0
	}
	return b.Root.Range.Of(*b.total)
}

// flush writes what was collected. A client that went away ends the request:
// nothing reads the rest.
func (b *answer) flush() {
	if _, err := b.w.Write(b.body); err != nil {
		panic(http.ErrAbortHandler)
	}
	b.body = b.body[:0]
}

// Encoder makes an encoder for rows of these columns.
type Encoder = func(columns []query.Column) encode.Encoder
