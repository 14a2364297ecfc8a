package apitest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// faulty is an API whose writes fail, and a look at what they leave.
type faulty struct {
	*pgrest.Handler
	pool, admin *pgxpool.Pool
}

func openFaulty(t *testing.T, additions string, changes ...option) *faulty {
	t.Helper()
	db := pgtest.Clone(t)
	f := &faulty{pool: db.Pool(t), admin: db.Superuser(t)}
	_, err := f.admin.Exec(t.Context(), additions)
	require.NoError(t, err)
	f.Handler = open(t, f.pool, changes...)
	return f
}

// rows is all that the tables have that these tests write to.
func (f *faulty) rows(t *testing.T) string {
	t.Helper()
	var rows string
	require.NoError(t, f.admin.QueryRow(t.Context(), `SELECT string_agg(line, E'\n' ORDER BY line) FROM (
		SELECT 'reel ' || r FROM archive.reels r UNION ALL SELECT 'genre ' || g FROM archive.genres g) AS lines (line)`).Scan(&rows))
	return rows
}

// waitUntilIdle waits until all connections were given back.
func waitUntilIdle(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	waitFor(t, func() bool { return pool.Stat().AcquiredConns() == 0 }, "the connections are given back")
}

// movesReels are functions that write to reels.
const movesReels = `
	CREATE FUNCTION archive.move_reels(to_position int) RETURNS void LANGUAGE sql
		AS $$ UPDATE archive.reels SET position = to_position $$;
	CREATE FUNCTION archive.moved_reels(to_position int) RETURNS SETOF archive.reels LANGUAGE sql
		AS $$ UPDATE archive.reels SET position = to_position RETURNING * $$;
	CREATE FUNCTION archive.spread_reels() RETURNS SETOF archive.reels LANGUAGE sql
		AS $$ UPDATE archive.reels SET position = 10 * number RETURNING * $$;
	CREATE FUNCTION archive.count_moved_reels(to_position int) RETURNS bigint LANGUAGE sql
		AS $$ WITH moved AS (UPDATE archive.reels SET position = to_position RETURNING 1) SELECT count(*) FROM moved $$;`

// A deferred constraint fails when all else has gone well: at the commit, or when
// it is checked before a rollback. The client gets the error in any case.
func TestWrite_deferred_constraint(t *testing.T) {
	t.Parallel()
	const (
		twice   = `[{"film_id": 5, "number": 1, "position": 1}, {"film_id": 5, "number": 2, "position": 1}]`
		taken   = `{"film_id": 1, "number": 9, "position": 1}`
		move    = `{"position": 1}`
		first   = `{"to_position": 1}`
		ofFirst = "/reels?film_id=eq.1"
	)
	writes := []write{
		{name: "insert", target: "/reels", payload: twice},
		{name: "insert_with_location", target: "/reels", prefer: "return=headers-only", payload: taken},
		{name: "insert_shown", target: "/reels", prefer: representation, payload: twice},
		{name: "insert_of_one", target: "/reels", prefer: representation, send: acceptOne, payload: taken},
		{name: "insert_with_embeds", target: "/reels?select=position,films(title)", prefer: representation, payload: twice},
		{name: "insert_counted", target: "/reels", prefer: "count=exact", payload: twice},
		{name: "insert_of_csv", target: "/reels", send: sendCSV, payload: "film_id,number,position\n1,9,1"},
		{name: "update", method: "PATCH", target: ofFirst, payload: move},
		{name: "update_shown", method: "PATCH", target: ofFirst, prefer: representation, payload: move},
		{name: "update_of_one", method: "PATCH", target: ofFirst + "&number=eq.2", prefer: representation, send: acceptOne, payload: move},
		{name: "update_bounded", method: "PATCH", target: ofFirst, prefer: "handling=strict, max-affected=3", payload: move},
		{name: "upsert", target: "/reels", prefer: "resolution=merge-duplicates", payload: `{"film_id": 1, "number": 2, "position": 1}`},
		{name: "upsert_shown", target: "/reels", prefer: "resolution=merge-duplicates, return=representation", payload: `{"film_id": 1, "number": 2, "position": 1}`},
		{name: "put", method: "PUT", target: ofFirst + "&number=eq.2", payload: `{"film_id": 1, "number": 2, "position": 1}`},
		{name: "put_shown", method: "PUT", target: ofFirst + "&number=eq.9", prefer: representation, payload: taken},
		{name: "function", target: "/rpc/move_reels", payload: first},
		{name: "function_of_a_value", target: "/rpc/count_moved_reels", payload: first},
		{name: "function_of_rows", target: "/rpc/moved_reels", payload: first},
		{name: "function_of_rows_bounded", target: "/rpc/moved_reels", prefer: "handling=strict, max-affected=3", payload: first},
	}
	ends := map[string]struct {
		prefer string
		txEnd  pgrest.TxEnd
	}{
		"commit":                {"", pgrest.TxCommit},
		"rollback":              {"", pgrest.TxRollback},
		"rollback_for_a_client": {"tx=rollback", pgrest.TxCommitAllowOverride},
		"commit_for_a_client":   {"tx=commit", pgrest.TxRollbackAllowOverride},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := openFaulty(t, movesReels, func(o *pgrest.Options) { o.TxEnd = end.txEnd })
			before := api.rows(t)
			for _, x := range writes {
				t.Run(x.name, func(t *testing.T) {
					x.prefer = strings.Trim(x.prefer+", "+end.prefer, ", ")
					got := answer(api, x.request(t)).Result()
					body := read(t, got)
					require.Equal(t, 409, got.StatusCode, body)
					require.Contains(t, body, `"code":"23505"`)
					require.Contains(t, body, "reels_one_at_a_position")
					require.Equal(t, before, api.rows(t))
				})
			}
			x := exchange{target: "/reels?select=position&number=eq.1", body: `[{"position": 1}]`}
			x.check(t, ask(t, api, x))
			waitUntilIdle(t, api.pool)
		})
	}
}

// What was to be otherwise leaves nothing.
func TestWrite_mismatch(t *testing.T) {
	t.Parallel()
	const bounded = "handling=strict, max-affected=1"
	var (
		several = func(n string) string {
			return fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains "+n+" rows", "")
		}
		tooMany = fault("PGRST124", "Query result exceeds max-affected preference constraint", "The query affects 3 rows", "")
		beyond  = fault("PGRST103", "Requested range not satisfiable", "An offset of 4 was requested, but there are only 3 rows.", "")
		other   = fault("PGRST115", "Payload values do not match URL in primary key column(s)", "", "")
	)
	api := openFaulty(t, movesReels)
	before := api.rows(t)
	for _, prefer := range []string{"", "return=representation", "tx=commit"} {
		with := func(p string) string { return strings.Trim(p+", "+prefer, ", ") }
		for _, x := range []write{
			{name: "insert_of_two", target: "/genres", prefer: with(representation), send: acceptOne, payload: `[{"id": 50, "name": "a"}, {"id": 51, "name": "b"}]`, status: 406, body: several("2")},
			{name: "update_of_three", method: "PATCH", target: "/reels", prefer: with(""), send: acceptOne, payload: `{"film_id": 2}`, status: 406, body: several("3")},
			{name: "update_of_none", method: "PATCH", target: "/reels?number=eq.7", prefer: with(""), send: acceptOne, payload: `{"position": 7}`, status: 406, body: several("0")},
			{name: "update_beyond_the_bound", method: "PATCH", target: "/reels", prefer: with(bounded), payload: `{"film_id": 2}`, status: 400, body: tooMany},
			{name: "delete_beyond_the_bound", method: "DELETE", target: "/reels", prefer: with(bounded), status: 400, body: tooMany},
			{name: "delete_of_three", method: "DELETE", target: "/reels", prefer: with(""), send: acceptOne, status: 406, body: several("3")},
			{name: "put_of_another", method: "PUT", target: "/genres?id=eq.50", prefer: with(""), payload: `{"id": 51, "name": "a"}`, status: 400, body: other},
			{name: "put_over_another", method: "PUT", target: "/genres?id=eq.50", prefer: with(""), payload: `{"id": 1, "name": "a"}`, status: 400, body: other},
			{name: "function_of_three", target: "/rpc/moved_reels?select=number", prefer: with(""), send: acceptOne, payload: `{"to_position": 7}`, status: 406, body: several("3")},
			{name: "function_beyond_its_last_row", target: "/rpc/spread_reels?offset=4", prefer: with("count=exact"), payload: `{}`, status: 416, body: beyond},
			{name: "function_beyond_the_bound", target: "/rpc/moved_reels", prefer: with(bounded), payload: `{"to_position": 7}`, status: 400, body: tooMany},
		} {
			t.Run(x.name+" "+prefer, func(t *testing.T) {
				got := answer(api, x.request(t)).Result()
				body := read(t, got)
				require.Equal(t, x.status, got.StatusCode, body)
				require.Equal(t, compact(x.body), compact(body))
				require.Equal(t, before, api.rows(t))
			})
		}
	}
	waitUntilIdle(t, api.pool)
}

// What was written is shown after its commit, in a body of any size. If the commit
// fails, the response is the error, and nothing was written.
func TestWrite_shown_after_its_commit(t *testing.T) {
	t.Parallel()
	const (
		fine  = `[{"film_id": 5, "number": 1, "position": 1}, {"film_id": 5, "number": 2, "position": 2}]`
		fails = `[{"film_id": 5, "number": 1, "position": 1}, {"film_id": 5, "number": 2, "position": 1}]`
		// A status without a body is no reason not to wait for the commit.
		noContent = `CREATE FUNCTION archive.no_content() RETURNS void LANGUAGE sql AS $$ SELECT set_config('response.status', '204', true) $$`
	)
	tests := map[string]struct {
		changes []option
		send    headers
		target  string
		status  int
	}{
		"array":                           {nil, nil, "/reels", 201},
		"CSV":                             {nil, headers{"Accept": "text/csv"}, "/reels", 201},
		"embedded":                        {nil, nil, "/reels?select=*,films(title)", 201},
		"no_body":                         {[]option{func(o *pgrest.Options) { o.PreRequest = "archive.no_content" }}, nil, "/reels", 204},
		"where_the_commit_waits_for_room": {[]option{func(o *pgrest.Options) { o.SpoolDir = "/nowhere" }}, nil, "/reels", 201},
	}
	for name, start := range map[string]func(*httptest.Server){"HTTP 1.1": (*httptest.Server).Start, "HTTP 2": (*httptest.Server).StartTLS} {
		for kind, tt := range tests {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				api := openFaulty(t, noContent, append(tt.changes, func(o *pgrest.Options) { o.BodyThreshold = 10 })...)
				server := httptest.NewUnstartedServer(api)
				server.EnableHTTP2 = true
				start(server)
				t.Cleanup(server.Close)
				before := api.rows(t)
				x := write{target: tt.target, prefer: representation, send: tt.send, payload: fails}
				got := wholeResponse(t, server, x.request(t))
				require.Equal(t, http.StatusConflict, got.Code)
				require.Contains(t, got.Body.String(), `"code":"23505"`)
				require.Equal(t, before, api.rows(t))
				waitUntilIdle(t, api.pool)

				x.payload = fine
				require.Equal(t, tt.status, wholeResponse(t, server, x.request(t)).Code)
				require.Equal(t, 2, strings.Count(api.rows(t), "reel (5,"))
			})
		}
	}
}
