package pgrest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/batch"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/response"
)

// batched is a batch: requests that are run in order, in one transaction.
type batched struct {
	*exchange
	requests []batch.Request
	latest   []int           // for each, the last one that it refers to; -1 for none
	wanted   map[string]bool // the names of those that others refer to
	// forgotten reports a try in which a function took prepared statements away: those of the
	// requests behind it, too, which are sent before it runs.
	forgotten bool

	// What follows is of one try.
	items   []*item
	at      int // the request that is under way; -1 for none
	answers batch.Answers
	held    int   // how many bytes they have
	spent   int64 // how many bytes the bodies have that references lead into
	body    *response.Batch
	tx      *executor.Tx // nil before the first request that runs
	session executor.Session
	last    *item // the one that was prepared last, for what its error says of the schema
}

// item is a request of a batch, while it is tried.
type item struct {
	exchange
	decided *apirequest.Request // with what Options.Decide has added
	hooks   *hooked             // nil if no hooks take part
	info    *plan.Info          // of a request that doesn't run; nil for others
}

// readBatch reads the request as a batch.
func (x *exchange) readBatch() error {
	request, body, err := apirequest.ParseBatch(x.r, x.requests)
	if err != nil {
		return err
	}
	x.request = request
	requests, err := batch.Parse(body, max(0, x.options.Limits.batchRequests()))
	if err != nil {
		return err
	}
	b := &batched{exchange: x, requests: requests, latest: make([]int, len(requests)), wanted: map[string]bool{}}
	places := make(map[string]int, len(requests))
	for i := range requests {
		b.latest[i] = -1
		for reference := range requests[i].References {
			b.wanted[reference.Name] = true
			b.latest[i] = max(b.latest[i], places[reference.Name])
		}
		places[requests[i].Name] = i
	}
	x.batch = b
	return nil
}

// located says of which request of the batch an error is.
func (b *batched) located(e *apierror.Error) *apierror.Error {
	if b.at < 0 || b.at >= len(b.requests) {
		return e
	}
	return e.InBatch(b.at, b.requests[b.at].Name)
}

// failing gives the request of the batch that has failed, as one of its own, or the batch's if it
// is none of them.
func (b *batched) failing(whole *http.Request) *http.Request {
	if b.at < 0 || b.at >= len(b.items) || b.items[b.at] == nil {
		return whole
	}
	return b.items[b.at].r
}

// prepare makes a request ready to be run, as far as that needs no database.
func (b *batched) prepare(schema *snapshot, i int) error {
	b.at = i
	request := &b.requests[i]
	limits := &b.exchange.requests.Limits
	resolved, err := request.Resolve(b.answers, batch.Limits{QueryBytes: limits.URLBytes, BodyBytes: limits.BodyBytes, SpentBytes: b.spent})
	if err != nil {
		return err
	}
	if request.Refers() {
		b.spent += int64(len(resolved.Body))
	}
	it := &item{exchange: exchange{
		Handler: b.Handler, executor: b.executor, r: b.httpRequest(request, resolved.Query, resolved.Body),
		config: b.config, identity: b.identity, outdated: b.outdated, within: b,
	}}
	it.config.Timing, it.config.Broken = nil, b.options.broken
	b.items[i], b.last = it, it
	if err := it.parse(resolved, b); err != nil {
		return err
	}
	p, program, err := it.build(schema)
	if err != nil {
		return err
	}
	it.observed.planned = true
	switch p := p.(type) {
	case *plan.Info:
		it.info = p
		return nil
	case *plan.Inspect:
		return apierror.NotInBatch("A batch can't ask for the description of the API")
	}
	return it.plan(schema, p.(plan.Runnable), program)
}

// parse reads the request, in which the batch's path and preferences hold.
func (it *item) parse(resolved *batch.Resolved, b *batched) (err error) {
	config := it.requests
	config.BasePath, config.RootDisabled, config.Bind = "", false, resolved.Bind
	if apirequest.IsBatch(it.r, config) {
		return apierror.NotInBatch("A batch has no batches in it")
	}
	if it.request, err = apirequest.Parse(it.r, config); err != nil {
		return it.asWritten(err, resolved, config)
	}
	it.request.Mount, it.request.PlansRefused = b.request.Mount, it.refusesPlans()
	if it.request.Preferences.Tx != "" {
		return apierror.NotInBatch("Prefer: tx is for a batch as a whole, and not for a request of it")
	}
	return nil
}

// asWritten gives the error of a request that can't be read in the words that its client has
// used.
func (it *item) asWritten(err error, resolved *batch.Resolved, config apirequest.Config) error {
	var parse *filter.ParseError
	if resolved.Bind != nil && errors.As(err, &parse) {
		config.Bind = nil
		r := *it.r
		r.URL = &url.URL{Path: it.r.URL.Path, RawPath: it.r.URL.RawPath, RawQuery: resolved.Written}
		r.Body = io.NopCloser(bytes.NewReader(resolved.Body))
		if _, written := apirequest.Parse(&r, config); written != nil {
			return written
		}
	}
	if it.within.tx != nil { // which has the connection
		return err
	}
	return it.withUsable(err)
}

// plan asks the host about what was planned.
func (it *item) plan(schema *snapshot, p plan.Runnable, program *query.Program) (err error) {
	if a := p.Answered(); a.Explain != nil && !a.ReadOnly && slices.Contains(a.Explain.Options, "analyze") {
		return apierror.NotInBatch("A batch can't analyze the execution plan of what writes, for that is rolled back")
	}
	it.planned, it.program, it.decided = p, program, it.request
	if it.options.Decide != nil {
		if it.planned, it.program, it.decided, err = it.asDecided(schema, p, program); err != nil {
			return err
		}
	}
	if err := it.checkCost(schema, it.planned, it.program, &it.decided.Values); err != nil {
		return err
	}
	if _, err := it.key(it.planned); err != nil { // which a batch has none of
		return err
	}
	if len(it.options.Hooks) > 0 {
		if it.hooks = it.hooked(it.planned, it.decided, nil); it.hooks != nil {
			it.program, err = it.hooks.compiled(schema)
			it.planned = it.hooks.plan
		}
	}
	return err
}

// httpRequest is a request of the batch as one of its own. Its headers are those of the batch,
// as far as they aren't about the batch's body, and those that it may have itself.
func (b *batched) httpRequest(request *batch.Request, rawQuery string, body []byte) *http.Request {
	r := b.r.WithContext(b.r.Context())
	r.Method, r.RequestURI = request.Method, ""
	path, err := url.PathUnescape(request.Path)
	if err != nil {
		path = request.Path // which is no name, then
	}
	r.URL = &url.URL{Path: path, RawPath: request.Path, RawQuery: rawQuery}
	r.Header = b.r.Header.Clone()
	for _, name := range batch.OwnHeaders() {
		delete(r.Header, name)
	}
	for name, values := range request.Header {
		r.Header[name] = values
	}
	r.Body, r.ContentLength, r.TransferEncoding, r.Form, r.PostForm = http.NoBody, 0, nil, nil, nil
	if body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return r
}
