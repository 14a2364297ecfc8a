package apitest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// PostgreSQL cuts names off behind 63 bytes. That must not make one alias of two.
func TestLimits_long_names(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	long := strings.Repeat("é", 31) + "x" // 63 bytes
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE TABLE archive."`+long+`" (id int PRIMARY KEY, parent_id int REFERENCES archive."`+long+`");
		CREATE TABLE archive.links (film int REFERENCES archive.films, long int REFERENCES archive."`+long+`", PRIMARY KEY (film, long));
		GRANT SELECT ON archive."`+long+`", archive.links TO `+anon+`;
		INSERT INTO archive."`+long+`" VALUES (1, NULL), (2, 1), (3, 2);
		INSERT INTO archive.links VALUES (4, 3)`)
	require.NoError(t, err)
	run(t, open(t, db.Pool(t)),
		exchange{name: "parents", target: "/" + long + "?select=id,p:parent_id(id,p:parent_id(id))&id=eq.3",
			body: `[{"id": 3, "p": {"id": 2, "p": {"id": 1}}}]`},
		exchange{name: "children", target: "/" + long + "?select=id,c:" + long + "!parent_id(id,c:" + long + "!parent_id(id))&id=eq.1",
			body: `[{"id": 1, "c": [{"id": 2, "c": [{"id": 3}]}]}]`},
		exchange{name: "over_a_junction", target: "/films?select=id,l:" + long + "(id)&id=eq.4", body: `[{"id": 4, "l": [{"id": 3}]}]`},
	)
}

// Requests may be as long as the host's server allows, and cost little more than
// their length. None of them breaks a connection.
func TestLimits_long_requests(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1))
	var backend, after int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT pg_backend_pid()`).Scan(&backend))
	api := open(t, pool)
	for _, tt := range []struct {
		name, target string
		status       int
	}{
		{"conditions", "/films?id=eq.1" + strings.Repeat("&id=eq.1", 1000), http.StatusOK},
		{"more conditions than a statement has arguments", "/films?id=eq.1" + strings.Repeat("&id=eq.1", 70_000), http.StatusRequestURITooLong},
		{"columns", "/films?id=eq.1&select=id" + strings.Repeat(",id", 1000), http.StatusOK},
		{"more columns than a statement has", "/films?select=id" + strings.Repeat(",id", 2000), http.StatusInternalServerError},
		{"columns of an embed, and an order by them", "/films?select=directors(id" + strings.Repeat(",id", 100_000) + ")" +
			"&order=directors(born)" + strings.Repeat(",directors(born)", 30_000), http.StatusInternalServerError},
		{"embeds", "/films?select=" + strings.Join(numbered("a%d:directors()", 50_000), ",") + "&" +
			strings.Join(numbered("a%d=is.null", 50_000), "&"), http.StatusInternalServerError},
		{"order", "/films?order=" + strings.Join(numbered("id->a%d", 50_000), ","), http.StatusInternalServerError},
		{"arguments", "/rpc/add?" + strings.Join(numbered("a%d=", 50_000), "&"), http.StatusNotFound},
		{"table", "/films" + strings.Repeat("films", 100_000), http.StatusNotFound},
		{"function", "/rpc/add" + strings.Repeat("add", 100_000), http.StatusNotFound},
		{"embed", "/films?select=directors" + strings.Repeat("directors", 50_000) + "()", http.StatusBadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			response := ask(t, api, exchange{target: tt.target})
			require.Equal(t, tt.status, response.StatusCode)
			require.Less(t, time.Since(start), 10*time.Second)
		})
	}
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT pg_backend_pid()`).Scan(&after))
	require.Equal(t, backend, after)
}

// numbered fills the numbers up to n into a format.
func numbered(format string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(format, i)
	}
	return all
}

// What middleware of the host's has said of the response stays.
func TestHeader_vary_of_the_host(t *testing.T) {
	t.Parallel()
	api := serve(t)
	host := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Origin")
		api.ServeHTTP(w, r)
	})
	const vary = "Origin\nAccept, Prefer, Range"
	run(t, host,
		exchange{name: "GET", target: "/films?select=id&id=eq.1", want: headers{"Vary": vary}, body: `[{"id": 1}]`},
		exchange{name: "OPTIONS", method: http.MethodOptions, target: "/films", want: headers{"Vary": vary, "Content-Type": ""}},
	)
}

func TestOptions_observe_head(t *testing.T) {
	t.Parallel()
	var seen events
	api := serve(t, func(o *pgrest.Options) { o.Observe = seen.observe })
	event := seen.of(t, api, exchange{method: http.MethodHead, target: "/nowhere"})
	require.Equal(t, http.StatusNotFound, event.Status)
	require.Zero(t, event.Bytes)
}
