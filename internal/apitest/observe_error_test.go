package apitest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/filter"
)

// A host is told why a request failed: what its client reads, and the cause.
func TestEvent_Err(t *testing.T) {
	t.Parallel()
	var seen events
	watched := func(o *pgrest.Options) { o.Observe = seen.observe }
	api := serve(t, watched)
	errHost := errors.New("the host's own")
	refusing := func(err error) option {
		return func(o *pgrest.Options) {
			o.Authenticate = func(*http.Request) (auth.Identity, error) { return auth.Identity{}, err }
		}
	}
	none := func(err error) bool { return errors.Unwrap(err) == nil }
	tests := []struct {
		name  string
		api   *pgrest.Handler
		x     exchange
		want  pgrest.Error
		cause func(error) bool
	}{
		{"the schema cache", api, exchange{target: "/flims"},
			pgrest.Error{Code: "PGRST205", Status: 404, Message: "Could not find the table 'archive.flims' in the schema cache"}, none},
		{"the URL", api, exchange{target: "/films?year=gtt.1"},
			pgrest.Error{Code: "PGRST100", Status: 400, Details: `unexpected "t" expecting operator (eq, gt, ...)`}, as[*filter.ParseError]},
		{"the path", api, exchange{target: "/films/1"}, pgrest.Error{Code: "PGRST125", Status: 404}, none},
		{"a limit", serve(t, watched, func(o *pgrest.Options) { o.Limits.MaxConditions = 1 }), exchange{target: "/films?id=eq.1&year=eq.2"},
			pgrest.Error{Code: "PGRST100", Status: 400, Details: "There may be 1 of them."}, as[*filter.LimitError]},
		{"the token", api, exchange{target: "/films", send: headers{"Authorization": "Bearer x"}},
			pgrest.Error{Code: "PGRST301", Status: 401}, as[*auth.Error]},
		{"the host's refusal", serve(t, watched, refusing(&auth.Error{Code: "SESSION", Message: "It ended", Details: "at noon", Status: 403})),
			exchange{target: "/films"}, pgrest.Error{Code: "SESSION", Status: 403, Message: "It ended", Details: "at noon"}, as[*auth.Error]},
		{"the host's fault", serve(t, watched, refusing(errHost)), exchange{target: "/films"},
			pgrest.Error{Code: "PGRSTX00", Status: 500, Message: "Internal error"}, func(err error) bool { return errors.Is(err, errHost) }},
		{"a value", api, exchange{target: "/films?id=eq.x"},
			pgrest.Error{Code: "22P02", Status: 400, Message: `invalid input syntax for type integer: "x"`}, as[*pgconn.PgError]},
		{"a privilege", api, exchange{target: "/acquisitions"},
			pgrest.Error{Code: "42501", Status: 401, Message: "permission denied for table acquisitions"}, as[*pgconn.PgError]},
		{"a privilege of somebody", api, exchange{method: "DELETE", target: "/films", token: `{"role":"` + visitor + `"}`},
			pgrest.Error{Code: "42501", Status: 403, Message: "permission denied for table films"}, as[*pgconn.PgError]},
		{"how many rows there are", api, exchange{target: "/films?id=lt.3", send: headers{"Accept": "application/vnd.pgrst.object+json"}},
			pgrest.Error{Code: "PGRST116", Status: 406, Message: "Cannot coerce the result to a single JSON object", Details: "The result contains 2 rows"}, none},
		{"a HEAD", api, exchange{method: "HEAD", target: "/flims"}, pgrest.Error{Code: "PGRST205", Status: 404}, none},
		{"a body", api, exchange{method: "POST", target: "/visitors_book", data: "{"}, pgrest.Error{Code: "PGRST102", Status: 400}, nil},
		{"a panic", serve(t, watched, breaking("as told", 1)), exchange{target: "/films", send: headers{"Accept": fragile}},
			pgrest.Error{Code: "PGRSTX00", Status: 500, Message: "Internal error"}, func(err error) bool { return err.Error() == "PGRSTX00: Internal error: panic: as told" }},
		{"a panic with an error", serve(t, watched, breaking(errHost, 1)), exchange{target: "/films", send: headers{"Accept": fragile}},
			pgrest.Error{Code: "PGRSTX00", Status: 500}, func(err error) bool { return errors.Is(err, errHost) }},
	}
	for _, tt := range tests { // one after the other, so that each finds its own event
		t.Run(tt.name, func(t *testing.T) {
			event := seen.of(t, tt.api, tt.x)
			require.NotNil(t, event.Err)
			require.Equal(t, event.Status, event.Err.Status)
			require.Equal(t, tt.want.Code, event.Err.Code)
			require.Equal(t, tt.want.Status, event.Err.Status)
			require.Equal(t, tt.want.Details, event.Err.Details)
			if tt.want.Message != "" {
				require.Equal(t, tt.want.Message, event.Err.Message)
			}
			if tt.cause != nil {
				require.True(t, tt.cause(event.Err), "%v", event.Err)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		require.Nil(t, seen.of(t, api, exchange{target: "/films?limit=1"}).Err)
		require.Nil(t, seen.of(t, api, exchange{target: "/films?title=eq.none"}).Err)
		require.Nil(t, seen.of(t, api, exchange{method: "OPTIONS", target: "/films"}).Err)
	})
}

func as[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// What an error has of details and hint is what the body has, in a form that encoding/json
// makes the body's of.
func TestEvent_Err_is_the_body(t *testing.T) {
	t.Parallel()
	var seen events
	api := serve(t, func(o *pgrest.Options) { o.Observe = seen.observe })
	for _, x := range []exchange{
		{target: "/people?select=films(*)"},
		{target: "/films?select=nothing_like_it(*)"},
		{target: "/films?id=eq.x"},
		{target: "/films?select=id,"},
		{target: "/flims"},
		{method: "POST", target: "/rpc/no_such_function", data: "{}"},
	} {
		response := ask(t, api, x)
		var body struct {
			Code, Message, Hint string
			Details             any
		}
		require.NoError(t, json.NewDecoder(response.Body).Decode(&body))
		require.NoError(t, response.Body.Close())
		require.Len(t, seen.all, 1)
		err := seen.all[0].Err
		seen.all = nil
		require.NotNil(t, err, x.target)
		details, failed := json.Marshal(err.Details)
		require.NoError(t, failed)
		want, failed := json.Marshal(body.Details)
		require.NoError(t, failed)
		require.JSONEq(t, string(want), string(details))
		require.Equal(t, []any{body.Code, body.Message, body.Hint, response.StatusCode}, []any{err.Code, err.Message, err.Hint, err.Status})
	}
}

// MinimalErrors keeps details and hints from clients, and not from the host.
func TestEvent_Err_of_minimal_errors(t *testing.T) {
	t.Parallel()
	var told *pgrest.Error
	api := serve(t, func(o *pgrest.Options) {
		o.MinimalErrors = true
		o.Observe = func(_ context.Context, e pgrest.Event) { told = e.Err }
	})
	response := ask(t, api, exchange{target: "/films?id=lt.3", send: headers{"Accept": "application/vnd.pgrst.object+json"}})
	require.NoError(t, response.Body.Close())
	require.Equal(t, "The result contains 2 rows", told.Details)
	require.Equal(t, "PGRST116: Cannot coerce the result to a single JSON object", fmt.Sprint(told))
}
