package pgrest_test

import (
	"os"
	"testing"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestProbe(t *testing.T) {
	t.Parallel()
	api := serve(t)
	for _, target := range []string{"/films?id=eq.1", "/films?select=id&order=id"} {
		r := ask(t, api, exchange{target: target})
		t.Log(r.StatusCode, r.Header, read(t, r))
	}
}
