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
	name     *string
	method   string
	path     string
	headers  map[string]string
	body     json.RawMessage
	encoding string
}

// Parse reads a batch of at most so many requests; 0 is no limit. It refuses references to what
// isn't answered before. Its errors are *apierror.Error.
func Parse(text []byte, most int) ([]Request, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if !utf8.Valid(text) || !json.Valid(text) || !opens(d, '[') {
		return nil, apierror.InvalidBody("A batch is a JSON array of requests")
	}
	var parsed []member
	names := map[string]int{} // to their requests
	for i := 0; d.More(); i++ {
		if most > 0 && i == most {
			return nil, apierror.TooManyInBatch(most)
		}
		m, err := parseMember(d)
		if err != nil {
			return nil, apierror.InvalidBody(err.Error()).InBatch(i, "")
		}
		if m.name != nil {
			if _, taken := names[*m.name]; taken {
				return nil, apierror.InvalidBody("Two requests have the name "+*m.name).InBatch(i, *m.name)
			}
			names[*m.name] = i
		}
		parsed = append(parsed, m)
	}
	if len(parsed) == 0 {
		return nil, apierror.InvalidBody("The batch has no requests")
	}
	requests := make([]Request, len(parsed))
	for i := range parsed {
		var err error
		c := compiler{names: names, index: i}
		if requests[i], err = c.request(&parsed[i]); err != nil {
			return nil, apierror.InvalidBody(err.Error()).InBatch(i, requests[i].Name)
		}
	}
	return requests, nil
}

// opens reports whether an array or an object follows, and reads its bracket. The JSON is valid.
func opens(d *json.Decoder, bracket json.Delim) bool {
	token, err := d.Token()
	return err == nil && token == bracket
}

// eachMember reads an object of valid JSON. It calls value to read each of the members, and
// refuses one that is there twice: whoever looks at the batch before may take the other.
func eachMember(d *json.Decoder, value func(name string) error) error {
	if !opens(d, '{') {
		return errors.New("there is something else than an object")
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if seen[name] {
			return fmt.Errorf("the member %q is there twice", name)
		}
		seen[name] = true
		if err := value(name); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// parseMember reads a request.
func parseMember(d *json.Decoder) (m member, err error) {
	err = eachMember(d, func(name string) error {
		var value any
		switch name {
		case "name":
			value = &m.name
		case "method":
			value = &m.method
		case "path":
			value = &m.path
		case "headers":
			return m.readHeaders(d)
		case "body":
			value = &m.body
		case "encoding":
			value = &m.encoding
		default:
			return fmt.Errorf("unknown field %q", name)
		}
		if err := d.Decode(value); err != nil {
			return errors.New(plain(err, name))
		}
		return nil
	})
	if err != nil {
		return m, fmt.Errorf("A request of a batch has the members name, method, path, headers, body and encoding: %w", err)
	}
	path, _, _ := strings.Cut(m.path, "?")
	switch {
	case m.method == "":
		return m, errors.New("A request of a batch needs a method")
	case !strings.HasPrefix(m.path, "/"):
		return m, errors.New("The path of a request of a batch begins with a slash")
	case strings.ContainsFunc(m.path, isControl):
		return m, errors.New("The path has control characters that are not percent-encoded")
	case strings.ContainsAny(path, "{}"):
		return m, errors.New("References stand in values of the query, not in the path before it")
	case m.name != nil && !isName(*m.name):
		return m, errors.New("The name of a request begins with a letter, and has letters, digits, _ and - in it")
	}
	return m, nil
}

// readHeaders reads the member headers.
func (m *member) readHeaders(d *json.Decoder) error {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil || string(raw) == "null" {
		return err
	}
	d, m.headers = json.NewDecoder(bytes.NewReader(raw)), map[string]string{}
	err := eachMember(d, func(name string) error {
		var value string
		if err := d.Decode(&value); err != nil {
			return errors.New(plain(err, name))
		}
		m.headers[name] = value
		return nil
	})
	if err != nil {
		return fmt.Errorf("headers: %w", err)
	}
	return nil
}

// plain is what encoding/json says of a member, without the names of Go's types.
func plain(err error, name string) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return "there is a " + wrong.Value + " in the place of " + strings.TrimSuffix(name+"."+wrong.Field, ".")
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
	r = Request{Method: m.method, Header: http.Header{}}
	if m.name != nil {
		r.Name = *m.name
	}
	for name, value := range m.headers {
		canonical := http.CanonicalHeaderKey(name)
		if !slices.Contains(headers, canonical) {
			return r, fmt.Errorf("A request of a batch has no header %s: it may have %s", name, strings.Join(headers, ", "))
		}
		if _, twice := r.Header[canonical]; twice || strings.ContainsFunc(value, isControl) {
			return r, fmt.Errorf("The header %s is given twice, or has control characters", name)
		}
		r.Header[canonical] = []string{value}
	}
	path, rawQuery, _ := strings.Cut(m.path, "?")
	r.Path = path
	if r.query, err = c.query(rawQuery); err != nil {
		return r, err
	}
	return r, c.readBody(&r, m)
}

// readBody reads the body: JSON, where the content's type is that, or else a text.
func (c *compiler) readBody(r *Request, m *member) (err error) {
	if m.body == nil {
		return nil
	}
	media := mediatype.Parse(r.Header.Get("Content-Type")).Name
	name, _, _ := strings.Cut(media, ";")
	if media == "" || name == mediatype.JSON || strings.HasSuffix(name, "+json") {
		if m.encoding != "" {
			return errors.New("A body of JSON has no encoding")
		}
		if r.Header.Get("Content-Type") == "" {
			r.Header.Set("Content-Type", mediatype.JSON)
		}
		r.body, err = c.body(m.body)
		return err
	}
	var text string
	if json.Unmarshal(m.body, &text) != nil {
		return fmt.Errorf("A body of %s is a string", name)
	}
	switch m.encoding {
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
