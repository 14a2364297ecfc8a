package apirequest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/etag"
)

// Which conditions a request has: a read those of its headers, and a write one on its row, of
// which the shape doesn't know the versions.
func TestParse_conditions(t *testing.T) {
	t.Parallel()
	tag := etag.New([]byte("7"), [etag.SumSize]byte{})
	for _, tt := range []struct {
		name, method, target, match, noneMatch string
		read, whole                            bool // it is about the response, of which a HEAD needs the rows
		on                                     apirequest.Match
		versions                               []string
	}{
		{"none", "GET", "/films", "", "", false, false, apirequest.MatchNothing, nil},
		{"read", "GET", "/films", "", tag, true, false, apirequest.MatchNothing, nil},
		{"head", "HEAD", "/films", "", tag, true, true, apirequest.MatchNothing, nil},
		{"head_that_matches", "HEAD", "/films", tag, "", true, true, apirequest.MatchNothing, nil},
		{"head_without", "HEAD", "/films", "", "", false, false, apirequest.MatchNothing, nil},
		{"call_by_GET", "GET", "/rpc/add", tag, "", true, false, apirequest.MatchNothing, nil},
		{"call_by_POST", "POST", "/rpc/add", tag, tag, false, false, apirequest.MatchNothing, nil},
		{"description", "GET", "/", tag, tag, false, false, apirequest.MatchNothing, nil},
		{"options", "OPTIONS", "/films", tag, tag, false, false, apirequest.MatchNothing, nil},
		{"insert", "POST", "/films", tag, tag, false, false, apirequest.MatchNothing, nil},
		{"update", "PATCH", "/films", tag, tag, false, false, apirequest.MatchVersion, []string{"7"}},
		{"update_of_several_versions", "PATCH", "/films", tag + ", " + tag, "", false, false, apirequest.MatchVersion, []string{"7", "7"}},
		{"update_without_a_version", "PATCH", "/films", `"a", W/` + tag, "", false, false, apirequest.MatchVersion, nil},
		{"update_of_any", "PATCH", "/films", "*", "", false, false, apirequest.MatchAny, nil},
		{"update_unless_there", "PATCH", "/films", "", "*", false, false, apirequest.MatchNothing, nil},
		{"put", "PUT", "/films?id=eq.1", tag, "", false, false, apirequest.MatchVersion, []string{"7"}},
		{"put_unless_there", "PUT", "/films?id=eq.1", "", "*", false, false, apirequest.MatchAbsent, nil},
		{"put_unless_a_version", "PUT", "/films?id=eq.1", "", tag, false, false, apirequest.MatchNothing, nil},
		{"put_never", "PUT", "/films?id=eq.1", tag, "*", false, false, apirequest.MatchVersion, nil},
		{"put_of_any_never", "PUT", "/films?id=eq.1", "*", "*", false, false, apirequest.MatchVersion, nil},
		{"delete", "DELETE", "/films", tag, "", false, false, apirequest.MatchVersion, []string{"7"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			parse := func(c apirequest.Config) *apirequest.Request {
				r := httptest.NewRequest(tt.method, tt.target, strings.NewReader(`{"id": 1}`))
				for name, value := range map[string]string{"If-Match": tt.match, "If-None-Match": tt.noneMatch} {
					if value != "" {
						r.Header.Set(name, value)
					}
				}
				req, err := apirequest.Parse(r, c)
				require.NoError(t, err)
				return req
			}
			req := parse(config)
			require.Equal(t, tt.read && tt.match != "", req.Conditions.Match.Given)
			require.Equal(t, tt.read && tt.noneMatch != "", req.Conditions.NoneMatch.Given)
			require.Equal(t, tt.whole, req.Whole)
			require.Equal(t, tt.method == http.MethodHead, req.Head)
			require.Equal(t, tt.on, req.Match)
			require.Equal(t, tt.versions, req.Values.Versions)

			off := config
			off.NoConditions = true
			req = parse(off)
			require.Zero(t, req.Conditions)
			require.False(t, req.Whole)
			require.Equal(t, apirequest.MatchNothing, req.Match)
		})
	}
}
