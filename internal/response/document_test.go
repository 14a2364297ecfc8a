package response_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/response"
)

func TestDocument(t *testing.T) {
	t.Parallel()
	const tag = `"abc"`
	vary, described := []string{"Accept, Prefer, Range"}, []string{"application/openapi+json; charset=utf-8"}
	for _, tt := range []struct {
		name   string
		req    apirequest.Request
		known  []string // the If-None-Match headers
		status int
		header http.Header
		body   string
	}{
		{"GET", apirequest.Request{}, nil, 200, http.Header{"Vary": vary, "Etag": {tag}, "Content-Type": described, "Content-Length": {"8"}}, "{\"a\": 1}"},
		{"HEAD", apirequest.Request{Shape: apirequest.Shape{Operation: apirequest.Operation{Head: true}}}, nil, 200, http.Header{"Vary": vary, "Etag": {tag}, "Content-Type": described}, ""},
		{"one_of_several_schemas", apirequest.Request{Shape: apirequest.Shape{Schema: "api"}, Negotiated: true}, nil, 200,
			http.Header{"Vary": vary, "Etag": {tag}, "Content-Profile": {"api"}, "Content-Type": described, "Content-Length": {"8"}}, "{\"a\": 1}"},
		{"known", apirequest.Request{}, []string{`"x", W/"abc"`}, 304, http.Header{"Vary": vary, "Etag": {tag}}, ""},
		{"whatever_is_known", apirequest.Request{}, []string{"*"}, 304, http.Header{"Vary": vary, "Etag": {tag}}, ""},
		{"another_known", apirequest.Request{}, []string{`"abcd"`}, 200, http.Header{"Vary": vary, "Etag": {tag}, "Content-Type": described, "Content-Length": {"8"}}, "{\"a\": 1}"},
		{"known_in_another_header", apirequest.Request{}, []string{`"x"`, `"abc"`}, 304, http.Header{"Vary": vary, "Etag": {tag}}, ""},
		{"within_another_tag", apirequest.Request{}, []string{`"x,"abc",y"`}, 200, http.Header{"Vary": vary, "Etag": {tag}, "Content-Type": described, "Content-Length": {"8"}}, "{\"a\": 1}"},
		{"behind_what_is_no_tag", apirequest.Request{}, []string{`x, "abc"`}, 200, http.Header{"Vary": vary, "Etag": {tag}, "Content-Type": described, "Content-Length": {"8"}}, "{\"a\": 1}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			response.Document(w, &tt.req, mediatype.Type{Name: mediatype.OpenAPI}, [][]byte{[]byte(`{"a": `), []byte(`1}`)}, tag, tt.known, response.Config{})
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, tt.header, w.Header())
			require.Equal(t, tt.body, w.Body.String())
		})
	}
}
