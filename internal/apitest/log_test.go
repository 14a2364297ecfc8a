package apitest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// What a client can bring about as often as it likes is no error in the log, whatever
// its status says; what is wrong with the server is.
func TestLog_faults(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE VIEW archive.yearly AS SELECT year, count(*) AS films FROM archive.films GROUP BY year;
		CREATE TABLE archive.stamps (id int PRIMARY KEY, name text);
		CREATE FUNCTION archive.slow() RETURNS int STABLE SET statement_timeout = '20ms' LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN 1; END $$;
		CREATE FUNCTION archive.only(film int) RETURNS text STABLE LANGUAGE plpgsql AS $$
			DECLARE found text; BEGIN SELECT title INTO STRICT found FROM archive.films WHERE id = film; RETURN found; END $$;
		CREATE FUNCTION archive.wrong() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN ASSERT false; RETURN 1; END $$;
		GRANT ALL ON archive.yearly, archive.stamps TO pgrest_test_anon`)
	require.NoError(t, err)
	var log journal
	var seen events
	api := open(t, db.Pool(t), log.kept, func(o *pgrest.Options) { o.Observe = seen.observe })
	tests := []struct {
		x            exchange
		status       int
		code         string
		clientCaused bool
	}{
		{exchange{name: "view_that_takes_no_rows", method: http.MethodPost, target: "/yearly", data: `{"year": 1900}`}, 500, "55000", true},
		{exchange{name: "view_that_takes_no_changes", method: http.MethodPatch, target: "/yearly?year=eq.1931", data: `{"year": 1900}`}, 500, "55000", true},
		{exchange{name: "upsert_of_a_row_twice", method: http.MethodPost, target: "/stamps", data: `[{"id": 1}, {"id": 1}]`,
			send: headers{"Prefer": "resolution=merge-duplicates"}}, 500, "21000", true},
		{exchange{name: "more_columns_than_there_can_be", target: "/films?select=id" + strings.Repeat(",*", 1000)}, 500, "54011", true},
		{exchange{name: "too_deep", method: http.MethodPost, target: "/stamps?columns=name", data: `{"name": ` + strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000) + "}"}, 500, "54001", true},
		{exchange{name: "statement_timeout", target: "/rpc/slow"}, 500, "57014", true},
		{exchange{name: "no_row_for_a_function", target: "/rpc/only?film=0"}, 500, "P0002", true},
		{exchange{name: "serialization_failure", target: "/faults?select=raised&sqlstate=eq.40001"}, 500, "40001", true},
		{exchange{name: "pseudo-type", target: "/films?select=title::unknown"}, 400, "0A000", false},
		{exchange{name: "pseudo-type_in_CSV", target: "/films?select=x:title::any&order=title", send: headers{"Accept": "text/csv"}}, 400, "0A000", false},
		{exchange{name: "unknown_column", target: "/films?select=nope"}, 400, "42703", false},
	}
	for _, tt := range tests {
		t.Run(tt.x.name, func(t *testing.T) {
			response := ask(t, api, tt.x)
			require.Equal(t, tt.status, response.StatusCode)
			require.Contains(t, read(t, response), `"code":"`+tt.code+`"`)
			require.NotContains(t, log.String(), "level=ERROR")
			require.Equal(t, tt.clientCaused, seen.last().ClientCaused)
		})
	}
	for _, target := range []string{"/rpc/wrong", "/faults?select=raised&sqlstate=eq.42P17"} {
		require.Equal(t, 500, ask(t, api, exchange{target: target}).StatusCode)
		require.False(t, seen.last().ClientCaused)
	}
	require.Equal(t, 2, strings.Count(log.String(), "level=ERROR msg=\"request failed\" status=500"))
}

// last gives the event of the last request.
func (e *events) last() pgrest.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.all[len(e.all)-1]
}

// Neither an error's text nor the log grows with what the client sends.
func TestLog_bounded(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE FUNCTION archive.shout(word text) RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE '38000' USING MESSAGE = word, DETAIL = word, HINT = word; END $$`)
	require.NoError(t, err)
	var log journal
	var seen events
	api := open(t, db.Pool(t), log.kept, func(o *pgrest.Options) { o.Observe = seen.observe })
	long := strings.Repeat("long", 15_000) // in the URL
	for _, x := range []exchange{
		{name: "value", target: "/films?id=eq." + long, status: 400},
		{name: "values", target: "/films?id=in.(" + long + ")", status: 400},
		{name: "operator", target: "/films?id=" + long, status: 400},
		{name: "column", target: "/films?" + long + "=eq.1", status: 400},
		{name: "select", target: "/films?select=" + long, status: 400},
		{name: "cast", target: "/films?select=id::" + long, status: 400},
		{name: "language", target: "/films?title=fts(" + long + ").x", status: 400},
		{name: "order", target: "/films?order=" + long, status: 400},
		{name: "embed", target: "/films?select=" + long + "()", status: 400},
		{name: "hint", target: "/films?select=directors!" + long + "()", status: 400},
		{name: "table", target: "/" + long, status: 404},
		{name: "function", target: "/rpc/" + long, status: 404},
		{name: "arguments", target: "/rpc/add?" + strings.Join(numbered("a%d=1", 6000), "&"), status: 404},
		{name: "method", method: long, target: "/films", status: 405},
		{name: "method_on_a_function", method: long, target: "/rpc/add", status: 405},
		{name: "Accept", target: "/films", send: headers{"Accept": strings.Repeat(long, 20)}, status: 406},
		{name: "Prefer", target: "/films", send: headers{"Prefer": "handling=strict, " + strings.Repeat(long, 20)}, status: 400},
		{name: "time_zone", target: "/films", send: headers{"Prefer": "timezone=" + strings.Repeat(long, 20)}, status: 400},
		{name: "schema", target: "/films", send: headers{"Accept-Profile": strings.Repeat(long, 20)}, status: 406},
		{name: "Content-Type", method: http.MethodPost, target: "/films", send: headers{"Content-Type": strings.Repeat(long, 20)}, status: 400},
		{name: "body", method: http.MethodPost, target: "/rpc/add", data: `{"a": "` + strings.Repeat(long, 20) + `", "b": 1}`, status: 400},
		{name: "names_in_the_body", method: http.MethodPost, target: "/films", data: `{"` + strings.Repeat(long, 20) + `": 1}`, status: 400},
		{name: "what_a_function_says", method: http.MethodPost, target: "/rpc/shout", data: `{"word": "` + strings.Repeat(long, 20) + `"}`, status: 500},
		{name: "path_of_what_a_function_says", target: "/rpc/shout?word=" + long, status: 500},
	} {
		t.Run(x.name, func(t *testing.T) {
			before := len(log.String())
			response := ask(t, api, x)
			body := read(t, response)
			require.Equal(t, x.status, response.StatusCode, "%.2000s", body)
			require.Less(t, len(body), 4<<10)
			require.Less(t, len(log.String())-before, 3<<10)
			require.Less(t, len(seen.last().SQL), 17<<10)
			require.LessOrEqual(t, len(seen.last().Method), 1<<10)
		})
	}
}
