package response_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/response"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	response.Options(w, &plan.Info{Allow: "OPTIONS,GET,HEAD"}, response.Config{Timing: func() string { return "plan;dur=1.0" }})
	require.Equal(t, 200, w.Code)
	require.Empty(t, w.Body.String())
	require.Equal(t, http.Header{
		"Access-Control-Allow-Origin": {"*"},
		"Allow":                       {"OPTIONS,GET,HEAD"},
		"Content-Length":              {"0"},
		"Server-Timing":               {"plan;dur=1.0"},
		"Vary":                        {"Accept, Prefer, Range"},
	}, w.Header())

	w = httptest.NewRecorder()
	w.Header().Set("Access-Control-Allow-Origin", "https://example.org")
	response.Options(w, &plan.Info{}, response.Config{})
	require.Equal(t, "https://example.org", w.Header().Get("Access-Control-Allow-Origin"), "the host's own policy")
}
