package forwarded_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/forwarded"
)

// Of several proxies the first counts, which is the client's, and of what can't be a host, a
// scheme or a path nothing does.
func TestOrigin_Forward(t *testing.T) {
	t.Parallel()
	type origin = forwarded.Origin
	here := origin{Host: "here:3000", Path: "/api"}
	tests := map[string]struct {
		header http.Header
		want   origin
	}{
		"nothing":              {nil, here},
		"scheme":               {http.Header{"X-Forwarded-Proto": {"https"}}, origin{"here:3000", true, "/api"}},
		"host":                 {http.Header{"X-Forwarded-Host": {"a.example:8443"}}, origin{"a.example:8443", false, "/api"}},
		"host by its address":  {http.Header{"X-Forwarded-Host": {"[fd00::2]:80"}}, origin{"[fd00::2]:80", false, "/api"}},
		"prefix":               {http.Header{"X-Forwarded-Prefix": {"/v1/"}}, origin{"here:3000", false, "/v1/api"}},
		"prefixes":             {http.Header{"X-Forwarded-Prefix": {"/a, /b"}}, origin{"here:3000", false, "/a/b/api"}},
		"several":              {http.Header{"X-Forwarded-Proto": {"HTTPS, http"}, "X-Forwarded-Host": {"a.example", "b.example"}}, origin{"a.example", true, "/api"}},
		"no scheme":            {http.Header{"X-Forwarded-Proto": {"javascript"}}, here},
		"no host":              {http.Header{"X-Forwarded-Host": {"a.example/<b>"}}, here},
		"no path":              {http.Header{"X-Forwarded-Prefix": {"//evil.example"}}, here},
		"no path but a query":  {http.Header{"X-Forwarded-Prefix": {"/a?b"}}, here},
		"RFC 7239":             {http.Header{"Forwarded": {`for=1.2.3.4;proto=https;host="a.example:8443", for=5.6.7.8;host=b.example`}}, origin{"a.example:8443", true, "/api"}},
		"RFC 7239, escaped":    {http.Header{"Forwarded": {`host="a\.example"; Proto = https`}}, origin{"a.example", true, "/api"}},
		"RFC 7239, unfinished": {http.Header{"Forwarded": {`host="a.example`}}, here},
		"RFC 7239 beside what a proxy sets": {
			http.Header{"Forwarded": {"host=evil.example"}, "X-Forwarded-Proto": {"https"}}, origin{"here:3000", true, "/api"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := here
			o.Forward(tt.header)
			require.Equal(t, tt.want, o)
		})
	}
}
