package apirequest_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
)

var config = apirequest.Config{Schemas: []string{"api"}}

// get is a GET of target, as a server receives it.
func get(target string) *http.Request { return httptest.NewRequest(http.MethodGet, target, nil) }

// code is the code of the error that err becomes.
func code(t *testing.T, err error) string {
	t.Helper()
	var e *apierror.Error
	require.True(t, errors.As(err, &e), "%v", err)
	return e.Code
}

func TestParse_path(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		target   string
		resource apirequest.Resource
		name     string
	}{
		"root":                       {"/", apirequest.Root, ""},
		"relation":                   {"/films", apirequest.Relation, "films"},
		"relation with a query":      {"/films?select=id", apirequest.Relation, "films"},
		"routine":                    {"/rpc/add", apirequest.Routine, "add"},
		"relation named rpc":         {"/rpc", apirequest.Relation, "rpc"},
		"relation that rpc begins":   {"/rpcs", apirequest.Relation, "rpcs"},
		"routine named rpc":          {"/rpc/rpc", apirequest.Routine, "rpc"},
		"blank":                      {"/lost%20films", apirequest.Relation, "lost films"},
		"plus":                       {"/a+b", apirequest.Relation, "a+b"},
		"slash in a relation's name": {"/a%2Fb", apirequest.Relation, "a/b"},
		"slash in a routine's name":  {"/rpc/a%2fb", apirequest.Routine, "a/b"},
		"relation named rpc slash x": {"/rpc%2Fx", apirequest.Relation, "rpc/x"},
		"percent":                    {"/100%25", apirequest.Relation, "100%"},
		"escaped twice":              {"/a%2520b", apirequest.Relation, "a%20b"},
		"beyond ASCII":               {"/%E6%98%A0%E7%94%BB", apirequest.Relation, "映画"},
		"dots":                       {"/..", apirequest.Relation, ".."},
		"quote":                      {"/%22", apirequest.Relation, `"`},
		"question mark":              {"/is%3F?x=eq.1", apirequest.Relation, "is?"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := apirequest.Parse(get(tt.target), config)
			require.NoError(t, err)
			require.Equal(t, tt.resource, req.Resource)
			require.Equal(t, tt.name, req.Name)
			require.Equal(t, "api", req.Schema)
			require.Empty(t, req.Mount)
		})
	}
}

func TestParse_invalid_path(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/films/1", "/films/", "//films", "//", "/rpc/add/1", "/rpc/add/", "/rpc//add"} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			r := get("/")
			r.URL.Path = target
			_, err := apirequest.Parse(r, config)
			require.Equal(t, "PGRST125", code(t, err))
		})
	}
}

// A path is cut where the handler is mounted, by its own base path or by the
// host's router; the response's Content-Location names the whole.
func TestParse_mount(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		target, strip, base string
		name, path, mount   string
	}{
		"nowhere":                           {"/films", "", "", "films", "/films", ""},
		"base path":                         {"/api/films", "", "/api", "films", "/films", "/api"},
		"base path with a slash at its end": {"/api/films", "", "/api/", "films", "/films", "/api"},
		"base path of two segments":         {"/api/v1/films", "", "/api/v1", "films", "/films", "/api/v1"},
		"base path's root":                  {"/api/", "", "/api", "", "/", "/api"},
		"base path itself":                  {"/api", "", "/api", "", "/", "/api"},
		"base path named like a relation":   {"/films/films", "", "/films", "films", "/films", "/films"},
		"stripped":                          {"/api/films", "/api", "", "films", "/films", "/api"},
		"stripped to the root":              {"/api/", "/api", "", "", "/", "/api"},
		"stripped and base path":            {"/site/api/films", "/site", "/api", "films", "/films", "/site/api"},
		"slash in the name":                 {"/api/a%2Fb", "/api", "", "a/b", "/a%2Fb", "/api"},
		"slash in the name after a base":    {"/api/a%2Fb", "", "/api", "a/b", "/a%2Fb", "/api"},
		"stripped with its slash":           {"/api/films", "/api/", "", "films", "/films", "/api"},
		"stripped with the root's slash":    {"/api/", "/api/", "", "", "/", "/api"},
		"slashes stripped, and base path":   {"/site/api/films", "/site/", "/api", "films", "/films", "/site/api"},
		"base path that is escaped in URLs": {"/my%20api/films", "", "/my api", "films", "/films", "/my%20api"},
		"escaped more than it needs":        {"/%6dy%20api/films", "", "/my api", "films", "/films", "/%6dy%20api"},
		"escaped, of two segments":          {"/%E6%98%A0%E7%94%BB/v1/a%2Fb", "", "/映画/v1", "a/b", "/a%2Fb", "/%E6%98%A0%E7%94%BB/v1"},
		"routine":                           {"/api/rpc/add", "/api", "", "add", "/rpc/add", "/api"},
		"query":                             {"/api/films?select=id", "/api", "", "films", "/films", "/api"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var req *apirequest.Request
			var err error
			parse := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				req, err = apirequest.Parse(r, apirequest.Config{Schemas: []string{"api"}, BasePath: tt.base})
			})
			http.StripPrefix(tt.strip, parse).ServeHTTP(httptest.NewRecorder(), get(tt.target))
			require.NoError(t, err)
			require.Equal(t, tt.name, req.Name)
			require.Equal(t, tt.path, req.Path)
			require.Equal(t, tt.mount, req.Mount)
		})
	}
}

func TestParse_outside_the_base_path(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/", "/films", "/apis", "/apifilms", "/other/films", "/api%2Ffilms", "//api/films"} {
		_, err := apirequest.Parse(get(target), apirequest.Config{Schemas: []string{"api"}, BasePath: "/api"})
		require.Equal(t, "PGRST125", code(t, err), target)
	}
}

func TestParse_method(t *testing.T) {
	t.Parallel()
	const none = apirequest.Action(255)
	tests := []struct {
		method, target string
		want           apirequest.Action
		code           string
	}{
		{"GET", "/films", apirequest.Read, ""},
		{"HEAD", "/films", apirequest.Read, ""},
		{"POST", "/films", apirequest.Create, ""},
		{"PUT", "/films", apirequest.Upsert, ""},
		{"PATCH", "/films", apirequest.Update, ""},
		{"DELETE", "/films", apirequest.Delete, ""},
		{"OPTIONS", "/films", apirequest.Options, ""},
		{"QUERY", "/films", apirequest.Read, ""},
		{"TRACE", "/films", none, "PGRST117"},
		{"CONNECT", "/films", none, "PGRST117"},
		{"LINK", "/films", none, "PGRST117"},
		{"get", "/films", none, "PGRST117"},
		{"query", "/films", none, "PGRST117"},

		{"GET", "/rpc/add", apirequest.Call, ""},
		{"HEAD", "/rpc/add", apirequest.Call, ""},
		{"POST", "/rpc/add", apirequest.Call, ""},
		{"OPTIONS", "/rpc/add", apirequest.Options, ""},
		{"QUERY", "/rpc/add", apirequest.Call, ""},
		{"PUT", "/rpc/add", none, "PGRST101"},
		{"PATCH", "/rpc/add", none, "PGRST101"},
		{"DELETE", "/rpc/add", none, "PGRST101"},
		{"LINK", "/rpc/add", none, "PGRST101"},

		{"GET", "/", apirequest.Describe, ""},
		{"HEAD", "/", apirequest.Describe, ""},
		{"OPTIONS", "/", apirequest.Options, ""},
		{"QUERY", "/", none, "PGRST117"},
		{"POST", "/", none, "PGRST117"},
		{"PUT", "/", none, "PGRST117"},
		{"PATCH", "/", none, "PGRST117"},
		{"DELETE", "/", none, "PGRST117"},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, tt.target, strings.NewReader(`{}`))
			if r.Method = tt.method; tt.method == "QUERY" {
				r.Header.Set("Content-Type", apirequest.QueryFormat)
				r.Body = http.NoBody
			}
			req, err := apirequest.Parse(r, config)
			if tt.code != "" {
				require.Equal(t, tt.code, code(t, err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, req.Action)
			require.Equal(t, tt.method, req.Method)
			require.Equal(t, tt.method == "HEAD", req.Head)
		})
	}
}

func TestParse_profile(t *testing.T) {
	t.Parallel()
	one, two := []string{"api"}, []string{"api", "v2"}
	tests := map[string]struct {
		method     string
		header     http.Header
		exposed    []string
		schema     string
		negotiated bool
		code       string
	}{
		"none of one":                    {"GET", nil, one, "api", false, ""},
		"none of two":                    {"GET", nil, two, "api", true, ""},
		"read":                           {"GET", http.Header{"Accept-Profile": {"v2"}}, two, "v2", true, ""},
		"head":                           {"HEAD", http.Header{"Accept-Profile": {"v2"}}, two, "v2", true, ""},
		"the only one, by name":          {"GET", http.Header{"Accept-Profile": {"api"}}, one, "api", true, ""},
		"write":                          {"POST", http.Header{"Content-Profile": {"v2"}}, two, "v2", true, ""},
		"update":                         {"PATCH", http.Header{"Content-Profile": {"v2"}}, two, "v2", true, ""},
		"upsert":                         {"PUT", http.Header{"Content-Profile": {"v2"}}, two, "v2", true, ""},
		"query":                          {"QUERY", http.Header{"Accept-Profile": {"v2"}, "Content-Type": {apirequest.QueryFormat}}, two, "v2", true, ""},
		"delete":                         {"DELETE", http.Header{"Content-Profile": {"v2"}}, two, "v2", true, ""},
		"the write's, in a read":         {"GET", http.Header{"Content-Profile": {"v2"}}, two, "api", true, ""},
		"the read's, in a write":         {"POST", http.Header{"Accept-Profile": {"v2"}}, two, "api", true, ""},
		"unknown":                        {"GET", http.Header{"Accept-Profile": {"secret"}}, two, "", false, "PGRST106"},
		"unknown in a write":             {"POST", http.Header{"Content-Profile": {"secret"}}, two, "", false, "PGRST106"},
		"unknown, where it says nothing": {"POST", http.Header{"Accept-Profile": {"secret"}}, two, "api", true, ""},
		"before the method":              {"LINK", http.Header{"Accept-Profile": {"secret"}}, two, "", false, "PGRST106"},
		"the write's, of no method":      {"LINK", http.Header{"Content-Profile": {"secret"}}, two, "", false, "PGRST117"},
		"in other letters":               {"GET", http.Header{"Accept-Profile": {"API"}}, two, "", false, "PGRST106"},
		"empty":                          {"GET", http.Header{"Accept-Profile": {""}}, two, "", false, "PGRST106"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tt.method, "/films", strings.NewReader(`{}`))
			if tt.method == "QUERY" {
				r.Body = http.NoBody
			}
			for name, values := range tt.header {
				r.Header[name] = values
			}
			req, err := apirequest.Parse(r, apirequest.Config{Schemas: tt.exposed})
			if tt.code != "" {
				require.Equal(t, tt.code, code(t, err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.schema, req.Schema)
			require.Equal(t, tt.negotiated, req.Negotiated)
		})
	}
}

// The first fault in the order path, schema, method, query, range is told.
func TestParse_order_of_faults(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("LINK", "/films/1?id=one&limit=-1", nil)
	r.Header.Set("Accept-Profile", "secret")
	parse := func() string {
		_, err := apirequest.Parse(r, config)
		return apierror.From(err, true).Code
	}
	require.Equal(t, "PGRST125", parse())
	r.URL.Path = "/films"
	require.Equal(t, "PGRST106", parse())
	r.Header.Del("Accept-Profile")
	require.Equal(t, "PGRST117", parse())
	r.Method = "GET"
	require.Equal(t, "PGRST100", parse())
	r.URL.RawQuery = "limit=-1"
	require.Equal(t, "PGRST103", parse())
	r.URL.RawQuery = ""
	require.Empty(t, func() error { _, err := apirequest.Parse(r, config); return err }())
}

// A body is read whole, whatever was announced of its length; and what is announced
// and doesn't come takes no memory.
func TestParse_body_length(t *testing.T) {
	t.Parallel()
	small, large := `{"id":1}`, `{"id":"`+strings.Repeat("x", 3<<20)+`"}`
	for _, tt := range []struct {
		name, body string
		announced  int64
		most       int // bytes of memory; 0 for any
	}{
		{"nothing", "", 0, 1 << 10},
		{"known", small, int64(len(small)), 1 << 10},
		{"unknown", small, -1, 1 << 10},
		{"more", small, 1 << 40, 2 << 20},
		{"large", large, int64(len(large)), len(large) * 9 / 8},
		{"large and unknown", large, -1, 0},
		{"large and less", large, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/rpc/add?columns=id", iotest.HalfReader(strings.NewReader(tt.body)))
			r.ContentLength = tt.announced
			req, err := apirequest.Parse(r, config)
			require.NoError(t, err)
			require.Equal(t, tt.body, string(req.Values.Body))
			if tt.most > 0 {
				require.LessOrEqual(t, cap(req.Values.Body), tt.most)
			}
		})
	}
}

func TestParse_body_that_breaks_off(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/films", iotest.TimeoutReader(iotest.HalfReader(strings.NewReader(`{"id":1}`))))
	_, err := apirequest.Parse(r, config)
	require.ErrorIs(t, err, iotest.ErrTimeout)
	require.Equal(t, http.StatusBadRequest, apierror.From(err, true).Status)
}

// No path makes Parse panic, and whatever it takes for a name is the path itself.
func FuzzParse_path(f *testing.F) {
	for _, seed := range []string{"/", "/films", "/rpc/add", "/a%2Fb", "/%", "/%zz", "//", "", "*", "/a?b", "/api/films", "/\x00", "/%00", "/映画"} {
		f.Add(seed, "")
		f.Add(seed, "/api")
	}
	f.Fuzz(func(t *testing.T, path, base string) {
		u, err := url.ParseRequestURI(path)
		if err != nil {
			u = &url.URL{Path: path}
		}
		r := &http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}, RequestURI: path}
		req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"api"}, BasePath: base})
		if err != nil {
			return
		}
		require.True(t, len(req.Path) > 0 && req.Path[0] == '/', "path %q", req.Path)
		require.Equal(t, req.Resource == apirequest.Root, req.Name == "" && req.Path == "/")
		if req.Resource == apirequest.Relation {
			unescaped, err := url.PathUnescape(req.Path)
			require.NoError(t, err)
			require.Equal(t, "/"+req.Name, unescaped)
		}
	})
}
