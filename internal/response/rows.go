package response

import (
	"bytes"
	"errors"
	"maps"
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
	"github.com/pgrest-go/pgrest/internal/spool"
)

// DefaultThreshold is how much of a body is held back in memory by default.
const DefaultThreshold = 1 << 20

// Answer writes the answer of a plan. As long as it returns an error, nothing has been
// written. Rows that only read go out while they arrive, once the body is large; when
// they fail then, it panics with http.ErrAbortHandler, the way of net/http to break the
// connection off, so that the client can't take the part for the whole. All else waits
// for the end: of a transaction that writes for its commit.
func Answer(w http.ResponseWriter, req *apirequest.Request, p plan.Planned, result *executor.Result, c Config) error {
	a := p.Answered()
	body := buffers.Get().(*[]byte)
	b := &answer{w: w, req: req, plan: p, Answer: a, result: result, total: a.Total(result.Counted, result.Planned),
		config: c, body: (*body)[:0]}
	b.values = b.few[:0]
	defer b.close()
	err := b.write()
	// A buffer that grew for a huge row isn't kept, nor one that HTTP/2 may still read from
	// for a client that is gone.
	if cap(b.body) <= 2*DefaultThreshold && !b.gone {
		*body = b.body
		buffers.Put(body)
	}
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
	body   []byte       // the beginning of the body, encoded
	rest   *spool.Spool // what follows it, of a large one; else nil
	piece  []byte       // what follows that
	none   bool         // there is no body with this status
	gone   bool         // the client doesn't take the body

	patient bool // the host's writer has no deadlines

	values []string  // of the headers that were set
	few    [8]string // room for those of most answers
}

func (b *answer) close() {
	if b.rest != nil {
		b.rest.Close()
	}
}

func (b *answer) write() error {
	err, beyond := b.result.Err(), b.total != nil && b.req.Range.Offset > *b.total
	switch {
	case err != nil && !(b.ReadOnly && beyond): // a page that isn't there can't be as expected
		return b.withOverrides(err)
	case beyond:
		return b.withOverrides(apierror.OffsetBeyond(b.req.Range.Offset, *b.total))
	}
	switch {
	case b.returnsKeys():
		return b.keys()
	case !b.hasBody(), b.HeadersOnly:
		for b.result.Next() { // to its end
		}
	case b.Explain == nil && b.Format == plan.Aggregated:
		b.body = b.result.Body
	default:
		if sent, err := b.rows(b.encoder()); err != nil || sent {
			return err
		}
	}
	if err := b.result.Err(); err != nil {
		return b.withOverrides(err)
	}
	return b.whole(nil)
}

// withOverrides adds what the database wants the answer to say to the error of a page
// that isn't there, which is an answer to a statement that ran.
func (b *answer) withOverrides(err error) error {
	var e *apierror.Error
	if !errors.As(err, &e) || e.Status != http.StatusRequestedRangeNotSatisfiable {
		return err
	}
	wishes, failed := b.overrides()
	if failed != nil {
		return failed
	}
	told := *e
	told.Header = maps.Clone(e.Header)
	maps.Copy(told.Header, wishes.header)
	if wishes.status != 0 {
		told.Status = wishes.status
	}
	return &told
}

func (b *answer) encoder() encode.Encoder {
	columns, strip := b.result.Columns, b.Root.StripNulls
	if b.Explain != nil {
		return encode.NewLines()
	}
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
	case plan.Raw:
		return raw{b.result}
	default:
		return encode.NewArray(columns, strip)
	}
}

// raw encodes values as they are.
type raw struct{ result *executor.Result }

func (r raw) Start(dst []byte) []byte { return dst }

func (r raw) Row(dst []byte, _ [][]byte) []byte { return append(dst, r.result.Raw()...) }

func (r raw) End(dst []byte) []byte { return dst }

// rows encodes rows. A body that grows large is sent while it grows, which rows
// reports, or goes on in a spool.
func (b *answer) rows(enc encode.Encoder) (sent bool, err error) {
	b.body = enc.Start(b.body)
	for b.result.Next() {
		if b.tooMany() {
			if err := b.passOver(); err != nil {
				return false, err
			}
			continue
		}
		b.reserve(b.config.Threshold)
		b.body = enc.Row(b.body, b.result.Values())
		if len(b.body) >= b.config.Threshold && !b.single() {
			return b.large(enc)
		}
	}
	if b.result.Err() == nil {
		b.body = enc.End(b.body)
	}
	return false, nil
}

// single reports a body of one row.
func (b *answer) single() bool {
	return b.Explain == nil && (b.Format == plan.Object || b.Format == plan.Single || b.Format == plan.Scalar)
}

// tooMany reports a row that makes the answer an error, or of which only the number is
// of interest.
func (b *answer) tooMany() bool {
	return b.single() && b.result.Rows > 1 || b.Expect.MaxAffected >= 0 && b.result.Rows > b.Expect.MaxAffected
}

// maxPassedOver is how many rows too many are counted, for the error to tell their number.
const maxPassedOver = 10_000

// passOver drops the body that rows too many made pointless, and gives up when there
// are far too many of them.
func (b *answer) passOver() error {
	if b.Expect.Check(b.result.Rows, nil) != nil {
		b.close()
		b.body = b.body[:0]
	}
	err := b.Expect.FarExceeded(b.result.Rows, maxPassedOver)
	if err != nil {
		b.result.Close()
	}
	return err
}

// reserve makes room in few large steps, up to limit: append's many small ones
// would leave several times the body as garbage.
func (b *answer) reserve(limit int) {
	if size := cap(b.body); len(b.body) > size/2 && size < limit {
		b.body = slices.Grow(b.body, min(8*size, limit)-len(b.body)+spool.Piece)
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
			filters = append(filters, keyFilter(b.result.Columns[i].Encoding, bytes.Clone(value)))
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

// whole writes an answer that waited for its end.
func (b *answer) whole(more http.Header) error {
	overrides, err := b.overrides()
	if err != nil {
		return err
	}
	b.raiseTotal()
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
		b.set(h, "Content-Length", strconv.FormatInt(b.length(), 10))
	}
	b.writeHeader(overrides, b.status(rows))
	if !b.none && !b.HeadersOnly {
		b.sendHeld()
	}
	return nil
}

// raiseTotal has an estimate tell of no fewer rows than there are up to the page's end:
// a range has to lie within its whole (RFC 9110, section 14.4).
func (b *answer) raiseTotal() {
	if end := b.req.Range.Offset + b.result.Rows; b.total != nil && b.result.Rows > 0 && end > *b.total {
		b.total = &end
	}
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
	b.none = status == http.StatusNoContent || status == http.StatusNotModified
	if b.none {
		delete(h, "Content-Length")
		delete(h, "Trailer")
	}
	b.w.WriteHeader(status)
}

// Encoder makes an encoder for rows of these columns.
type Encoder = func(columns []query.Column) encode.Encoder
