package response_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
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
	"github.com/pgrest-go/pgrest/internal/value"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// request is a GET of films, parsed.
func request(t *testing.T, query string) *apirequest.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/films?"+query, nil)
	req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"api"}})
	require.NoError(t, err)
	return req
}

func number(n int64) *int64 { return &n }

// outcome is what the database says of a result.
type outcome struct {
	rows             int64
	counted, planned *int64
	overrides        executor.Overrides
}

// head answers a HEAD request with an outcome.
func head(t *testing.T, req *apirequest.Request, count plan.Count, o outcome) (*httptest.ResponseRecorder, error) {
	t.Helper()
	program := &query.Program{Main: *statement(`SELECT $1::bigint`, fmt.Sprint(o.rows)), Yield: query.Yield{Form: query.FormNumber}}
	if o.counted != nil {
		program.Count = statement(`SELECT $1::bigint`, fmt.Sprint(*o.counted))
	}
	if o.planned != nil {
		program.Estimate = statement(`SELECT format('[{"Plan": {"Plan Rows": %s}}]', $1::bigint)`, fmt.Sprint(*o.planned))
	}
	result, err := executor.New(pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1)), true).Once(t.Context(), executor.Session{
		Identity: auth.Identity{Role: "pgrest_test_anon"}, ReadOnly: true,
		Context: auth.Context{AppSettings: []auth.Setting{
			{Name: "response.headers", Value: o.overrides.Headers}, {Name: "response.status", Value: o.overrides.Status},
		}},
	}, executor.Command{Program: program, Counting: plan.Counting{Count: count},
		Expect: plan.Expectation{MaxAffected: -1, Offset: req.Values.Window.Offset}})
	require.NoError(t, err)
	defer result.Close()
	read := &plan.Read{Answer: plan.Answer{Root: &plan.Node{}, Media: mediatype.Type{Name: mediatype.JSON}, Expect: plan.Expectation{MaxAffected: -1},
		Head: true, Counting: plan.Counting{Count: count}, ReadOnly: true}}
	w := httptest.NewRecorder()
	err = response.Result(w, req, read, result, response.Config{})
	return w, err
}

func statement(sql string, args ...string) *query.Statement {
	s := &query.Statement{SQL: sql}
	for _, arg := range args {
		s.Args = append(s.Args, value.Constant(arg))
	}
	return s
}

func TestResult_content_range(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		query            string
		count            plan.Count
		rows             int64
		counted, planned *int64
		want             string
		status           int
	}{
		"rows":                             {"", plan.CountNone, 3, nil, nil, "0-2/*", 200},
		"one row":                          {"", plan.CountNone, 1, nil, nil, "0-0/*", 200},
		"no rows":                          {"", plan.CountNone, 0, nil, nil, "*/*", 200},
		"rows from an offset":              {"offset=10", plan.CountNone, 3, nil, nil, "10-12/*", 200},
		"none from an offset":              {"offset=10", plan.CountNone, 0, nil, nil, "*/*", 200},
		"all, counted":                     {"", plan.CountExact, 3, number(3), nil, "0-2/3", 200},
		"a page, counted":                  {"limit=3", plan.CountExact, 3, number(13), nil, "0-2/13", 206},
		"a later page, counted":            {"limit=3&offset=3", plan.CountExact, 3, number(13), nil, "3-5/13", 206},
		"the last page, counted":           {"limit=10&offset=10", plan.CountExact, 3, number(13), nil, "10-12/13", 206},
		"an empty page, counted":           {"limit=0", plan.CountExact, 0, number(13), nil, "*/13", 206},
		"behind the last row, counted":     {"offset=13", plan.CountExact, 0, number(13), nil, "*/13", 206},
		"none, counted":                    {"", plan.CountExact, 0, number(0), nil, "*/0", 200},
		"a page, planned":                  {"limit=3", plan.CountPlanned, 3, nil, number(1000), "0-2/1000", 206},
		"more than planned":                {"", plan.CountPlanned, 3, nil, number(2), "0-2/3", 200},
		"rows though none is planned":      {"", plan.CountPlanned, 3, nil, number(0), "0-2/3", 200},
		"estimated, of which counted more": {"", plan.CountEstimated, 3, number(13), number(10), "0-2/13", 206},
		"estimated, of which planned more": {"", plan.CountEstimated, 3, number(13), number(1000), "0-2/1000", 206},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := head(t, request(t, tt.query), tt.count, outcome{rows: tt.rows, counted: tt.counted, planned: tt.planned})
			require.NoError(t, err)
			require.Equal(t, tt.want, w.Header().Get("Content-Range"))
			require.Equal(t, tt.status, w.Code)
		})
	}
}

func TestResult_offset_beyond_the_last_row(t *testing.T) {
	t.Parallel()
	w, err := head(t, request(t, "offset=14"), plan.CountExact, outcome{counted: number(13)})
	require.Equal(t, apierror.OffsetBeyond(14, 13), err)
	require.Empty(t, w.Header(), "nothing is written with an error")
}

func TestResult_overrides(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		overrides executor.Overrides
		status    int
		header    http.Header // of which the names are checked
	}{
		"none":                    {executor.Overrides{}, 206, http.Header{"Content-Range": {"0-2/13"}}},
		"status":                  {executor.Overrides{Status: "418"}, 418, http.Header{"Content-Range": {"0-2/13"}}},
		"status with a reason":    {executor.Overrides{Status: "418 I'm a teapot"}, 418, nil},
		"status of a later try":   {executor.Overrides{Status: "503"}, 503, http.Header{"Retry-After": {"1"}}},
		"later try at a time":     {executor.Overrides{Status: "503", Headers: `[{"Retry-After": "60"}]`}, 503, http.Header{"Retry-After": {"60"}}},
		"length of a body":        {executor.Overrides{Headers: `[{"Content-Length": "5"}]`}, 206, http.Header{"Content-Length": {"5"}}},
		"status of no body":       {executor.Overrides{Status: "204"}, 204, nil},
		"the last status":         {executor.Overrides{Status: "999"}, 999, nil},
		"header":                  {executor.Overrides{Headers: `[{"X-Tea": "Assam"}]`}, 206, http.Header{"X-Tea": {"Assam"}}},
		"header in small letters": {executor.Overrides{Headers: `[{"x-tea": "Assam"}]`}, 206, http.Header{"X-Tea": {"Assam"}}},
		"header in place of ours": {executor.Overrides{Headers: `[{"content-type": "text/plain"}, {"Content-Range": "x"}]`}, 206,
			http.Header{"Content-Type": {"text/plain"}, "Content-Range": {"x"}}},
		"header twice": {executor.Overrides{Headers: `[{"Set-Cookie": "a=1"}, {"Set-Cookie": "b=2"}]`}, 206,
			http.Header{"Set-Cookie": {"a=1", "b=2"}}},
		"empty header": {executor.Overrides{Headers: `[{"X-Tea": ""}]`}, 206, http.Header{"X-Tea": {""}}},
		"empty list":   {executor.Overrides{Headers: `[]`}, 206, nil},
		"both":         {executor.Overrides{Status: "200", Headers: `[{"X-Tea": "Assam"}]`}, 200, http.Header{"X-Tea": {"Assam"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := head(t, request(t, ""), plan.CountExact, outcome{rows: 3, counted: number(13), overrides: tt.overrides})
			require.NoError(t, err)
			require.Equal(t, tt.status, w.Code)
			for name, values := range tt.header {
				require.Equal(t, values, w.Header()[name])
			}
		})
	}
}

func TestResult_wrong_overrides(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		overrides executor.Overrides
		want      *apierror.Error
	}{
		"status that is no number":       {executor.Overrides{Status: "OK"}, apierror.ResponseStatus()},
		"status with a sign":             {executor.Overrides{Status: "+200"}, apierror.ResponseStatus()},
		"status behind a blank":          {executor.Overrides{Status: " 200"}, apierror.ResponseStatus()},
		"status beyond all numbers":      {executor.Overrides{Status: "99999999999999999999"}, apierror.ResponseStatus()},
		"status before the final ones":   {executor.Overrides{Status: "100"}, apierror.ResponseStatus()},
		"status of four digits":          {executor.Overrides{Status: "1000"}, apierror.ResponseStatus()},
		"negative status":                {executor.Overrides{Status: "-200"}, apierror.ResponseStatus()},
		"headers that are no JSON":       {executor.Overrides{Headers: `X-Tea: Assam`}, apierror.ResponseHeaders()},
		"headers that are null":          {executor.Overrides{Headers: `null`}, apierror.ResponseHeaders()},
		"header behind a null":           {executor.Overrides{Headers: `[null, {"X-Tea": "Assam"}]`}, apierror.ResponseHeaders()},
		"headers in an object":           {executor.Overrides{Headers: `{"X-Tea": "Assam"}`}, apierror.ResponseHeaders()},
		"headers in one object":          {executor.Overrides{Headers: `[{"X-Tea": "Assam", "X-Milk": "no"}]`}, apierror.ResponseHeaders()},
		"headers in an empty object":     {executor.Overrides{Headers: `[{}]`}, apierror.ResponseHeaders()},
		"headers in strings":             {executor.Overrides{Headers: `["X-Tea: Assam"]`}, apierror.ResponseHeaders()},
		"header that is a number":        {executor.Overrides{Headers: `[{"X-Tea": 1}]`}, apierror.ResponseHeaders()},
		"header that is null":            {executor.Overrides{Headers: `[{"X-Tea": null}]`}, apierror.ResponseHeaders()},
		"right headers and wrong status": {executor.Overrides{Headers: `[]`, Status: "x"}, apierror.ResponseStatus()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := head(t, request(t, ""), plan.CountNone, outcome{rows: 3, overrides: tt.overrides})
			require.Equal(t, tt.want, err)
			require.Empty(t, w.Header())
		})
	}
}
