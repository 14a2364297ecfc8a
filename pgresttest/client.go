package pgresttest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Client asks a handler, without a network between.
type Client struct {
	t       testing.TB
	handler http.Handler
	header  http.Header
}

// NewClient makes a client of a handler: an API, or a router that it is mounted in. What
// isn't as expected ends the test.
func NewClient(t testing.TB, handler http.Handler) *Client {
	return &Client{t: t, handler: handler, header: http.Header{}}
}

// With gives a client that sends a header with each request, in place of another of that
// name: With("Authorization", "Bearer "+token), With("Prefer", "return=representation").
func (c *Client) With(name, value string) *Client {
	other := *c
	other.header = c.header.Clone()
	other.header.Set(name, value)
	return &other
}

// Get asks for a target, such as "/films?select=id".
func (c *Client) Get(target string) *Response {
	c.t.Helper()
	return c.send(http.MethodGet, target, nil)
}

// Head asks for the headers of a target.
func (c *Client) Head(target string) *Response {
	c.t.Helper()
	return c.send(http.MethodHead, target, nil)
}

// Post sends a body: a string or bytes as they are, and anything else as its JSON.
func (c *Client) Post(target string, body any) *Response {
	c.t.Helper()
	return c.send(http.MethodPost, target, body)
}

// Put sends a body, as Post does.
func (c *Client) Put(target string, body any) *Response {
	c.t.Helper()
	return c.send(http.MethodPut, target, body)
}

// Patch sends a body, as Post does.
func (c *Client) Patch(target string, body any) *Response {
	c.t.Helper()
	return c.send(http.MethodPatch, target, body)
}

// Delete deletes what the target names.
func (c *Client) Delete(target string) *Response {
	c.t.Helper()
	return c.send(http.MethodDelete, target, nil)
}

// Do sends a request, with the client's headers where it has none of their names.
func (c *Client) Do(r *http.Request) *Response {
	c.t.Helper()
	for name, values := range c.header {
		if r.Header[name] == nil {
			r.Header[name] = values
		}
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	response := w.Result()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatalf("%s %s: read the body: %v", r.Method, r.URL, err)
	}
	if r.Method == http.MethodHead { // to which Go's server sends none
		body = nil
	}
	return &Response{t: c.t, request: r.Method + " " + r.URL.RequestURI(), Response: response, Body: body}
}

func (c *Client) send(method, target string, body any) *Response {
	c.t.Helper()
	var sent []byte
	switch body := body.(type) {
	case nil:
	case string:
		sent = []byte(body)
	case []byte:
		sent = body
	default:
		var err error
		if sent, err = json.Marshal(body); err != nil {
			c.t.Fatalf("%s %s: encode the body: %v", method, target, err)
		}
	}
	return c.Do(httptest.NewRequestWithContext(c.t.Context(), method, target, bytes.NewReader(sent)))
}

// Response is what a request was answered. Its methods check it, and give it back.
type Response struct {
	*http.Response
	// Body is the whole of it.
	Body []byte

	t       testing.TB
	request string
}

// Status checks the status.
func (r *Response) Status(want int) *Response {
	r.t.Helper()
	if r.StatusCode != want {
		r.t.Fatalf("%s: status %d in place of %d: %s", r.request, r.StatusCode, want, r.Body)
	}
	return r
}

// HasHeader checks the value of a header; empty for none.
func (r *Response) HasHeader(name, want string) *Response {
	r.t.Helper()
	if got := r.Header.Get(name); got != want {
		r.t.Fatalf("%s: %s is %q in place of %q", r.request, name, got, want)
	}
	return r
}

// JSON checks that the body is the same JSON, whatever its white space and the order of
// members.
func (r *Response) JSON(want string) *Response {
	r.t.Helper()
	expected, err := canonical([]byte(want))
	if err != nil {
		r.t.Fatalf("%s: what is wanted is no JSON: %v: %s", r.request, err, want)
	}
	got, err := canonical(r.Body)
	if err != nil {
		r.t.Fatalf("%s: the body is no JSON: %v: %s", r.request, err, r.Body)
	}
	if !bytes.Equal(got, expected) {
		r.t.Fatalf("%s: the body is\n%s\nin place of\n%s", r.request, got, expected)
	}
	return r
}

// Text checks the body as it is.
func (r *Response) Text(want string) *Response {
	r.t.Helper()
	if string(r.Body) != want {
		r.t.Fatalf("%s: the body is\n%s\nin place of\n%s", r.request, r.Body, want)
	}
	return r
}

// Error checks the code of an error, such as PGRST205 or 23505.
func (r *Response) Error(code string) *Response {
	r.t.Helper()
	var body struct{ Code string }
	if json.Unmarshal(r.Body, &body) != nil || body.Code != code {
		r.t.Fatalf("%s: no error %s: %s", r.request, code, r.Body)
	}
	return r
}

// Decode reads the body's JSON.
func (r *Response) Decode(into any) *Response {
	r.t.Helper()
	if err := json.Unmarshal(r.Body, into); err != nil {
		r.t.Fatalf("%s: %v: %s", r.request, err, r.Body)
	}
	return r
}

// canonical is JSON without white space, its members in order, and its numbers as they are.
func canonical(text []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, &json.SyntaxError{Offset: decoder.InputOffset()}
	}
	return json.Marshal(value)
}
