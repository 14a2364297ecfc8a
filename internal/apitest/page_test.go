package apitest_test

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// browser is the Accept header of one.
const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

// htmlType, swaggerType and openAPIType are the types of what the root answers with.
const (
	htmlType    = "text/html; charset=utf-8"
	swaggerType = "application/openapi+json; charset=utf-8"
	openAPIType = "application/vnd.oai.openapi+json;version=3.1"
)

func withDocsUI(o *pgrest.Options) { o.DocsUI = true }

// getAs asks for a path with an Accept header, if it isn't empty.
func getAs(t *testing.T, api http.Handler, target, accept string) *http.Response {
	t.Helper()
	x := exchange{target: target}
	if accept != "" {
		x.send = headers{"Accept": accept}
	}
	return ask(t, api, x)
}

// The page is for those who would rather have HTML than a description.
func TestPage_negotiation(t *testing.T) {
	t.Parallel()
	api := serve(t, withDocsUI)
	tests := map[string]struct{ target, accept, want string }{
		"browser":                       {"/", browser, htmlType},
		"html alone":                    {"/", "text/html", htmlType},
		"html with a parameter":         {"/", "Text/HTML; charset=utf-8", htmlType},
		"query parameters are its own":  {"/?schema=archive", browser, htmlType},
		"nothing said":                  {"/", "", swaggerType},
		"anything":                      {"/", "*/*", swaggerType},
		"json":                          {"/", "application/json", swaggerType},
		"json before html":              {"/", "application/json, text/html;q=0.9", swaggerType},
		"html refused":                  {"/", "text/html;q=0, */*", swaggerType},
		"openapi 2.0":                   {"/", "application/openapi+json", swaggerType},
		"openapi 3.1":                   {"/", "application/vnd.oai.openapi+json; version=3.1", openAPIType},
		"openapi 3.1 in yaml":           {"/", "application/vnd.oai.openapi+yaml", "application/vnd.oai.openapi+yaml;version=3.1"},
		"openapi 3.1 before html":       {"/", openAPIType + ", text/html;q=0.5", openAPIType},
		"rows for a browser, as before": {"/directors?limit=0", browser, "application/json; charset=utf-8"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := getAs(t, api, test.target, test.accept)
			require.Equal(t, http.StatusOK, response.StatusCode)
			require.Equal(t, test.want, response.Header.Get("Content-Type"))
		})
	}
}

func TestPage_off_by_default(t *testing.T) {
	t.Parallel()
	api := serve(t)
	require.Equal(t, swaggerType, getAs(t, api, "/", browser).Header.Get("Content-Type"))
	require.Equal(t, http.StatusNotAcceptable, getAs(t, api, "/", "text/html").StatusCode)
}

func TestPage_goes_with_the_description(t *testing.T) {
	t.Parallel()
	api := serve(t, withDocsUI, func(o *pgrest.Options) { o.OpenAPI = pgrest.OpenAPIDisabled })
	require.Equal(t, http.StatusNotFound, getAs(t, api, "/", browser).StatusCode)
}

// Who may not see the description may see the page, to log in there.
func TestPage_without_identity(t *testing.T) {
	t.Parallel()
	api := serve(t, withDocsUI, func(o *pgrest.Options) { o.AnonRole = "" })
	require.Equal(t, http.StatusUnauthorized, getAs(t, api, "/", openAPIType).StatusCode)
	require.Equal(t, http.StatusOK, getAs(t, api, "/", browser).StatusCode)
}

// The root is where the host mounts it.
func TestPage_mounted(t *testing.T) {
	t.Parallel()
	api := serve(t, withDocsUI)
	based := serve(t, withDocsUI, func(o *pgrest.Options) { o.BasePath = "/v1/an api" })
	tests := map[string]struct {
		api    http.Handler
		target string
		status int
	}{
		"stripped prefix":            {http.StripPrefix("/api", api), "/api/", http.StatusOK},
		"stripped prefix, no slash":  {http.StripPrefix("/api", api), "/api", http.StatusOK},
		"base path":                  {based, "/v1/an%20api/", http.StatusOK},
		"base path, no slash":        {based, "/v1/an%20api", http.StatusOK},
		"outside of the base path":   {based, "/", http.StatusNotFound},
		"within the API":             {based, "/v1/an%20api/nothing", http.StatusNotFound},
		"a path that only begins so": {based, "/v1/an%20api2", http.StatusNotFound},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.status, getAs(t, test.api, test.target, browser).StatusCode)
		})
	}
}

func TestPage_is_observed(t *testing.T) {
	t.Parallel()
	var seen []pgrest.Event
	api := serve(t, withDocsUI, func(o *pgrest.Options) {
		o.Observe = func(_ context.Context, e pgrest.Event) { seen = append(seen, e) }
	})
	getAs(t, api, "/", browser)
	require.Len(t, seen, 1)
	require.Equal(t, pgrest.ResourceRoot, seen[0].Resource)
	require.Equal(t, http.StatusOK, seen[0].Status)
	require.Positive(t, seen[0].Bytes)
}

// A page of the host's own, or a browser's cache, isn't mixed up with the JSON that
// is at the same address.
func TestPage_caching(t *testing.T) {
	t.Parallel()
	api := serve(t, withDocsUI)
	first := getAs(t, api, "/", browser)
	require.Equal(t, "no-cache", first.Header.Get("Cache-Control"))
	require.Equal(t, "Accept, Accept-Encoding", first.Header.Get("Vary"))
	tag := first.Header.Get("Etag")
	require.NotEmpty(t, tag)

	known := ask(t, api, exchange{target: "/", send: headers{"Accept": browser, "If-None-Match": tag}})
	require.Equal(t, http.StatusNotModified, known.StatusCode)
	require.Equal(t, tag, known.Header.Get("Etag"))
	require.Empty(t, read(t, known))

	zipped := ask(t, api, exchange{target: "/", send: headers{"Accept": browser, "Accept-Encoding": "gzip", "If-None-Match": tag}})
	require.Equal(t, http.StatusOK, zipped.StatusCode, "the tag is of another encoding")
	require.NotEqual(t, tag, zipped.Header.Get("Etag"))
}

func TestPage_head(t *testing.T) {
	t.Parallel()
	// Over the network: a recorder would keep a body that net/http doesn't send.
	server := httptest.NewServer(serve(t, withDocsUI))
	t.Cleanup(server.Close)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL, nil)
	require.NoError(t, err)
	request.Header.Set("Accept", browser)
	response, err := server.Client().Do(request)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, htmlType, response.Header.Get("Content-Type"))
	require.NotEmpty(t, response.Header.Get("Etag"))
	require.Empty(t, read(t, response))
}

func TestPage_compression(t *testing.T) {
	t.Parallel()
	api := serve(t, withDocsUI)
	plain := read(t, getAs(t, api, "/", browser))
	tests := map[string]struct{ accept, want string }{
		"browser":             {"gzip, deflate, br, zstd", "gzip"},
		"by name":             {"GZIP;q=0.5", "gzip"},
		"anything":            {"*", "gzip"},
		"refused":             {"gzip;q=0, *", ""},
		"anything is refused": {"*;q=0", ""},
		"another coding":      {"br", ""},
		"not said":            {"", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := ask(t, api, exchange{target: "/", send: headers{"Accept": browser, "Accept-Encoding": test.accept}})
			require.Equal(t, test.want, response.Header.Get("Content-Encoding"))
			if test.want == "" {
				require.Equal(t, plain, read(t, response))
				return
			}
			unzipped, err := gzip.NewReader(response.Body)
			require.NoError(t, err)
			body, err := io.ReadAll(unzipped)
			require.NoError(t, err)
			require.Equal(t, plain, string(body))
		})
	}
}

// The policy names each script and style that is in the page, by its hash, and
// nothing else that could run or be loaded from elsewhere.
func TestPage_policy(t *testing.T) {
	t.Parallel()
	response := getAs(t, serve(t, withDocsUI), "/", browser)
	page := read(t, response)
	var scripts []string
	for _, script := range regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(page, -1) {
		scripts = append(scripts, sourceHash(script[1]))
	}
	require.Len(t, scripts, 2)
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(page)
	require.NotNil(t, style)
	require.Equal(t, "default-src 'none'; script-src "+strings.Join(scripts, " ")+"; style-src "+sourceHash(style[1])+
		"; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		response.Header.Get("Content-Security-Policy"))
	require.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))
	require.Equal(t, "no-referrer", response.Header.Get("Referrer-Policy"))
}

func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
