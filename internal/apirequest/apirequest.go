// Package apirequest reads an HTTP request as a request to the API: which
// resource, what to do with it, in which schema, and how to respond. Nothing is
// resolved here: names are as the client wrote them.
//
//	req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"api"}})
//	if err == nil && req.Action == apirequest.Read {
//		fmt.Println(req.Schema, req.Name, req.Select)
//	}
package apirequest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Config is what of the handler's options decides over the reading of a request.
type Config struct {
	// Schemas are the exposed schemas, the default one first.
	Schemas []string
	// SchemasHidden keeps the list of them from clients that name another one.
	SchemasHidden bool
	// BasePath, which is not escaped, is cut off the path; empty when the host's
	// router did so.
	BasePath string
	// RootDisabled has no resource at the root, and RootSpec, if it is not empty, a
	// function in place of the description of the API.
	RootDisabled bool
	RootSpec     string
	// TxOverride lets the client choose between commit and rollback.
	TxOverride bool
	// NoUpserts reads upserts as PostgREST does: without update, constraints by their names,
	// and rows that differ in their keys.
	NoUpserts bool
	// NoGrouping leaves out distinct, having, orders by aggregates, and count(distinct).
	NoGrouping bool
	// NoKeysets reads pages as PostgREST does: by limit and offset alone.
	NoKeysets bool
	// NoBulkUpdates refuses a body of rows to update.
	NoBulkUpdates bool
	// NoConditions pays no attention to If-Match and If-None-Match, as PostgREST does.
	NoConditions bool
	// NoFilters reads filters and orders as PostgREST does.
	NoFilters bool
	// Operators takes operators of the host's in filters, orders and select.
	Operators bool
	// NoBatches has no batches at the root.
	NoBatches bool
	// NoNested refuses a body of rows to insert that have others within them.
	NoNested bool
	Limits   Limits
	// Bind, if it isn't nil, puts values into a query that has been parsed, before anything
	// else is made of it.
	Bind func(*filter.Query) error
}

// Limits bounds requests. A field that is 0 bounds nothing.
type Limits struct {
	// Query bounds what the query string asks for.
	Query filter.Limits
	// URLBytes bounds the query string, and the path.
	URLBytes int
	// BodyBytes bounds the body, and the JSON that is made of one of CSV.
	BodyBytes int64
	// BodyColumns bounds the distinct names in the body.
	BodyColumns int
	// FormValues bounds the arguments in a form for a function.
	FormValues int
	// HeaderValues bounds the elements of Accept and of Prefer.
	HeaderValues int
}

// Proto is a version of HTTP, as far as responses depend on it.
type Proto uint8

// The versions. Later ones than HTTP/1.1 have frames of their own.
const (
	HTTP11 Proto = iota
	HTTP10
	HTTP2
)

func protoOf(r *http.Request) Proto {
	switch {
	case r.ProtoMajor > 1:
		return HTTP2
	case !r.ProtoAtLeast(1, 1):
		return HTTP10
	}
	return HTTP11
}

// Request is a request to the API: its shape, its values, and what only the response
// depends on.
type Request struct {
	Shape
	Values value.Values
	// Negotiated reports that the response names the schema in a Content-Profile header:
	// there are several.
	Negotiated bool
	// Path is that of the HTTP request, escaped and relative to the API's root.
	Path string
	// Proto is the version of HTTP.
	Proto Proto
	// Mount is what precedes Path in the URL that the client sees.
	Mount string
	// RawQuery is what the query was read from: the query string and, with QueryContent,
	// the body.
	RawQuery string
	// LongQuery is a query that can't be a query string.
	LongQuery   bool
	Preferences Preferences
	// Conditions are those of the request's headers.
	Conditions Conditions

	nested *nested // of a body of rows within rows; nil for others
}

// Parse reads r. Its errors are *apierror.Error and *filter.ParseError.
func Parse(r *http.Request, c Config) (*Request, error) {
	escaped := r.URL.EscapedPath()
	if err := c.Limits.check(r, escaped); err != nil {
		return nil, err
	}
	path, ok := cutBase(rooted(escaped), c.BasePath)
	if !ok {
		return nil, apierror.InvalidPath()
	}
	req := &Request{
		Shape: Shape{Accept: mediatype.ParseAccept(r.Header["Accept"]...)},
		Path:  path, RawQuery: r.URL.RawQuery, Proto: protoOf(r), Mount: mount(r, escaped, path),
		Preferences: parsePreferences(r.Header["Prefer"], c),
	}
	if err := req.resource(path, c); err != nil {
		return nil, err
	}
	if err := req.schema(r, c); err != nil {
		return nil, err
	}
	var err error
	if req.Operation, err = operationOf(req.Resource, r.Method); err != nil {
		return nil, err
	}
	if err := req.readQuery(r, c.Limits); err != nil {
		return nil, err
	}
	isNested := forNested(req, r, c)
	query, err := filter.Parse(req.RawQuery, filter.Options{
		Nested:    isNested,
		Arguments: req.Operation.Arguments, Limits: c.Limits.Query,
		Grouping: !c.NoGrouping, Filters: !c.NoFilters, Operators: c.Operators,
		Update: !c.NoUpserts && req.Action == Create && req.Preferences.Resolution == MergeDuplicates,
		Pages:  !c.NoKeysets && req.Action == Read,
	})
	if err != nil {
		return nil, err
	}
	if c.NoUpserts && req.Action != Update { // one of many rows has constraints besides
		query.OnConstraint = ""
	}
	if c.Bind != nil {
		if err := c.Bind(query); err != nil {
			return nil, err
		}
		if req.RawQuery, err = query.Encode(); err != nil {
			return nil, apierror.Internal(err)
		}
	}
	header := ""
	if req.Ranged {
		header = r.Header.Get("Range")
	}
	window, err := rootWindow(header, query.Page())
	if err != nil {
		return nil, err
	}
	if req.Action == Upsert && !window.IsWhole() {
		return nil, apierror.PutPage()
	}
	if err := req.readKeyset(query, window); err != nil {
		return nil, err
	}
	if isNested {
		req.nested = &nested{columns: query.Columns, within: query.NestedColumns, limits: c.Limits}
	}
	payload, err := req.readPayload(r, query.Columns, c)
	if err != nil {
		return nil, err
	}
	req.separate(query, payload, window)
	if !c.NoConditions {
		req.readConditions(r.Header)
	}
	return req, nil
}

// check refuses a request that is too long, before anything else looks at it.
func (l Limits) check(r *http.Request, path string) error {
	elements := func(header string) int {
		n := 0
		for _, value := range r.Header[header] {
			n += strings.Count(value, ",") + 1
		}
		return n
	}
	switch {
	case l.URLBytes > 0 && len(r.URL.RawQuery) > l.URLBytes:
		return apierror.URLTooLong("query string", l.URLBytes)
	case l.URLBytes > 0 && len(path) > l.URLBytes:
		return apierror.URLTooLong("path", l.URLBytes)
	case l.HeaderValues > 0 && elements("Accept") > l.HeaderValues:
		return apierror.TooManyMediaTypes(l.HeaderValues)
	case l.HeaderValues > 0 && elements("Prefer") > l.HeaderValues:
		return apierror.TooManyPreferences(l.HeaderValues)
	}
	return nil
}

// readPayload reads the body of an operation that has a payload, nil for others. The
// columns are those of the query string's parameter of that name.
func (req *Request) readPayload(r *http.Request, columns []string, c Config) (*Payload, error) {
	if req.Content != PayloadContent {
		return nil, nil
	}
	body, err := readBody(r, c.Limits.BodyBytes)
	if err != nil {
		return nil, err
	}
	of := payloadOf{
		resource: req.Resource, action: req.Action, columns: columns,
		sparse: !c.NoUpserts && req.Action == Create && req.Preferences.Missing == "default",
		bulk:   !c.NoBulkUpdates && req.Resource == Relation && req.Action == Update,
		nested: req.nested != nil,
	}
	return parsePayload(body, r.Header.Get("Content-Type"), of, c.Limits)
}

// trustedLength is how much memory is made ready for a body before any of it has
// come. Whoever announces more may send nothing.
const trustedLength = 1 << 20

// readBody reads the whole body into memory, of its own size if that was announced. Of
// one that has more bytes than there may be, 0 being no limit, it reads no more than that.
func readBody(r *http.Request, most int64) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	if most > 0 && r.ContentLength > most {
		return nil, apierror.BodyTooLarge(most)
	}
	size := r.ContentLength
	if size < 0 {
		size = bytes.MinRead
	}
	body := make([]byte, 0, min(size, trustedLength)+1) // one more, to see its end
	for {
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case most > 0 && int64(len(body)) > most:
			return nil, apierror.BodyTooLarge(most)
		case err == io.EOF:
			return body, nil
		case err != nil:
			return nil, apierror.UnreadableBody(err)
		case len(body) == cap(body):
			body = slices.Grow(body, bodyGrowth(len(body), r.ContentLength))
		}
	}
}

// bodyGrowth is how much more memory a body gets of which so much has come: as much
// again, or all that was announced if that is not out of proportion.
func bodyGrowth(come int, announced int64) int {
	if missing := announced + 1 - int64(come); missing > 0 {
		return int(min(missing, 7*int64(come)))
	}
	return come
}

// AtRoot reports a request for the description of the API at its root, whatever answers
// there. Nothing does where the root is disabled.
func AtRoot(r *http.Request, c Config) bool {
	if o, err := operationOf(Root, r.Method); c.RootDisabled || err != nil || o.Action != Describe {
		return false
	}
	path, ok := cutBase(rooted(r.URL.EscapedPath()), c.BasePath)
	return ok && path == "/"
}

// rooted gives a path the slash in front that a router may have stripped.
func rooted(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return "/" + path
}

// cutBase cuts base, which is not escaped, off an escaped path at the border of
// a segment.
func cutBase(path, base string) (string, bool) {
	base = strings.TrimSuffix(base, "/")
	end := 0
	for range strings.Count(base, "/") {
		if end == len(path) {
			return "", false
		}
		end++ // the slash
		if n := strings.IndexByte(path[end:], '/'); n >= 0 {
			end += n
		} else {
			end = len(path)
		}
	}
	if cut, err := url.PathUnescape(path[:end]); err != nil || cut != base {
		return "", false
	}
	if end == len(path) {
		return "/", true
	}
	return path[end:], true
}

// mount finds what the client's URL has before the API's path: the base path,
// and what a router stripped before the handler was called, which only the
// request line still tells.
func mount(r *http.Request, escaped, path string) string {
	full, _, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(full, "/") || !strings.HasSuffix(full, escaped) {
		full = escaped
	}
	return strings.TrimSuffix(strings.TrimSuffix(full, path), "/")
}

func (req *Request) resource(path string, c Config) error {
	path = strings.TrimPrefix(path, "/")
	if path == "" {
		switch {
		case c.RootDisabled:
			return apierror.RootDisabled()
		case c.RootSpec != "":
			req.Resource, req.Name = Routine, c.RootSpec
		default:
			req.Resource = Root
		}
		return nil
	}
	req.Resource = Relation
	if name, ok := strings.CutPrefix(path, "rpc/"); ok {
		req.Resource, path = Routine, name
	}
	if strings.Contains(path, "/") {
		return apierror.InvalidPath()
	}
	name, err := url.PathUnescape(path)
	if err != nil {
		return apierror.InvalidPath()
	}
	req.Name = name
	return nil
}

// schema picks the schema by the profile header that fits the method. See
// https://docs.postgrest.org/en/stable/references/api/schemas.html#multiple-schemas.
func (req *Request) schema(r *http.Request, c Config) error {
	exposed := c.Schemas
	req.Schema, req.Negotiated = exposed[0], len(exposed) > 1
	profile := r.Header[profileOf(r.Method)]
	if len(profile) == 0 {
		return nil
	}
	switch {
	case slices.Contains(exposed, profile[0]):
	case c.SchemasHidden:
		return apierror.SchemaNotExposed(profile[0], nil)
	default:
		return apierror.SchemaNotExposed(profile[0], exposed)
	}
	req.Schema, req.Negotiated = profile[0], true
	return nil
}
