package response_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/response"
)

func TestError(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	response.Error(w, apierror.OffsetBeyond(20, 13), response.Config{})
	require.Equal(t, 416, w.Code)
	require.Equal(t, http.Header{
		"Content-Type":   {"application/json; charset=utf-8"},
		"Content-Length": {"146"},
		"Content-Range":  {"*/13"},
		"Proxy-Status":   {"PostgREST; error=PGRST103"},
	}, w.Header())
	require.Equal(t, 146, w.Body.Len())

	w = httptest.NewRecorder()
	response.Error(w, apierror.OffsetBeyond(20, 13), response.Config{MinimalErrors: true})
	require.JSONEq(t, `{"code": "PGRST103", "message": "Requested range not satisfiable"}`, w.Body.String())
}
