package response_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/response"
	"github.com/pgrest-go/pgrest/internal/spool"
)

// served is a result to be written: the rows 1 to n, in a column n.
type served struct {
	rows      int
	format    plan.Format
	media     string
	threshold int
	pre       string // a pre-request statement
	http2     bool
	sql       string // in place of the rows 1 to n
}

// get serves the result over HTTP, as a client sees it.
func (s served) get(t *testing.T) *http.Response {
	t.Helper()
	pool := pgtest.Fixture(t).Pool(t)
	req := request(t, "")
	if s.sql == "" {
		s.sql = fmt.Sprintf(`SELECT n FROM generate_series(1, %d) AS n`, s.rows)
	}
	if s.media == "" {
		s.media = mediatype.JSON
	}
	read := &plan.Read{Answer: plan.Answer{Root: &plan.Node{}, Media: mediatype.Type{Name: s.media}, Format: s.format, ReadOnly: true,
		Expect: plan.Expectation{Singular: s.format == plan.FormatObject, MaxAffected: -1}}}
	columns := []query.Column{{Name: "n", Encoding: query.Verbatim}}
	config := response.Config{Threshold: s.threshold, Store: spool.NewStore("", 1<<30), Broken: func(error) {}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req.Proto = apirequest.HTTP11
		if r.ProtoMajor == 2 {
			req.Proto = apirequest.HTTP2
		}
		result, err := executor.New(pool, true).Once(r.Context(), executor.Session{
			Identity: auth.Identity{Role: "pgrest_test_anon"}, PreRequest: s.pre, ReadOnly: true,
		}, executor.Command{Program: &query.Program{Main: query.Statement{SQL: s.sql}, Yield: query.Yield{Columns: columns}}, Expect: read.Expect})
		if err == nil {
			defer result.Close()
			err = response.Result(w, req, read, result, config)
		}
		if err != nil {
			response.Error(w, apierror.From(err, true), config)
		}
	}))
	var complaints bytes.Buffer
	server.Config.ErrorLog = log.New(&complaints, "", 0)
	if s.http2 {
		server.EnableHTTP2 = true
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(func() {
		server.Close()
		require.Empty(t, complaints.String(), "net/http complained")
	})
	r, err := server.Client().Get(server.URL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Body.Close() })
	return r
}

func TestResult_body(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		served
		status int
		body   string
	}{
		"array":                               {served{rows: 3}, 200, "[{\"n\":1},\n {\"n\":2},\n {\"n\":3}]"},
		"empty array":                         {served{}, 200, "[]"},
		"CSV":                                 {served{rows: 2, format: plan.FormatCSV, media: mediatype.CSV}, 200, "n\n1\n2"},
		"object":                              {served{rows: 1, format: plan.FormatObject, media: mediatype.Object}, 200, `{"n":1}`},
		"object, and no row":                  {served{format: plan.FormatObject}, 406, string(apierror.NotSingular(0).Body(false))},
		"object, and three":                   {served{rows: 3, format: plan.FormatObject}, 406, string(apierror.NotSingular(3).Body(false))},
		"object over threshold":               {served{rows: 3, format: plan.FormatObject, threshold: 1}, 406, string(apierror.NotSingular(3).Body(false))},
		"status without a body":               {served{rows: 3, pre: `SELECT set_config('response.status', '204', true)`}, 204, ""},
		"not modified":                        {served{rows: 3, pre: `SELECT set_config('response.status', '304', true)`}, 304, ""},
		"wrong status":                        {served{rows: 3, pre: `SELECT set_config('response.status', 'x', true)`}, 500, string(apierror.ResponseStatus().Body(false))},
		"wrong status, streamed":              {served{rows: 300, threshold: 10, pre: `SELECT set_config('response.status', 'x', true)`}, 500, string(apierror.ResponseStatus().Body(false))},
		"a status that has no body, streamed": {served{rows: 100_000, threshold: 10, pre: `SELECT set_config('response.status', '204', true)`}, 204, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.threshold == 0 {
				tt.threshold = response.DefaultThreshold
			}
			r := tt.get(t)
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Equal(t, tt.status, r.StatusCode)
			if strings.HasPrefix(tt.body, "[") {
				require.JSONEq(t, tt.body, string(body))
			} else {
				require.Equal(t, tt.body, string(body))
			}
			if r.StatusCode != 204 && r.StatusCode != 304 {
				require.EqualValues(t, len(body), r.ContentLength)
			} else {
				require.Empty(t, r.Header["Content-Length"])
			}
		})
	}
}

// At the threshold the headers go out, and the body in chunks.
func TestResult_threshold(t *testing.T) {
	t.Parallel()
	whole := served{rows: 10_000, threshold: response.DefaultThreshold}.get(t)
	want, err := io.ReadAll(whole.Body)
	require.NoError(t, err)
	require.EqualValues(t, len(want), whole.ContentLength)
	for _, threshold := range []int{1, 1000, 40_000, len(want) - 1, len(want), len(want) + 1, math.MaxInt} {
		t.Run(fmt.Sprint(threshold), func(t *testing.T) {
			t.Parallel()
			r := served{rows: 10_000, threshold: threshold}.get(t)
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Equal(t, string(want), string(body))
			if threshold < len(want) {
				require.Equal(t, []string{"chunked"}, r.TransferEncoding)
				require.Equal(t, "0-9999/*", r.Trailer.Get("Content-Range"))
				require.Empty(t, r.Header.Get("Content-Range"))
			} else {
				require.EqualValues(t, len(want), r.ContentLength)
				require.Equal(t, "0-9999/*", r.Header.Get("Content-Range"))
			}
		})
	}
}

// net/http carries no Content-Range behind a body of HTTP/2.
func TestResult_streamed_over_HTTP_2(t *testing.T) {
	t.Parallel()
	r := served{rows: 10_000, threshold: 1000, http2: true}.get(t)
	require.Equal(t, 2, r.ProtoMajor)
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.Equal(t, 10_000, bytes.Count(body, []byte(`"n"`)))
	require.Empty(t, r.Trailer)
	require.Empty(t, r.Header.Get("Content-Range"))
}

func TestResult_error(t *testing.T) {
	t.Parallel()
	const late = `SELECT 1/(5000 - n) FROM generate_series(1, 9000) AS n`
	r := served{sql: late, threshold: response.DefaultThreshold}.get(t)
	require.Equal(t, 400, r.StatusCode)
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.Contains(t, string(body), `"22012"`)

	r = served{sql: late, threshold: 10_000}.get(t)
	require.Equal(t, 200, r.StatusCode)
	_, err = io.ReadAll(r.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
