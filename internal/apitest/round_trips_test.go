package apitest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// tripsPage is the page whose tables say what each feature costs.
const tripsPage = "../../docs/round-trips.md"

// trip is a row of the page: what is asked for, and what PostgreSQL is asked for that.
type trip struct {
	// row is the row's first cell.
	row string
	write
	change option
	// first has each request be the first of its kind, such as by another key.
	first func(r *http.Request, n int)
	// tagged has the request bring the tag of the row in If-Match.
	tagged bool
	// within runs it in a transaction of the host's, follows asks for the page behind the one
	// that the request asks for, and replica has a replica answer, behind a position.
	within, follows, replica bool
}

// known has the host decide something about everything.
func known(o *pgrest.Options) {
	o.Decide = func(context.Context, *pgrest.Use) (pgrest.Decision, error) {
		return pgrest.Decision{Filter: "id=gt.0"}, nil
	}
}

func hook(h pgrest.Hook) option {
	h.For = func(*pgrest.Request) bool { return true }
	return func(o *pgrest.Options) { o.Hooks = []pgrest.Hook{h} }
}

func trips() []trip {
	get := func(target string, w write) write {
		w.method, w.target, w.token = http.MethodGet, target, nobody
		return w
	}
	batch := func(requests ...string) write {
		return write{target: "/", send: headers{"Content-Type": batchType}, payload: "[" + strings.Join(requests, ",") + "]"}
	}
	before := func(context.Context, driver.Tx, *pgrest.Request) error { return nil }
	after := func(context.Context, driver.Tx, *pgrest.Request, *pgrest.Outcome) error { return nil }
	behind := func(context.Context, *pgrest.Request, *pgrest.Outcome) {}
	const (
		one  = `{"rating": 9}`
		read = `{"name": "r", "method": "GET", "path": "/films?select=id&order=id&limit=2"}`
		sign = `{"method": "POST", "path": "/rpc/sign_book", "body": {"entry": "y"}}`
		page = "/films?select=id&order=id&limit=2"
		// within holds two rows with two others within each of them
		within = `[{"name": "a", "roles": [{"film_id": 1, "character": "x"}, {"film_id": 2, "character": "y"}]},
			{"name": "b", "roles": [{"film_id": 1, "character": "x"}, {"film_id": 2, "character": "y"}]}]`
	)
	keys := func(o *pgrest.Options) { o.Idempotency.Schema = "keys" }
	entry := write{target: "/visitors_book", payload: `{"entry": "x"}`}
	update := write{method: http.MethodPatch, target: "/films?id=eq.1", payload: one}
	with := func(w write, send headers, prefer string) write { return w.as(send, prefer) }
	return []trip{
		{row: "Read", write: get("/films?year=gt.1960&order=id", write{})},
		{row: "Read with embeds, to any depth", write: get("/films?select=title,directors(name),roles(character,actors(name))", write{})},
		{row: "HEAD", write: write{method: http.MethodHead, target: "/films", token: nobody}},
		{row: "Read with `count=exact`", write: get("/films?limit=2", write{prefer: "count=exact"})},
		{row: "HEAD with `count=exact`", write: write{method: http.MethodHead, target: "/films", token: nobody, prefer: "count=exact"}},
		{row: "Read with `count=planned`", write: get("/films?limit=2", write{prefer: "count=planned"})},
		{row: "Read with `count=estimated`", write: get("/films?limit=2", write{prefer: "count=estimated"}), change: func(o *pgrest.Options) { o.MaxRows = 2 }},
		{row: "Read of one row, `Accept: application/vnd.pgrst.object+json`", write: get("/films?id=eq.1", write{send: acceptOne})},
		{row: "Read in CSV", write: get("/films", write{send: headers{"Accept": "text/csv"}})},
		{row: "Read with a token", write: write{method: http.MethodGet, target: "/films"}},
		{row: "Read with `Options.PreRequest`", write: get("/films", write{}), change: func(o *pgrest.Options) { o.PreRequest = "extra.pre_request" }},
		{row: "Read with `Options.Decide`", write: get("/films?select=id,directors(name)", write{}), change: known},
		{row: "Read in groups: [grouping](grouping.md)", write: get("/films?select=year,id.count()&having=(id.count().gt.1)", write{}), change: func(o *pgrest.Options) { o.Aggregates = true }},
		{row: "Read by [casts, JSON paths and related rows](filters.md)", write: get("/films?select=id,directors(name)&id::text=like.1*&info=jsonpath.$&or=(directors(name).neq.x,year.gt.0)&order=directors(name).ci", write{})},
		{row: "Read by an [operator of the host's](operators.md)", write: get("/films?select=id,off:year.apart(1950)&order=year.apart(1950)", write{}), change: func(o *pgrest.Options) {
			o.Operators = []pgrest.Operator{{Name: "apart", SQL: "abs($0 - $1)", Arguments: []pgrest.Argument{{Name: "year", Type: "int"}}, Returns: "int"}}
		}},
		{row: "The first [page by key](keyset-pages.md)", write: get(page, write{prefer: "pagination=keyset"})},
		{row: "The next page by key", write: get(page, write{prefer: "pagination=keyset"}), follows: true},
		{row: "Read with [`If-None-Match`](conditional.md)", write: get("/films?id=eq.1", write{send: headers{"If-None-Match": `"x"`}})},
		{row: "Description of the API", write: get("/", write{})},
		{row: "[Types for TypeScript](typescript.md)", write: get("/", write{send: headers{"Accept": typescriptType}})},
		{row: "OPTIONS", write: write{method: http.MethodOptions, target: "/films", token: nobody}},
		{row: "Call of a function by GET", write: get("/rpc/add?a=1&b=2", write{})},
		{row: "Call of a function by POST", write: write{target: "/rpc/add", payload: `{"a": 1, "b": 2}`}},
		{row: "Call of a function, with `count=exact`", write: write{target: "/rpc/film_titles?limit=2", prefer: "count=exact"}},

		{row: "Insert", write: entry},
		{row: "Update with `return=representation`", write: with(update, nil, representation)},
		{row: "Update with `return=representation` and embeds", write: write{method: http.MethodPatch, target: "/films?id=eq.1&select=title,directors(name)", payload: one, prefer: representation}},
		{row: "Insert with `return=headers-only`", write: write{target: "/tickets", prefer: "return=headers-only", payload: `{}`}},
		{row: "Insert of many rows, with `count=exact`", write: write{target: "/visitors_book", prefer: "count=exact", payload: `[{"entry": "x"}, {"entry": "y"}]`}},
		{row: "Insert of [rows within rows](nested-inserts.md), in two levels", write: write{target: "/actors", send: headers{"Content-Type": nestedType}, payload: within}},
		{row: "Insert of rows within rows, in two levels, with `return=representation`", write: write{target: "/actors?select=name,roles(character)", send: headers{"Content-Type": nestedType}, prefer: representation, payload: within}},
		{row: "[Upsert](upserts.md)", write: write{target: "/genres", prefer: "resolution=merge-duplicates", payload: `{"id": 1, "name": "x"}`}},
		{row: "Insert with `tx=rollback`", write: with(entry, nil, "tx=rollback"), change: func(o *pgrest.Options) { o.TxEnd = pgrest.TxCommitAllowOverride }},
		{row: "PUT", write: write{method: http.MethodPut, target: "/genres?id=eq.1", payload: `{"id": 1, "name": "x"}`}},
		{row: "Update of one row, `Accept: application/vnd.pgrst.object+json`", write: with(update, acceptOne, "")},
		{row: "Update with `max-affected`", write: with(update, nil, "handling=strict, max-affected=1")},
		{row: "[Update of many rows](bulk-updates.md) by their keys", write: write{method: http.MethodPatch, target: "/films", send: headers{"Content-Type": rowsType},
			payload: `[{"id": 1, "rating": 9}, {"id": 2, "rating": 8}]`}},
		{row: "Update of many rows by their keys, with `handling=lenient`", write: write{method: http.MethodPatch, target: "/films", send: headers{"Content-Type": rowsType}, prefer: "handling=lenient",
			payload: `[{"id": 1, "rating": 9}, {"id": 2, "rating": 8}]`}},
		{row: "Update with [`If-Match`](conditional.md)", write: update, tagged: true},
		{row: "PUT with `If-Match`", write: write{method: http.MethodPut, target: "/genres?id=eq.1", payload: `{"id": 1, "name": "x", "colour": null}`, send: headers{"If-Match": "*"}}},
		{row: "Update with `Options.Decide`", write: update, change: known},

		{row: "Insert with a [hook](hooks.md) that has Before", write: entry, change: hook(pgrest.Hook{Before: before})},
		{row: "Insert with a hook that has After", write: entry, change: hook(pgrest.Hook{After: after})},
		{row: "Insert with a hook that has Before and After", write: entry, change: hook(pgrest.Hook{Before: before, After: after})},
		{row: "Insert with a hook that has Before, After and `AsLogin`", write: entry, change: hook(pgrest.Hook{Before: before, After: after, AsLogin: true})},
		{row: "Insert with a hook that has AfterCommit", write: entry, change: hook(pgrest.Hook{AfterCommit: behind})},
		{row: "Insert with a hook that has After and `Rows`", write: entry, change: hook(pgrest.Hook{After: after, Rows: true})},
		{row: "Insert in a transaction of the host's: `Handler.In`", write: entry, within: true},

		{row: "[Batch](batches.md) of three reads", write: batch(read, `{"method": "GET", "path": "/roles?limit=1"}`, `{"method": "GET", "path": "/directors?limit=1"}`)},
		{row: "Batch of three writes", write: batch(sign, sign, sign)},
		{row: "Batch of two reads, of which one refers to the other", write: batch(read, `{"method": "GET", "path": "/films?id=eq.{r/0/id}"}`)},
		{row: "Batch of a read, and a write that refers to it", write: batch(read, `{"method": "PATCH", "path": "/films?id=eq.{r/0/id}", "body": {"rating": 9}}`)},

		{row: "Insert with an [Idempotency-Key](idempotency.md) for the first time", write: entry, change: keys,
			first: func(r *http.Request, n int) { r.Header.Set("Idempotency-Key", fmt.Sprintf(`"%d"`, n)) }},
		{row: "Insert with an Idempotency-Key again", write: with(entry, headers{"Idempotency-Key": `"again"`}, ""), change: keys},
		{row: "Insert without a key, with `Options.Idempotency`", write: entry, change: keys},

		{row: "Insert that tells its [position](replicas.md)", write: entry, change: func(o *pgrest.Options) { o.Replicas.Positions = true }},
		{row: "Read on a replica that has to have replayed a position", write: get("/films", write{}), replica: true},
		{row: "Read with `Limits.MaxCost` whose cost isn't remembered", write: get("/films?id=gt.3", write{}), change: func(o *pgrest.Options) { o.Limits.MaxCost = 1e9 },
			first: func(r *http.Request, n int) { r.URL.RawQuery = strings.Repeat("id=gt.0&", n+1) }},
		{row: "Read with `Limits.MaxCost` whose cost is", write: get("/films?id=gt.3", write{}), change: func(o *pgrest.Options) { o.Limits.MaxCost = 1e9 }},
	}
}

// Each row of the page's tables is measured: how many round trips a request of its kind takes,
// and how many statements, once its statements are prepared.
func TestRoundTrips_page(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(tripsPage)
	require.NoError(t, err)
	told := map[string][2]int{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 3 || !strings.HasPrefix(line, "|") {
			continue
		}
		row := strings.TrimSpace(cells[0])
		made, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil { // a table's head
			continue
		}
		statements, err := strconv.Atoi(strings.TrimSpace(cells[2]))
		require.NoError(t, err, line)
		require.NotContains(t, told, row, "twice")
		told[row] = [2]int{made, statements}
	}
	db := pgtest.Clone(t)
	_, err = db.Superuser(t).Exec(t.Context(), keysSQL(authenticator))
	require.NoError(t, err)
	for _, tt := range trips() {
		t.Run(tt.row, func(t *testing.T) {
			want, ok := told[tt.row]
			require.True(t, ok, "the page has no such row")
			delete(told, tt.row)
			require.Equal(t, want, tt.measure(t, db), "round trips and statements")
		})
	}
	require.Empty(t, told, "rows that nothing measures")
}

// measure gives the round trips and the statements of a request whose statements are prepared.
func (tt trip) measure(t *testing.T, db *pgtest.Database) (measured [2]int) {
	t.Helper()
	var wire traffic
	pool := db.Pool(t, pgtest.MaxConns(1), wire.through)
	var changes []option
	if tt.change != nil {
		changes = append(changes, tt.change)
	}
	if tt.replica { // the primary stands for one that has replayed all
		changes = append(changes, func(o *pgrest.Options) {
			o.Replicas = pgrest.Replicas{Positions: true, Pools: []pgrest.Replica{{Pool: db.Pool(t, pgtest.MaxConns(1), wire.through)}}}
		})
	}
	var api http.Handler
	handler := open(t, pool, changes...)
	if api = handler; tt.within {
		tx, err := pool.Begin(t.Context())
		require.NoError(t, err)
		defer func() { require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context()))) }()
		api = handler.In(tx)
	}
	next, position := "", ""
	if tt.follows {
		_, next, _ = strings.Cut(answer(api, tt.request(t)).Header().Get("Link"), "after=")
		next, _, _ = strings.Cut(next, "&")
	}
	if tt.replica {
		position = answer(api, write{target: "/visitors_book", payload: `{"entry": "x"}`}.request(t)).Header().Get(pgrest.PositionHeader)
		require.NotEmpty(t, position)
	}
	for n := range 3 { // the first prepares the statements, of which some are known to the second alone
		r := tt.request(t)
		if tt.first != nil {
			tt.first(r, n)
		}
		if next != "" {
			r.URL.RawQuery += "&after=" + next
		}
		if position != "" {
			r.Header.Set(pgrest.PositionHeader, position)
		}
		if tt.tagged {
			row := answer(api, write{method: http.MethodGet, target: tt.target}.request(t))
			r.Header.Set("If-Match", row.Header().Get("Etag"))
			require.NotEmpty(t, r.Header.Get("If-Match"))
		}
		wire.count()
		w := answer(api, r)
		require.Less(t, w.Code, 400, w.Body)
		flushes, _, _, sent := wire.count()
		measured = [2]int{flushes, strings.Count(sent, "E") + strings.Count(sent, "Q")}
	}
	return measured
}
