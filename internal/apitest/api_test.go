package apitest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A test opens an API with serve, or with open where its pool matters, and asks it
// with run.

// Roles of the fixture, and the secret of the tests' tokens.
const (
	anon    = "pgrest_test_anon"
	visitor = "pgrest_test_visitor"
	curator = "pgrest_test_curator"
	secret  = "a secret of thirty-two bytes, or more"
)

// option changes the options that serve starts from.
type option func(*pgrest.Options)

// serve opens an API over the fixture that the tests share.
func serve(t testing.TB, changes ...option) *pgrest.Handler {
	t.Helper()
	return open(t, pgtest.Fixture(t).Pool(t), changes...)
}

// open opens an API over a pool and waits for the schema. The API ends with the
// test, before the pool.
func open(t testing.TB, pool pgrest.Pool, changes ...option) *pgrest.Handler {
	t.Helper()
	opts := pgrest.Options{
		Schemas:         []string{"archive"},
		ExtraSearchPath: []string{"extra"},
		AnonRole:        anon,
		JWTSecret:       []byte(secret),
		DisableListener: true,
		Logger:          slog.New(slog.DiscardHandler),
	}
	for _, change := range changes {
		change(&opts)
	}
	if opts.Authenticate != nil {
		opts.JWTSecret, opts.AnonRole = nil, ""
	}
	api, err := pgrest.New(pool, opts)
	require.NoError(t, err)
	t.Cleanup(api.Close)
	require.NoError(t, api.Ready(t.Context()))
	remember(t, api, pool, opts)
	return api
}

// headers are the headers of a request or a response that a case is about, those
// of several lines with line breaks between. Of a response's, an empty value says
// that there must be no such header.
type headers map[string]string

// exchange is a request and the response that it must get. Whatever a case
// leaves out has its usual value, and is checked: a GET is answered with 200 and
// JSON, and an empty body is an empty body. An answer of 204 or 304 has no body, and
// that of 204 no type of one. Only response headers that aren't named may be anything.
type exchange struct {
	name   string
	method string // GET
	target string // as it stands in the request line
	token  string // claims to be signed, such as {"role":"author"}; none for anonymous
	send   headers
	data   string  // the request's body
	status int     // 200
	want   headers // Content-Type: application/json; charset=utf-8
	body   string  // JSON whose white space doesn't matter, or text
}

// run asks api for each of the exchanges, in parallel, and again in other modes.
func run(t *testing.T, api http.Handler, exchanges ...exchange) {
	t.Helper()
	for _, x := range exchanges {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			x.check(t, ask(t, api, x))
		})
	}
	runInModes(t, api, true, exchanges)
}

// ask gives the response to the exchange's request.
func ask(t testing.TB, api http.Handler, x exchange) *http.Response {
	t.Helper()
	response := answer(api, x.request(t)).Result()
	if x.method == http.MethodHead { // to which Go's server sends no body, whatever was written
		response.Body = http.NoBody
	}
	return response
}

// answer records what api answers.
func answer(api http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w
}

func (x exchange) request(t testing.TB) *http.Request {
	t.Helper()
	method := x.method
	if method == "" {
		method = http.MethodGet
	}
	r := httptest.NewRequestWithContext(t.Context(), method, x.target, strings.NewReader(x.data))
	for name, value := range x.send {
		r.Header[name] = strings.Split(value, "\n")
	}
	if x.token != "" {
		r.Header.Set("Authorization", "Bearer "+sign(t, x.token))
	}
	return r
}

// check holds a response against what it must be, and against what holds for
// every response.
func (x exchange) check(t testing.TB, got *http.Response) {
	t.Helper()
	body := read(t, got)
	status := x.status
	if status == 0 {
		status = http.StatusOK
	}
	require.Equal(t, status, got.StatusCode, "status; the body is %s", body)
	if _, ok := x.want["Content-Type"]; !ok && status != http.StatusNoContent && status != http.StatusNotModified {
		require.Equal(t, "application/json; charset=utf-8", got.Header.Get("Content-Type"))
	}
	for name, value := range x.want {
		if value == "" {
			require.Empty(t, got.Header.Values(name), "header %s", name)
			continue
		}
		require.Equal(t, value, strings.Join(got.Header.Values(name), "\n"), "header %s", name)
	}
	require.Equal(t, compact(x.body), compact(body))
	switch status {
	case http.StatusNoContent:
		require.Empty(t, got.Header.Values("Content-Type"))
		fallthrough
	case http.StatusNotModified:
		require.Empty(t, got.Header.Values("Content-Length"))
		return
	}
	if x.method == http.MethodHead {
		return
	}
	require.Equal(t, strconv.Itoa(len(body)), got.Header.Get("Content-Length"))
	var failed struct{ Code string }
	if status >= http.StatusMultipleChoices && json.Unmarshal([]byte(body), &failed) == nil && failed.Code != "" {
		require.Equal(t, "PostgREST; error="+failed.Code, got.Header.Get("Proxy-Status"))
	}
}

// read gives a response's body.
func read(t testing.TB, response *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return string(body)
}

// compact takes the white space out of JSON, and leaves all else in it as it is:
// the order of members, and every digit of numbers. Other text stays as it is.
func compact(text string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) != nil {
		return text
	}
	return b.String()
}

// fault is the body of an error. Empty details and hints are null in JSON.
func fault(code, message, details, hint string) string {
	orNull := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(struct {
		Code    string  `json:"code"`
		Details *string `json:"details"`
		Hint    *string `json:"hint"`
		Message string  `json:"message"`
	}{code, orNull(details), orNull(hint), message}); err != nil {
		return err.Error()
	}
	return b.String()
}

// sign makes a bearer token of claims.
func sign(t testing.TB, claims string) string {
	t.Helper()
	token, err := jws.Sign([]byte(claims), jws.WithKey(jwa.HS256, []byte(secret)))
	require.NoError(t, err)
	return string(token)
}

// encodeBlanks encodes what can't stand in a request line.
func encodeBlanks(query string) string { return strings.ReplaceAll(query, " ", "%20") }

// waitFor polls until something has happened.
func waitFor(t testing.TB, happened func() bool, what string) {
	t.Helper()
	require.Eventually(t, happened, time.Minute, 5*time.Millisecond, what)
}

// count gives the number that a query asks for.
func count(t testing.TB, pool *pgxpool.Pool, query string) int {
	t.Helper()
	var n int
	require.NoError(t, pool.QueryRow(context.WithoutCancel(t.Context()), query).Scan(&n))
	return n
}
