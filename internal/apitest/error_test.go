package apitest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// An error is JSON with code, message, details and hint; Proxy-Status has the
// code too. This is what is wrong with a request's line and headers; what is
// wrong with its parameters is told where these are.
func TestError(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "unknown_table", target: "/plays", status: 404, want: headers{"Proxy-Status": "PostgREST; error=PGRST205", "Content-Location": ""},
			body: fault("PGRST205", "Could not find the table 'archive.plays' in the schema cache", "", "")},
		exchange{name: "misspelt_table", target: "/institution", status: 404,
			body: fault("PGRST205", "Could not find the table 'archive.institution' in the schema cache", "", "Perhaps you meant the table 'archive.institutions'")},
		exchange{name: "table_in_capitals", target: "/Films", status: 404,
			body: fault("PGRST205", "Could not find the table 'archive.Films' in the schema cache", "", "Perhaps you meant the table 'archive.films'")},
		exchange{name: "nested_path", target: "/films/1", status: 404, body: fault("PGRST125", "Invalid path specified in request URL", "", "")},
		exchange{name: "nested_path_below_rpc", target: "/rpc/film/1", status: 404, body: fault("PGRST125", "Invalid path specified in request URL", "", "")},
		exchange{name: "unknown_method", method: http.MethodTrace, target: "/films", status: 405,
			body: fault("PGRST117", "Unsupported HTTP method: TRACE", "", "")},
		exchange{name: "method_that_the_root_lacks", method: http.MethodDelete, target: "/", status: 405,
			body: fault("PGRST117", "Unsupported HTTP method: DELETE", "", "")},
		exchange{name: "method_that_functions_lack", method: http.MethodPatch, target: "/rpc/add", status: 405,
			body: fault("PGRST101", "Cannot use the PATCH method on RPC", "", "")},
	)
}

// Nothing has an empty name: the parser refuses it, and not PostgreSQL.
func TestError_empty_name(t *testing.T) {
	t.Parallel()
	empty := func(part string, column int) string {
		return fault("PGRST100", fmt.Sprintf("\"failed to parse %s\" (line 1, column %d)", part, column), "unexpected empty name", "")
	}
	run(t, serve(t),
		exchange{name: "filter", target: `/films?%22%22=eq.1`, status: 400, body: empty(`tree path ("")`, 3)},
		exchange{name: "group", target: `/films?or=(%22%22.eq.1)`, status: 400, body: empty(`logic tree (("".eq.1))`, 6)},
		exchange{name: "select", target: `/films?select=%22%22`, status: 400, body: empty(`select parameter ("")`, 3)},
		exchange{name: "alias", target: `/films?select=%22%22:id`, status: 400, body: empty(`select parameter ("":id)`, 3)},
		exchange{name: "embed", target: `/films?select=id,%22%22(id)`, status: 400, body: empty(`select parameter (id,""(id))`, 6)},
		exchange{name: "hint", target: `/films?select=directors!%22%22(id)`, status: 400, body: empty(`select parameter (directors!""(id))`, 13)},
		exchange{name: "order", target: `/films?order=%22%22.desc`, status: 400, body: empty(`order ("".desc)`, 3)},
		exchange{name: "order_by_an_embed", target: `/films?select=directors()&order=directors(%22%22)`, status: 400, body: empty(`order (directors(""))`, 13)},
		exchange{name: "columns", method: http.MethodPost, target: `/films?columns=%22%22`, data: `[{"":1}]`, status: 400,
			body: fault("PGRST204", "Could not find the '' column of 'films' in the schema cache", "", "")},
		exchange{name: "on_conflict", method: http.MethodPost, target: `/films?on_conflict=%22%22`, data: `[{"id":1}]`, status: 400,
			body: empty(`on_conflict parameter ("")`, 3)},
		exchange{name: "blanks", target: `/films?select=id&%20=eq.1`, status: 400, body: empty(`tree path ( )`, 2)},
		exchange{name: "of_a_body", method: http.MethodPost, target: `/films`, data: `{"":1}`, status: 400,
			body: fault("PGRST204", "Could not find the '' column of 'films' in the schema cache", "", "")},
		exchange{name: "key_of_JSON", target: `/films?select=id,k:id->%22%22&id=eq.1`, body: `[{"id": 1, "k": null}]`},
	)
}

// What PostgreSQL refuses has PostgreSQL's code and texts, and a status by the code.
func TestError_SQLSTATE(t *testing.T) {
	t.Parallel()
	var exchanges []exchange
	for _, tt := range []struct {
		code    string
		status  int
		message string
	}{
		{"08006", 503, "connection failure"},
		{"21000", 500, "cardinality violation"},
		{"22023", 400, "invalid parameter value"},
		{"22P02", 400, "invalid text representation"},
		{"23503", 409, "foreign key violation"},
		{"23505", 409, "unique violation"},
		{"23514", 400, "check violation"},
		{"25006", 405, "read only transaction"},
		{"28000", 403, "invalid authorization"},
		{"2D000", 500, "invalid transaction termination"},
		{"40001", 500, "serialization failure"},
		{"42501", 401, "insufficient privilege"},
		{"42883", 404, "undefined function"},
		{"42P01", 404, "undefined table"},
		{"42P17", 500, "infinite recursion"},
		{"53300", 503, "too many connections"},
		{"53400", 500, "configuration limit exceeded"},
		{"54001", 500, "statement too complex"},
		{"55P03", 500, "lock not available"},
		{"57014", 500, "query canceled"},
		{"57P01", 503, "admin shutdown"},
		{"58030", 500, "io error"},
		{"P0002", 500, "no data found"},
		{"XX000", 500, "internal error"},
	} {
		exchanges = append(exchanges, exchange{name: tt.code, target: "/faults?select=raised&sqlstate=eq." + tt.code,
			status: tt.status, body: fault(tt.code, tt.message, "", "")})
	}
	exchanges = append(exchanges,
		exchange{name: "42501_with_a_token", target: "/faults?select=raised&sqlstate=eq.42501", token: `{"role": "` + visitor + `"}`, status: 403,
			want: headers{"WWW-Authenticate": ""}, body: fault("42501", "insufficient privilege", "", "")},
		exchange{name: "42501_without_one_asks_for_it", target: "/faults?select=raised&sqlstate=eq.42501", status: 401,
			want: headers{"WWW-Authenticate": "Bearer"}, body: fault("42501", "insufficient privilege", "", "")},
		exchange{name: "42501_with_a_token_for_the_anonymous_role", target: "/faults?select=raised&sqlstate=eq.42501", token: `{"role": "` + anon + `"}`, status: 401,
			want: headers{"WWW-Authenticate": "Bearer"}, body: fault("42501", "insufficient privilege", "", "")},
		exchange{name: "none_that_is_not_reached", target: "/faults?select=message&sqlstate=eq.P0001", body: `[{"message": "The projector is on fire"}]`},
	)
	run(t, serve(t), exchanges...)
}

// The database's own functions can raise errors with statuses of their choice:
// SQLSTATE PTxyz, or PGRST with a whole response.
func TestError_raised(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "exception", target: "/faults?select=raised&sqlstate=eq.P0001", status: 400,
			body: fault("P0001", "The projector is on fire", "Reel 3", "Leave by the side doors")},
		exchange{name: "PT402", target: "/faults?select=raised&sqlstate=eq.PT402", status: 402,
			body: fault("PT402", "Payment Required", "Quota exceeded", "Upgrade your plan")},
		exchange{name: "PT_without_a_status", target: "/faults?select=raised&sqlstate=eq.PTXYZ", status: 500,
			body: fault("PTXYZ", "no status", "", "")},
		exchange{name: "PGRST", target: "/faults?select=raised&sqlstate=eq.PGRST", status: 451, want: headers{"X-Court": "Hague"},
			body: fault("F451", "Withheld", "By court order", "Wait")},
	)
}

func TestError_raised_wrongly(t *testing.T) {
	t.Parallel()
	const (
		message     = `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`
		messageHint = "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'."
		detailHint  = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
	)
	api := serveClone(t, `
		CREATE VIEW archive.raises AS SELECT id, archive.fail(sqlstate, message, detail) AS raised FROM (VALUES
			(1, 'PGRST', 'no JSON', '{"status": 400, "headers": {}}'),
			(2, 'PGRST', '{"code": "no message"}', '{"status": 400, "headers": {}}'),
			(3, 'PGRST', '{"code": "X", "message": "no detail"}', NULL),
			(4, 'PGRST', '{"code": "X", "message": "no status"}', '{"headers": {}}'),
			(5, 'PGRST', '{"code": "X", "message": "no headers"}', '{"status": 400}'),
			(6, 'PGRST', '{"code": "X", "message": "odd status"}', '{"status": 42, "headers": {}}'),
			(7, 'PT042', 'odd status', NULL),
			(8, 'PGRST', '{"code": "X", "message": "own type"}', '{"status": 418, "headers": {"Content-Type": "application/problem+json", "Content-Length": "3"}}')
		) AS v (id, sqlstate, message, detail);
		GRANT SELECT ON archive.raises TO pgrest_test_anon`)
	run(t, api,
		exchange{name: "message_is_no_JSON", target: "/raises?id=eq.1", status: 500,
			body: fault("PGRST121", message, "Invalid JSON value for MESSAGE: 'no JSON'", messageHint)},
		exchange{name: "message_without_a_message", target: "/raises?id=eq.2", status: 500,
			body: fault("PGRST121", message, `Invalid JSON value for MESSAGE: '{"code": "no message"}'`, messageHint)},
		exchange{name: "no_detail", target: "/raises?id=eq.3", status: 500,
			body: fault("PGRST121", message, "DETAIL is missing in the RAISE statement", detailHint)},
		exchange{name: "detail_without_a_status", target: "/raises?id=eq.4", status: 500,
			body: fault("PGRST121", message, `Invalid JSON value for DETAIL: '{"headers": {}}'`, detailHint)},
		exchange{name: "detail_without_headers", target: "/raises?id=eq.5", status: 500,
			body: fault("PGRST121", message, `Invalid JSON value for DETAIL: '{"status": 400}'`, detailHint)},
		exchange{name: "status_that_is_none", target: "/raises?id=eq.6", status: 500, body: fault("X", "odd status", "", "")},
		exchange{name: "PT_that_is_no_status", target: "/raises?id=eq.7", status: 500, body: fault("PT042", "odd status", "", "")},
		exchange{name: "content_type_of_its_own", target: "/raises?id=eq.8", status: 418,
			want: headers{"Content-Type": "application/problem+json"}, body: fault("X", "own type", "", "")},
	)
}

// MinimalErrors keeps details and hints from clients.
func TestError_minimal(t *testing.T) {
	t.Parallel()
	run(t, serve(t, func(o *pgrest.Options) { o.MinimalErrors = true }),
		exchange{name: "of_the_API", target: "/Films", status: 404,
			body: `{"code": "PGRST205", "message": "Could not find the table 'archive.Films' in the schema cache"}`},
		exchange{name: "of_PostgreSQL", target: "/faults?select=raised&sqlstate=eq.P0001", status: 400,
			body: `{"code": "P0001", "message": "The projector is on fire"}`},
	)
}

// A view that is broken in the database fails alone.
func TestError_does_not_last(t *testing.T) {
	t.Parallel()
	api := open(t, pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1)))
	for range 3 {
		for _, x := range []exchange{
			{target: "/faults?select=raised&sqlstate=eq.XX000", status: 500, body: fault("XX000", "internal error", "", "")},
			{target: "/films?select=id&id=eq.1", body: `[{"id": 1}]`},
			{target: "/films?select=titel", status: 400,
				body: fault("42703", "column films.titel does not exist", "", `Perhaps you meant to reference the column "films.title".`)},
			{target: "/faults?select=raised&sqlstate=eq.P0001", send: headers{"Prefer": "count=exact"}, status: 400,
				body: fault("P0001", "The projector is on fire", "Reel 3", "Leave by the side doors")},
			{target: "/films?select=id&limit=1", send: headers{"Prefer": "count=exact"}, status: 206, body: `[{"id": 1}]`},
		} {
			x.check(t, ask(t, api, x))
		}
	}
}

// A connection that is lost costs its request, and no other.
func TestError_lost_connection(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE FUNCTION private.hang_up() RETURNS bool LANGUAGE sql SECURITY DEFINER AS 'SELECT pg_terminate_backend(pg_backend_pid())';
		CREATE VIEW archive.hang_up AS SELECT private.hang_up();
		GRANT SELECT ON archive.hang_up TO pgrest_test_anon`)
	for range 2 {
		x := exchange{target: "/hang_up", status: 503,
			body: fault("57P01", "terminating connection due to administrator command", "", "")}
		x.check(t, ask(t, api, x))
		x = exchange{target: "/films?select=id&id=eq.1", body: `[{"id": 1}]`}
		x.check(t, ask(t, api, x))
	}
}

// serveClone opens an API over a copy of the fixture with additions to it.
func serveClone(t *testing.T, additions string, changes ...option) *pgrest.Handler {
	t.Helper()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), additions)
	require.NoError(t, err)
	return open(t, db.Pool(t), changes...)
}
