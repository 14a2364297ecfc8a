package pgrest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestSmoke(t *testing.T) {
	pool := pgtest.Fixture(t).Pool(t)
	h, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}, AnonRole: "pgrest_test_anon", ExtraSearchPath: []string{"extra"}})
	require.NoError(t, err)
	defer h.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	require.NoError(t, h.Ready(ctx))
	for _, target := range []string{"/films?select=id,title,tags,info->a,full_title,year::text&year=gt.1950&order=id.desc&limit=2", "/films?limit=1", "/flims", "/films?x=eq.1", "/films?year=eq.a"} {
		r := httptest.NewRequest("GET", target, nil)
		r.Header.Set("Prefer", "count=exact")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		res := w.Result()
		b, _ := io.ReadAll(res.Body)
		t.Log(target, res.StatusCode, res.Header, string(b))
	}
	_ = http.StatusOK
}
