package apitest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// mapping has errors mapped by a function.
func mapping(f func(r *http.Request, e *pgrest.Error) *pgrest.Error) option {
	return func(o *pgrest.Options) { o.MapError = f }
}

// byConstraint maps errors as a host does: a message for a constraint, and no rows in details.
func byConstraint(_ *http.Request, e *pgrest.Error) *pgrest.Error {
	var refusal *pgconn.PgError
	if !errors.As(e, &refusal) {
		return nil
	}
	switch {
	case refusal.ConstraintName == "genres_name_key":
		e.Code, e.Message, e.Status, e.Details, e.Hint = "GENRE_TAKEN", "There is such a genre", 422, map[string]any{"field": "name"}, "Take it"
	case refusal.ConstraintName == "films_year_after_invention":
		return &pgrest.Error{Code: "FILM_YEAR", Message: "Nobody filmed then"}
	case refusal.ColumnName != "":
		e.Details = nil
		e.Message = refusal.ColumnName + " is missing"
	default:
		return nil
	}
	return e
}

func TestOptions_MapError(t *testing.T) {
	t.Parallel()
	api := serve(t, mapping(byConstraint), func(o *pgrest.Options) { o.TxEnd = pgrest.TxRollback })
	insert := func(name, relation, data string, status int, want headers, body string) exchange {
		return exchange{name: name, method: http.MethodPost, target: "/" + relation, data: data, token: `{"role": "` + curator + `"}`,
			status: status, want: want, body: body}
	}
	run(t, api,
		insert("constraint", "genres", `{"id": 99, "name": "Drama"}`, 422, headers{"Proxy-Status": "PostgREST; error=GENRE_TAKEN"},
			`{"code": "GENRE_TAKEN", "details": {"field": "name"}, "hint": "Take it", "message": "There is such a genre"}`),
		insert("another_error_with_the_status_of_this", "films", `{"id": 9999, "title": "x", "year": 1500}`, 400, headers{"Proxy-Status": "PostgREST; error=FILM_YEAR"},
			fault("FILM_YEAR", "Nobody filmed then", "", "")),
		insert("redacted", "genres", `{"id": 99}`, 400, nil, fault("23502", "name is missing", "", "")),
		insert("kept", "genres", `{"id": 99, "name": {}`, 400, nil, fault("PGRST102", "Empty or invalid json", "", "")),
		exchange{name: "headers_of_a_kept_one", target: "/acquisitions", status: 401, want: headers{"WWW-Authenticate": "Bearer"},
			body: fault("42501", "permission denied for table acquisitions", "", "")},
	)
}

// Every error that is answered is mapped, whatever the request failed of.
func TestOptions_MapError_everywhere(t *testing.T) {
	t.Parallel()
	teapot := mapping(func(r *http.Request, e *pgrest.Error) *pgrest.Error {
		e.Status, e.Message, e.Details, e.Hint = 418, r.Method+" "+e.Code, nil, ""
		e.Header = http.Header{"retry-after": {"7"}}
		return e
	})
	var seen events
	changes := []option{teapot, func(o *pgrest.Options) { o.Observe = seen.observe }}
	api := serve(t, changes...)
	refusing := func(o *pgrest.Options) {
		o.Authenticate = func(*http.Request) (auth.Identity, error) { return auth.Identity{}, errors.New("the host's own") }
	}
	for _, tt := range []struct {
		name string
		api  *pgrest.Handler
		x    exchange
		code string
	}{
		{"identify", api, exchange{target: "/films", send: headers{"Authorization": "Bearer x"}}, "PGRST301"},
		{"identify by the host", serve(t, append(changes, refusing)...), exchange{target: "/films"}, "PGRSTX00"},
		{"parse", api, exchange{target: "/films?year=gtt.1"}, "PGRST100"},
		{"limit", api, exchange{target: "/films?select=" + strings.Repeat("a", 70_000)}, "PGRST100"},
		{"plan", api, exchange{target: "/flims"}, "PGRST205"},
		{"run", api, exchange{target: "/films?id=eq.x"}, "22P02"},
		{"outcome", api, exchange{target: "/films?id=lt.3", send: headers{"Accept": "application/vnd.pgrst.object+json"}}, "PGRST116"},
		{"options", api, exchange{method: http.MethodOptions, target: "/flims"}, "PGRST205"},
		{"raised", api, exchange{target: "/faults?select=raised&sqlstate=eq.PT402"}, "PT402"},
		{"panic", serve(t, append(changes, breaking("as told", 1))...), exchange{target: "/films", send: headers{"Accept": fragile}}, "PGRSTX00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			method := tt.x.method
			if method == "" {
				method = http.MethodGet
			}
			tt.x.status, tt.x.body = 418, fault(tt.code, method+" "+tt.code, "", "")
			tt.x.want = headers{"Retry-After": "7", "WWW-Authenticate": ""}
			tt.x.check(t, ask(t, tt.api, tt.x))
			event := seen.last()
			require.Equal(t, 418, event.Status)
			require.Equal(t, method+" "+tt.code, event.Err.Message)
		})
	}
}

// What the host returns is what it is told, in logs too; its own error has no cause but
// what it gives.
func TestOptions_MapError_told(t *testing.T) {
	t.Parallel()
	var log journal
	var seen events
	errSecret := errors.New("secret")
	give := func(e *pgrest.Error) *pgrest.Error { return e }
	api := serve(t, log.kept, mapping(func(_ *http.Request, e *pgrest.Error) *pgrest.Error { return give(e) }), func(o *pgrest.Options) {
		o.Observe = seen.observe
		o.Authenticate = func(*http.Request) (auth.Identity, error) { return auth.Identity{}, errSecret }
	})
	x := exchange{target: "/films"}
	event := seen.of(t, api, x)
	require.ErrorIs(t, event.Err, errSecret)
	require.Contains(t, log.String(), "secret")

	log.reset()
	give = func(e *pgrest.Error) *pgrest.Error {
		require.ErrorIs(t, e, errSecret)
		return &pgrest.Error{Code: "OURS", Status: 503, Message: "Come back", Details: []int{1}}
	}
	event = seen.of(t, api, x)
	require.NotErrorIs(t, event.Err, errSecret)
	require.Equal(t, 503, event.Err.Status)
	require.NotContains(t, log.String(), "secret")
	require.Contains(t, log.String(), "OURS: Come back")

	log.reset()
	give = func(e *pgrest.Error) *pgrest.Error { e.Status = 404; return e } // no fault of the server's any more
	require.Equal(t, 404, seen.of(t, api, x).Err.Status)
	require.Empty(t, log.String())
}

// What the host can't have meant leaves the error as it was.
func TestOptions_MapError_unusable(t *testing.T) {
	t.Parallel()
	var log journal
	give := func(e *pgrest.Error) *pgrest.Error { return e }
	api := serve(t, log.kept, mapping(func(_ *http.Request, e *pgrest.Error) *pgrest.Error { return give(e) }))
	kept := fault("PGRST205", "Could not find the table 'archive.flims' in the schema cache", "", "")
	for _, tt := range []struct {
		name   string
		give   func(e *pgrest.Error) *pgrest.Error
		body   string
		logged string
	}{
		{"nil", func(e *pgrest.Error) *pgrest.Error { e.Message, e.Status = "changed", 500; return nil }, kept, ""},
		{"panic", func(e *pgrest.Error) *pgrest.Error { e.Message = "changed"; panic("MapError's") }, kept, "MapError panicked"},
		{"status", func(e *pgrest.Error) *pgrest.Error { e.Status = 99; return e }, kept, ""},
		{"status beyond", func(e *pgrest.Error) *pgrest.Error { e.Status = 1000; return e }, kept, ""},
		{"details", func(e *pgrest.Error) *pgrest.Error { e.Details = func() {}; return e }, kept, "details of the host's error left out"},
		{"panic of details", func(e *pgrest.Error) *pgrest.Error { e.Details = explosive{}; return e }, kept, "MapError panicked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log.reset()
			give = tt.give
			x := exchange{target: "/flims", status: 404, body: tt.body}
			x.check(t, ask(t, api, x))
			if tt.logged == "" {
				require.Empty(t, log.String())
			} else {
				require.Contains(t, log.String(), tt.logged)
			}
		})
	}
}

// explosive makes no JSON of itself.
type explosive struct{}

func (explosive) MarshalJSON() ([]byte, error) { panic("no JSON") }

// An answer that is broken off is no error that a client reads.
func TestOptions_MapError_broken_off(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	var seen events
	mapped := 0
	api := open(t, db.Pool(t), breaking("as told", 2000), mapping(func(_ *http.Request, e *pgrest.Error) *pgrest.Error { mapped++; return e }),
		func(o *pgrest.Options) { o.Observe, o.BodyThreshold = seen.observe, 100 })
	require.PanicsWithValue(t, http.ErrAbortHandler, func() {
		ask(t, api, exchange{target: "/ticks?select=id", send: headers{"Accept": fragile}})
	})
	require.True(t, seen.last().Aborted)
	require.Equal(t, "PGRSTX00", seen.last().Err.Code)
	require.Zero(t, mapped)
}

func TestOptions_ErrorFormat(t *testing.T) {
	t.Parallel()
	format := func(f pgrest.ErrorFormat) option { return func(o *pgrest.Options) { o.ErrorFormat = f } }
	plain := fault("PGRST205", "Could not find the table 'archive.flims' in the schema cache", "", "")
	problem := `{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "Could not find the table 'archive.flims' in the schema cache",
		"code": "PGRST205", "details": null, "hint": null, "message": "Could not find the table 'archive.flims' in the schema cache"}`
	isProblem := headers{"Content-Type": "application/problem+json", "Proxy-Status": "PostgREST; error=PGRST205"}
	asked := headers{"Accept": "application/json, Application/Problem+JSON; q=0.5"}

	always := serve(t, format(pgrest.ErrorsProblem))
	run(t, always,
		exchange{name: "problem", target: "/flims", status: 404, want: isProblem, body: problem},
		exchange{name: "problem_details", target: "/films?id=lt.3", send: headers{"Accept": "application/vnd.pgrst.object+json"}, status: 406,
			want: headers{"Content-Type": "application/problem+json"},
			body: `{"type": "about:blank", "title": "Not Acceptable", "status": 406, "detail": "Cannot coerce the result to a single JSON object",
				"code": "PGRST116", "details": "The result contains 2 rows", "hint": null, "message": "Cannot coerce the result to a single JSON object"}`},
		exchange{name: "problem_of_the_anonymous", target: "/acquisitions", status: 401,
			want: headers{"Content-Type": "application/problem+json", "WWW-Authenticate": "Bearer"},
			body: `{"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "permission denied for table acquisitions",
				"code": "42501", "details": null, "hint": null, "message": "permission denied for table acquisitions"}`},
		exchange{name: "no_problem", target: "/films?select=id&id=eq.1", body: `[{"id": 1}]`},
	)
	run(t, serve(t, format(pgrest.ErrorsProblem), func(o *pgrest.Options) { o.MinimalErrors = true }),
		exchange{name: "minimal", target: "/flims", status: 404, want: isProblem, body: `{"type": "about:blank", "title": "Not Found", "status": 404,
			"detail": "Could not find the table 'archive.flims' in the schema cache", "code": "PGRST205", "message": "Could not find the table 'archive.flims' in the schema cache"}`})
	run(t, serve(t, format(pgrest.ErrorsAccepted)),
		exchange{name: "accepted", target: "/flims", send: asked, status: 404, want: headers{"Content-Type": "application/problem+json", "Vary": "Accept"}, body: problem},
		exchange{name: "accepted_alone", target: "/flims", send: headers{"Accept": "application/problem+json"}, status: 404, want: isProblem, body: problem},
		exchange{name: "not_accepted", target: "/flims", send: headers{"Accept": "*/*"}, status: 404, want: headers{"Vary": "Accept"}, body: plain},
		exchange{name: "refused", target: "/flims", send: headers{"Accept": "application/json, application/problem+json;q=0"}, status: 404, body: plain},
		exchange{name: "rows", target: "/films?select=id&id=eq.1", send: asked, body: `[{"id": 1}]`},
	)
	run(t, serve(t), exchange{name: "of_the_protocol", target: "/flims", send: asked, status: 404, want: headers{"Vary": ""}, body: plain})

	t.Run("panic", func(t *testing.T) {
		t.Parallel()
		response := ask(t, serve(t, format(pgrest.ErrorsProblem), breaking("as told", 1)), exchange{target: "/films", send: headers{"Accept": fragile}})
		require.Equal(t, "application/problem+json", response.Header.Get("Content-Type"))
		require.JSONEq(t, `{"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "Internal error",
			"code": "PGRSTX00", "details": null, "hint": null, "message": "Internal error"}`, read(t, response))
	})
	t.Run("none of them", func(t *testing.T) {
		t.Parallel()
		_, err := pgrest.New(pgtest.Fixture(t).Pool(t), pgrest.Options{ErrorFormat: 3})
		require.EqualError(t, err, "pgrest: ErrorFormat is 3, which is none of its values")
	})
}

// A host without an observer has its errors mapped, too.
func TestOptions_MapError_context(t *testing.T) {
	t.Parallel()
	type key struct{}
	var found any
	api := serve(t, mapping(func(r *http.Request, _ *pgrest.Error) *pgrest.Error { found = r.Context().Value(key{}); return nil }))
	r := exchange{target: "/flims"}.request(t)
	answer(api, r.WithContext(context.WithValue(r.Context(), key{}, "the host's")))
	require.Equal(t, "the host's", found)
}

func (j *journal) reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Reset()
}
