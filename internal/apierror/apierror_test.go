package apierror_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
)

func TestError_Body(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err           apierror.Error
		want, minimal string
	}{
		"all": {apierror.Error{Code: "C", Message: "m", Details: "d", Hint: "h"},
			`{"code":"C","details":"d","hint":"h","message":"m"}`, `{"code":"C","message":"m"}`},
		"without details and hint": {apierror.Error{Code: "C", Message: "m"},
			`{"code":"C","details":null,"hint":null,"message":"m"}`, `{"code":"C","message":"m"}`},
		"empty details": {apierror.Error{Code: "C", Message: "m", Details: ""},
			`{"code":"C","details":"","hint":null,"message":"m"}`, `{"code":"C","message":"m"}`},
		"structured details": {apierror.Error{Code: "C", Message: "m", Details: []map[string]string{{"a": "b"}}},
			`{"code":"C","details":[{"a":"b"}],"hint":null,"message":"m"}`, `{"code":"C","message":"m"}`},
		"characters of HTML and quotes": {apierror.Error{Code: "C", Message: `<a href="x">&`},
			`{"code":"C","details":null,"hint":null,"message":"<a href=\"x\">&"}`, `{"code":"C","message":"<a href=\"x\">&"}`},
		"lines": {apierror.Error{Code: "C", Message: "a\nb"},
			`{"code":"C","details":null,"hint":null,"message":"a\nb"}`, `{"code":"C","message":"a\nb"}`},
		"invalid UTF-8": {apierror.Error{Code: "C", Message: "a\xffb"},
			`{"code":"C","details":null,"hint":null,"message":"a\ufffdb"}`, `{"code":"C","message":"a\ufffdb"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, string(tt.err.Body(false)))
			require.Equal(t, tt.minimal, string(tt.err.Body(true)))
		})
	}
}

// The cause of an internal error is for the log, and not in the body.
func TestInternal(t *testing.T) {
	t.Parallel()
	secret := errors.New("the disk at /srv/secret is full")
	for _, err := range []*apierror.Error{apierror.Internal(secret), apierror.NoSchemaCache(secret), apierror.ConnectionLost(secret),
		apierror.NotConnected(secret), apierror.AcquireTimeout(secret)} {
		require.NotContains(t, string(err.Body(false)), "secret")
		require.Contains(t, err.Error(), "secret")
		require.ErrorIs(t, err, secret)
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	_, parse := filter.Parse("id=one", filter.Options{})
	require.Error(t, parse)
	postgres := &pgconn.PgError{Code: "23505", Message: "m", Detail: "d", Hint: "h"}
	tests := map[string]struct {
		err    error
		code   string
		status int
	}{
		"one of ours":          {apierror.InvalidPath(), "PGRST125", 404},
		"one of ours, wrapped": {fmt.Errorf("read: %w", apierror.InvalidPath()), "PGRST125", 404},
		"query string":         {fmt.Errorf("read: %w", parse), "PGRST100", 400},
		"PostgreSQL":           {fmt.Errorf("run: %w", postgres), "23505", 409},
		"no connection":        {fmt.Errorf("acquire: %w", &pgconn.ConnectError{Config: &pgconn.Config{}}), "PGRST000", 503},
		"anything else":        {errors.New("x"), "PGRSTX00", 500},
		"given up":             {fmt.Errorf("run: %w", context.Canceled), "57014", 499},
		"deadline passed":      {fmt.Errorf("run: %w", context.DeadlineExceeded), "57014", 504},
		"network":              {&net.OpError{Op: "read", Err: errors.New("x")}, "PGRSTX00", 500},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := apierror.From(tt.err, true)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.status, e.Status)
		})
	}
}

// PostgreSQL's error at the authenticator's login is not told to clients: it names roles
// and hosts.
func TestFrom_refused_login(t *testing.T) {
	t.Parallel()
	config, err := pgconn.ParseConfig("postgres://authenticator@127.0.0.1:1/secrets?connect_timeout=1")
	require.NoError(t, err)
	_, err = pgconn.ConnectConfig(t.Context(), config) // nothing listens there
	require.Error(t, err)
	e := apierror.From(errors.Join(&pgconn.PgError{Code: "28P01", Message: "password authentication failed"}, err), true)
	require.Equal(t, "PGRST000", e.Code)
	require.Equal(t, http.StatusServiceUnavailable, e.Status)
	require.NotContains(t, string(e.Body(false)), "authentic")
}

func TestFrom_authentication(t *testing.T) {
	t.Parallel()
	e := apierror.From(&auth.Error{Code: "PGRST303", Message: "JWT expired", Details: "d", Status: 401, Challenge: `Bearer error="invalid_token"`}, true)
	require.Equal(t, http.Header{"Www-Authenticate": {`Bearer error="invalid_token"`}}, e.Header)
	require.Equal(t, `{"code":"PGRST303","details":"d","hint":null,"message":"JWT expired"}`, string(e.Body(false)))
	require.Equal(t, 401, e.Status)

	e = apierror.From(&auth.Error{Code: "PGRST300", Message: "m", Status: 500}, true)
	require.Nil(t, e.Header)
	require.Nil(t, e.Details)
}

// Only an error at the statement that was made of a request counts as its refusal, and not
// one within a function.
func TestRefused(t *testing.T) {
	t.Parallel()
	const sql = `SELECT "films"."year" FROM "archive"."films"`
	refusal := &pgconn.PgError{Code: "42703", Position: 8}
	got, of, ok := apierror.Refused(fmt.Errorf("run: %w", apierror.OfStatement(sql, fmt.Errorf("read: %w", refusal))))
	require.True(t, ok)
	require.Equal(t, sql, got)
	require.Same(t, refusal, of)
	require.NoError(t, apierror.OfStatement(sql, nil))
	for name, err := range map[string]error{
		"another statement": refusal,
		"within a function": apierror.OfStatement(sql, &pgconn.PgError{Code: "42703", Position: 8, Where: "PL/pgSQL function f() line 3"}),
		"not PostgreSQL's":  apierror.OfStatement(sql, errors.New("42703")),
	} {
		_, _, ok := apierror.Refused(err)
		require.False(t, ok, name)
	}
}

// The API's own errors, as clients know them.
func TestConstructors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err    *apierror.Error
		status int
		body   string
	}{
		{apierror.RPCMethod("PUT"), 405, `{"code":"PGRST101","details":null,"hint":null,"message":"Cannot use the PUT method on RPC"}`},
		{apierror.NegativeLimit(), 416, `{"code":"PGRST103","details":"Limit should be greater than or equal to zero.","hint":null,"message":"Requested range not satisfiable"}`},
		{apierror.RangeBounds(), 416, `{"code":"PGRST103","details":"The lower boundary must be lower than or equal to the upper boundary in the Range header.","hint":null,"message":"Requested range not satisfiable"}`},
		{apierror.OffsetBeyond(20, 13), 416, `{"code":"PGRST103","details":"An offset of 20 was requested, but there are only 13 rows.","hint":null,"message":"Requested range not satisfiable"}`},
		{apierror.SchemaNotExposed("x", []string{"a", "b"}), 406, `{"code":"PGRST106","details":null,"hint":"Only the following schemas are exposed: a, b","message":"Invalid schema: x"}`},
		{apierror.NotAcceptable([]string{"a/b", "c/d"}), 406, `{"code":"PGRST107","details":null,"hint":null,"message":"None of these media types are available: a/b, c/d"}`},
		{apierror.ResponseHeaders(), 500, `{"code":"PGRST111","details":null,"hint":null,"message":"response.headers guc must be a JSON array composed of objects with a single key and a string value"}`},
		{apierror.ResponseStatus(), 500, `{"code":"PGRST112","details":null,"hint":null,"message":"response.status guc must be a valid status code"}`},
		{apierror.NotSingular(0), 406, `{"code":"PGRST116","details":"The result contains 0 rows","hint":null,"message":"Cannot coerce the result to a single JSON object"}`},
		{apierror.UnsupportedMethod("LINK"), 405, `{"code":"PGRST117","details":null,"hint":null,"message":"Unsupported HTTP method: LINK"}`},
		{apierror.InvalidPreferences([]string{"a", "b=c"}), 400, `{"code":"PGRST122","details":"Invalid preferences: a, b=c","hint":null,"message":"Invalid preferences given with handling=strict"}`},
		{apierror.AggregatesDisabled(), 400, `{"code":"PGRST123","details":null,"hint":null,"message":"Use of aggregate functions is not allowed"}`},
		{apierror.InvalidPath(), 404, `{"code":"PGRST125","details":null,"hint":null,"message":"Invalid path specified in request URL"}`},
		{apierror.RootDisabled(), 404, `{"code":"PGRST126","details":null,"hint":null,"message":"Root endpoint metadata is disabled"}`},

		{apierror.NotConnected(nil), 503, `{"code":"PGRST000","details":null,"hint":null,"message":"Database connection error."}`},
		{apierror.AcquireTimeout(nil), 504, `{"code":"PGRST003","details":null,"hint":null,"message":"Timed out acquiring connection from connection pool."}`},
		{apierror.NoSchemaCache(nil), 503, `{"code":"PGRST002","details":null,"hint":null,"message":"Could not query the database for the schema cache. Retrying."}`},
		{apierror.ConnectionLost(nil), 503, `{"code":"PGRST001","details":null,"hint":null,"message":"Database client error. Retrying the connection."}`},
		{apierror.TableNotFound("api.flims", "api.films"), 404, `{"code":"PGRST205","details":null,"hint":"Perhaps you meant the table 'api.films'","message":"Could not find the table 'api.flims' in the schema cache"}`},
		{apierror.TableNotFound("api.x", ""), 404, `{"code":"PGRST205","details":null,"hint":null,"message":"Could not find the table 'api.x' in the schema cache"}`},
		{apierror.FunctionNotFound(apierror.Call{Function: "api.f"}, ""), 404, `{"code":"PGRST202","details":"Searched for the function api.f without parameters, but no matches were found in the schema cache.","hint":null,"message":"Could not find the function api.f without parameters in the schema cache"}`},
		{apierror.FunctionNotFound(apierror.Call{Function: "api.f", Arguments: []string{"a"}}, ""), 404, `{"code":"PGRST202","details":"Searched for the function api.f with parameter a, but no matches were found in the schema cache.","hint":null,"message":"Could not find the function api.f(a) in the schema cache"}`},
		{apierror.FunctionNotFound(apierror.Call{Function: "api.f", Arguments: []string{"b", "a"}}, "api.g(a)"), 404, `{"code":"PGRST202","details":"Searched for the function api.f with parameters a, b, but no matches were found in the schema cache.","hint":"Perhaps you meant to call the function api.g(a)","message":"Could not find the function api.f(a, b) in the schema cache"}`},
		{apierror.FunctionAmbiguous([]string{"f(a)", "f(b)"}), 300, `{"code":"PGRST203","details":null,"hint":"Try renaming the parameters or the function itself in the database so function overloading can be resolved","message":"Could not choose the best candidate function between: f(a), f(b)"}`},
	}
	for _, tt := range tests {
		t.Run(tt.err.Code, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.status, tt.err.Status)
			require.Equal(t, tt.body, string(tt.err.Body(false)))
		})
	}
	require.Equal(t, http.Header{"Content-Range": {"*/13"}}, apierror.OffsetBeyond(20, 13).Header)
}

// What clients can cause by their requests is no fault of the server, whatever its status.
func TestError_ServerFault(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"08006": true, "21000": false, "22P02": false, "23505": false, "25006": false, "25P02": true, "2D000": true, "38000": true,
		"40001": false, "40P01": false, "42501": false, "42P17": true, "53100": true, "53200": true, "53300": true, "53400": false,
		"54000": false, "54001": false, "54011": false, "54023": false, "55000": false, "55006": false, "55P03": false,
		"57014": false, "57P01": true, "57P03": true, "58030": true, "F0000": true, "HV000": true,
		"P0000": true, "P0001": false, "P0002": false, "P0003": false, "P0004": true, "PT500": true, "PT503": true, "PT400": false,
		"XX000": true, "XX001": true, "XX002": true,
	} {
		require.Equal(t, want, apierror.From(fmt.Errorf("run: %w", &pgconn.PgError{Code: code}), false).ServerFault(), code)
	}
	for message, want := range map[string]bool{
		"cache lookup failed for type 16417":                               false,
		"failed to find conversion function from unknown to text":          false,
		"cache lookup failed for relation 16417":                           true,
		"could not read block 0 in file base/16384/16417: Input/output":    true,
		"unexpected chunk number 1 (expected 0) for toast value 16417 in…": true,
	} {
		require.Equal(t, want, apierror.From(&pgconn.PgError{Code: "XX000", Message: message}, false).ServerFault(), message)
	}
	require.True(t, apierror.From(errors.New("x"), false).ServerFault())
	require.True(t, apierror.From(context.DeadlineExceeded, false).ServerFault())
	require.True(t, apierror.From(&auth.Error{Code: "PGRST300", Status: 500}, false).ServerFault())
	require.True(t, apierror.ConnectionLost(nil).ServerFault())
	require.True(t, apierror.ResponseStatus().ServerFault())
	require.False(t, apierror.TooManyEntries(1664).ServerFault())
	require.False(t, apierror.From(context.Canceled, false).ServerFault())
	require.False(t, apierror.InvalidPath().ServerFault())
}
