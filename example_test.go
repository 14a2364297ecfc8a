package pgrest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// oneLine puts the rows of a JSON array on one line, for examples to show.
func oneLine(body string) string { return strings.ReplaceAll(body, ", \n ", ",") }

// A schema of the database becomes a part of the host's own server.
func Example() {
	pool, done := pgtest.ExamplePool() // or pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	defer done()

	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:  []string{"archive"},
		AnonRole: "pgrest_test_anon",
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	mux := http.NewServeMux()
	mux.Handle("/api/", http.StripPrefix("/api", api))

	for _, target := range []string{
		"/api/films?select=title,year&director_id=eq.2&order=year",
		"/api/films?select=title&year=lt.1930&rating=is.null",
		"/api/flims",
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		fmt.Println(w.Code, oneLine(w.Body.String()))
	}
	// Output:
	// 200 [{"title":"Seven Samurai","year":1954},{"title":"Yojimbo","year":1961},{"title":"Sanjuro","year":1962}]
	// 200 [{"title":"Dickson Greeting"}]
	// 404 {"code":"PGRST205","details":null,"hint":null,"message":"Could not find the table 'archive.flims' in the schema cache"}
}

// A host with sessions of its own says itself who makes a request. Claims are at
// hand in the database: here a policy on watchlists compares the owner of each
// row with the claim "sub".
func ExampleOptions_authenticate() {
	pool, done := pgtest.ExamplePool()
	defer done()

	sessions := map[string]string{"7c1e": "ada"} // what the host's login made
	api, err := pgrest.New(pool, pgrest.Options{
		Schemas: []string{"archive"},
		Authenticate: func(r *http.Request) (auth.Identity, error) {
			cookie, err := r.Cookie("session")
			if err != nil {
				return auth.Identity{Role: "pgrest_test_anon", Anonymous: true}, nil
			}
			user, ok := sessions[cookie.Value]
			if !ok {
				return auth.Identity{}, &auth.Error{Code: "SESSION", Message: "Your session has ended", Status: http.StatusUnauthorized}
			}
			return auth.Identity{Role: "pgrest_test_visitor", Claims: fmt.Appendf(nil, `{"sub": %q}`, user)}, nil
		},
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	for _, session := range []string{"session=7c1e", "session=0000", ""} {
		r := httptest.NewRequest(http.MethodGet, "/watchlists?select=film_id,note", nil)
		r.Header.Set("Cookie", session)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		fmt.Println(w.Code, oneLine(w.Body.String()))
	}
	// Output:
	// 200 [{"film_id":3,"note":"with popcorn"},{"film_id":10,"note":null}]
	// 401 {"code":"SESSION","details":null,"hint":null,"message":"Your session has ended"}
	// 401 {"code":"42501","details":null,"hint":null,"message":"permission denied for table watchlists"}
}

// The schema that an API serves can be looked at, once it is loaded.
func ExampleHandler_SchemaCache() {
	pool, done := pgtest.ExamplePool()
	defer done()

	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()
	if err := api.Ready(context.Background()); err != nil {
		log.Print(err)
		return
	}
	table, ok := api.SchemaCache().Table(introspect.QualifiedName{Schema: "archive", Name: "directors"})
	fmt.Println(ok, table.PrimaryKey)
	for _, column := range table.Columns {
		fmt.Println(column.Name, column.TypeName)
	}
	// Output:
	// true [id]
	// id integer
	// name text
	// born date
	// birthplace text
}

// What an API serves is watched by probes and metrics of the host's.
func ExampleHandler_Health() {
	pool, done := pgtest.ExamplePool()
	defer done()

	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:  []string{"archive"},
		AnonRole: "pgrest_test_anon",
		Observe: func(_ context.Context, e pgrest.Event) {
			fmt.Println(e.Method, e.Resource, e.Status)
		},
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()
	if err := api.Ready(context.Background()); err != nil {
		log.Print(err)
		return
	}

	mux := http.NewServeMux()
	mux.Handle("/api/", http.StripPrefix("/api", api))
	mux.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if health := api.Health(); health.SchemaLoaded.IsZero() || health.SchemaError != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	for _, target := range []string{"/api/films?limit=1", "/api/rpc/nothing_like_it", "/ready"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		fmt.Println(target, w.Code)
	}
	// Output:
	// GET relation 200
	// /api/films?limit=1 200
	// GET rpc 404
	// /api/rpc/nothing_like_it 404
	// /ready 200
}

// A host is told why requests fail: what the client reads, and the cause beneath it, which
// clients don't see.
func ExampleError() {
	pool, done := pgtest.ExamplePool()
	defer done()

	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:  []string{"archive"},
		AnonRole: "pgrest_test_anon",
		Observe: func(_ context.Context, e pgrest.Event) {
			if e.Err == nil {
				return
			}
			fmt.Println(e.Err.Status, e.Err.Code, e.Err.Message)
			var refusal *pgconn.PgError
			if errors.As(e.Err, &refusal) {
				fmt.Println("  PostgreSQL says", refusal.Severity, refusal.Code)
			}
			var unread *filter.ParseError
			if errors.As(e.Err, &unread) {
				fmt.Println("  the parameter", unread.Parameter, "should have", unread.Expected)
			}
		},
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	for _, target := range []string{"/films?limit=1", "/flims", "/films?year=eq.MCMLIV", "/films?year=is_after.1954"} {
		api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil))
	}
	// Output:
	// 404 PGRST205 Could not find the table 'archive.flims' in the schema cache
	// 400 22P02 invalid input syntax for type integer: "MCMLIV"
	//   PostgreSQL says ERROR 22P02
	// 400 PGRST100 "failed to parse filter (is_after.1954)" (line 1, column 3)
	//   the parameter year should have [operator (eq, gt, ...)]
}
