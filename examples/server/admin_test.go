package main

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAdmin(t *testing.T) {
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
			handler := admin(func(context.Context) bool { return test.live }, func() bool { return test.loaded })
			handler.ServeHTTP(w, httptest.NewRequest("GET", test.path, nil))
			require.Equal(t, test.want, w.Code)
			require.Empty(t, w.Body.String())
		})
	}
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "!4", "*"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			listener, err := listen(t.Context(), host, 0)
			require.NoError(t, err)
			require.True(t, accepts(t.Context(), listener.Addr()))
			require.NoError(t, listener.Close())
			require.False(t, accepts(t.Context(), listener.Addr()))
		})
	}
}
