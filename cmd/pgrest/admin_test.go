package main

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAdminStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, path   string
		live, loaded bool
		want         int
	}{
		{"live", "/live", true, false, 200},
		{"not live", "/live", false, true, 500},
		{"ready", "/ready", true, true, 200},
		{"schema pending", "/ready", true, false, 503},
		{"schema pending and not live", "/ready", false, false, 503},
		{"schema loaded and not live", "/ready", false, true, 500},
		{"root", "/", true, true, 404},
		{"other path", "/ready/", true, true, 404},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			handler := adminStatus(status{
				live:  func(context.Context) bool { return test.live },
				ready: func(context.Context) bool { return test.loaded },
			})
			handler.ServeHTTP(w, httptest.NewRequest("GET", test.path, nil))
			require.Equal(t, test.want, w.Code)
			require.Empty(t, w.Body.String())
		})
	}
}
