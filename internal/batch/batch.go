// Package batch reads batches: several requests to the API in one HTTP request, of which later
// ones may refer to what earlier ones were answered.
//
//	[
//	  {"name": "order", "method": "POST", "path": "/orders", "headers": {"Prefer": "return=representation"}, "body": {"customer": 7}},
//	  {"method": "POST", "path": "/lines", "body": [{"order_id": {"$ref": "order/0/id"}, "product": 3}]},
//	  {"method": "GET", "path": "/lines?order_id=eq.{order/0/id}"}
//	]
//
// What a reference leads to is a value and nothing else: in a body it is put where the
// reference stands, as JSON, and in a query string it takes the place of a whole value of a
// filter when that has been parsed, so that none of its characters can be a part of the
// grammar.
package batch

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/mediatype"
)

// Request is one request of a batch.
type Request struct {
	// Name is what later requests refer to it by; empty for none.
	Name   string
	Method string
	// Path is the escaped path, relative to the root of the API.
	Path   string
	Header http.Header

	query query
	body  body
}

// member is a request as the client writes it.
type member struct {
	Name     *string           `json:"name"`
	Method   string            `json:"method"`
	Path     string            `json:"path"`
	Headers  map[string]string `json:"headers"`
	Body     json.RawMessage   `json:"body"`
	Encoding string            `json:"encoding"`
}

// Parse reads a batch of at most so many requests; 0 is no limit. It refuses references to what
// isn't answered before. Its errors are *apierror.Error.
func Parse(text []byte, most int) ([]Request, error) {
	var members []json.RawMessage
	if !utf8.Valid(text) || json.Unmarshal(text, &members) != nil || members == nil {
		return nil, apierror.InvalidBody("A batch is a JSON array of requests")
	}
	switch {
	case len(members) == 0:
		return nil, apierror.InvalidBody("The batch has no requests")
	case most > 0 && len(members) > most:
		return nil, apierror.TooManyInBatch(most)
	}
	names := make(map[string]int, len(members)) // to their requests
	parsed := make([]member, len(members))
	for i, text := range members {
		m, err := parseMember(text)
		if err != nil {
			return nil, apierror.InvalidBody(err.Error()).InBatch(i, "")
		}
		if m.Name != nil {
			if _, taken := names[*m.Name]; taken {
				return nil, apierror.InvalidBody("Two requests have the name "+*m.Name).InBatch(i, *m.Name)
			}
			names[*m.Name] = i
		}
		parsed[i] = m
	}
	requests := make([]Request, len(members))
	for i := range parsed {
		var err error
		c := compiler{names: names, index: i}
		if requests[i], err = c.request(&parsed[i]); err != nil {
			return nil, apierror.InvalidBody(err.Error()).InBatch(i, requests[i].Name)
		}
	}
	return requests, nil
}

func parseMember(text []byte) (member, error) {
	var m member
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, errors.New("A request of a batch has the members name, method, path, headers, body and encoding: " + plain(err))
	}
	path, _, _ := strings.Cut(m.Path, "?")
	switch {
	case m.Method == "":
		return m, errors.New("A request of a batch needs a method")
	case !strings.HasPrefix(m.Path, "/"):
		return m, errors.New("The path of a request of a batch begins with a slash")
	case strings.ContainsFunc(m.Path, isControl):
		return m, errors.New("The path has control characters that are not percent-encoded")
	case strings.ContainsAny(path, "{}"):
		return m, errors.New("References stand in values of the query, not in the path before it")
	case m.Name != nil && !isName(*m.Name):
		return m, errors.New("The name of a request begins with a letter, and has letters, digits, _ and - in it")
	}
	return m, nil
}

// plain is what encoding/json says, without the names of Go's types.
func plain(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return "there is a " + wrong.Value + " in the place of " + wrong.Field
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// isName reports a text that requests may be called.
func isName(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case i > 0 && ('0' <= c && c <= '9' || c == '_' || c == '-'):
		default:
			return false
		}
	}
	return text != ""
}

// headers are those that a request of a batch may have. All others are the batch's: what a
// proxy or a policy relies on, such as who the client is, can't be told by the body.
var headers = []string{"Accept", "Accept-Profile", "Content-Profile", "Content-Type", "If-Match", "If-None-Match", "Prefer", "Range", "Range-Unit"}

// OwnHeaders are the names of the headers that a request doesn't take over from its batch,
// beside those that it may have itself: they are about the batch's body, and the connection.
func OwnHeaders() []string {
	return append([]string{"Content-Length", "Content-Encoding", "Expect", "If-Modified-Since",
		"If-Unmodified-Since", "If-Range", "Transfer-Encoding", "Connection", "Te", "Trailer", "Upgrade"}, headers...)
}

// compiler makes a request of what the client wrote.
type compiler struct {
	names map[string]int
	index int // of the request
}

func (c *compiler) request(m *member) (r Request, err error) {
	r = Request{Method: m.Method, Header: http.Header{}}
	if m.Name != nil {
		r.Name = *m.Name
	}
	for name, value := range m.Headers {
		canonical := http.CanonicalHeaderKey(name)
		if !slices.Contains(headers, canonical) {
			return r, fmt.Errorf("A request of a batch has no header %s: it may have %s", name, strings.Join(headers, ", "))
		}
		if _, twice := r.Header[canonical]; twice || strings.ContainsFunc(value, isControl) {
			return r, fmt.Errorf("The header %s is given twice, or has control characters", name)
		}
		r.Header[canonical] = []string{value}
	}
	path, rawQuery, _ := strings.Cut(m.Path, "?")
	r.Path = path
	if r.query, err = c.query(rawQuery); err != nil {
		return r, err
	}
	return r, c.readBody(&r, m)
}

// readBody reads the body: JSON, where the content's type is that, or else a text.
func (c *compiler) readBody(r *Request, m *member) (err error) {
	if m.Body == nil {
		return nil
	}
	media := mediatype.Parse(r.Header.Get("Content-Type")).Name
	name, _, _ := strings.Cut(media, ";")
	if media == "" || name == mediatype.JSON || strings.HasSuffix(name, "+json") {
		if m.Encoding != "" {
			return errors.New("A body of JSON has no encoding")
		}
		if r.Header.Get("Content-Type") == "" {
			r.Header.Set("Content-Type", mediatype.JSON)
		}
		r.body, err = c.body(m.Body)
		return err
	}
	var text string
	if json.Unmarshal(m.Body, &text) != nil {
		return fmt.Errorf("A body of %s is a string", name)
	}
	switch m.Encoding {
	case "":
		r.body = body{given: true, pieces: []piece{{text: []byte(text)}}}
		return nil
	case "base64":
		raw, err := base64.StdEncoding.DecodeString(text)
		r.body = body{given: true, pieces: []piece{{text: raw}}}
		if err != nil {
			return errors.New("The body isn't base64")
		}
		return nil
	}
	return errors.New("The encoding of a body can be base64, and nothing else")
}

// Refers reports whether the request refers to others.
func (r *Request) Refers() bool { return len(r.query.marks) > 0 || r.body.refers() }

// References yields the references of the request.
func (r *Request) References(yield func(Reference) bool) {
	for _, m := range r.query.marks {
		if !yield(m.to) {
			return
		}
	}
	for i := range r.body.pieces {
		if to := r.body.pieces[i].to; to != nil && !yield(*to) {
			return
		}
	}
}
