package apitest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

const planType = "application/vnd.pgrst.plan"

// explaining lets clients ask for execution plans.
func explaining(o *pgrest.Options) { o.Plans = true }

// explainedPlan is the part of EXPLAIN (FORMAT JSON) that tests look at.
type explainedPlan struct {
	Plan struct {
		Cost   float64  `json:"Total Cost"`
		Output []string `json:"Output"`
		Hits   *int     `json:"Shared Hit Blocks"`
		Actual *float64 `json:"Actual Rows"`
		WAL    *int     `json:"WAL Records"`
	}
	Settings map[string]string
}

// explain asks for a plan as JSON.
func explain(t *testing.T, api http.Handler, x exchange) explainedPlan {
	t.Helper()
	response := ask(t, api, x)
	body := read(t, response)
	require.Equal(t, http.StatusOK, response.StatusCode, body)
	var plans []explainedPlan
	require.NoError(t, json.Unmarshal([]byte(body), &plans), body)
	require.Len(t, plans, 1)
	return plans[0]
}

// Whatever runs in the database has an execution plan instead of its result.
func TestPlan(t *testing.T) {
	t.Parallel()
	api := serve(t, explaining, rollingBack)
	for _, tt := range []struct{ name, method, target, data, prefer string }{
		{name: "table", target: "/films?id=eq.1"},
		{name: "view", target: "/classic_films?id=gt.2"},
		{name: "embeds", target: "/films?select=title,directors(name),actors!roles(name)"},
		{name: "counted", target: "/films", prefer: "count=exact"},
		{name: "insert", method: "POST", target: "/films", data: `{"title": "Ran", "year": 1985}`},
		{name: "insert_with_a_representation", method: "POST", target: "/films?select=id,directors(name)", data: `{"title": "Ran", "year": 1985}`, prefer: "return=representation"},
		{name: "insert_for_its_headers", method: "POST", target: "/films", data: `{"title": "Ran", "year": 1985}`, prefer: "return=headers-only"},
		{name: "update_for_its_headers", method: "PATCH", target: "/films?id=eq.1", data: `{"rating": 9}`, prefer: "return=headers-only"},
		{name: "insert_of_many", method: "POST", target: "/films", data: `[{"title": "Ran", "year": 1985}, {"title": "Kagemusha", "year": 1980}]`},
		{name: "upsert", method: "POST", target: "/genres", data: `{"id": 1, "name": "Melodrama"}`, prefer: "resolution=merge-duplicates"},
		{name: "put", method: "PUT", target: "/genres?id=eq.1", data: `{"id": 1, "name": "Melodrama"}`},
		{name: "update", method: "PATCH", target: "/films?id=eq.1", data: `{"rating": 9}`},
		{name: "delete", method: "DELETE", target: "/films?id=eq.1"},
		{name: "at_most_so_many", method: "DELETE", target: "/films?id=eq.1", prefer: "handling=strict, max-affected=0"},
		{name: "value", target: "/rpc/add?a=1"},
		{name: "value_by_POST", method: "POST", target: "/rpc/add", data: `{"a": 1}`},
		{name: "nothing", target: "/rpc/nothing"},
		{name: "rows", target: "/rpc/find?year=1962&id=gt.1&select=title,directors(name)"},
		{name: "rows_counted", target: "/rpc/film_titles?limit=1", prefer: "count=exact"},
		{name: "volatile_function", method: "POST", target: "/rpc/add_film", data: `{"title": "Ran", "year": 1985}`},
		{name: "rows_at_most_so_many", target: "/rpc/film_titles", prefer: "handling=strict, max-affected=0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := exchange{method: tt.method, target: tt.target, data: tt.data, token: `{"role": "` + curator + `"}`, send: headers{"Accept": planType + "+json"}}
			if tt.prefer != "" {
				x.send["Prefer"] = tt.prefer
			}
			require.Positive(t, explain(t, api, x).Plan.Cost)

			x.send["Accept"] = planType
			response := ask(t, api, x)
			body := read(t, response)
			require.Equal(t, http.StatusOK, response.StatusCode, body)
			require.Equal(t, planType+`+text; for="application/json"; charset=utf-8`, response.Header.Get("Content-Type"))
			for _, name := range []string{"Content-Range", "Preference-Applied", "Location", "Content-Location"} {
				require.Empty(t, response.Header.Values(name), name)
			}
			require.Contains(t, body, "(cost=")
			require.Equal(t, "\n", body[len(body)-1:])
		})
	}
}

// The format is text or JSON; for names another media type than JSON, whose query
// may differ, and options are those of EXPLAIN.
func TestPlan_parameters(t *testing.T) {
	t.Parallel()
	api := serve(t, explaining)
	for _, tt := range []struct{ name, accept, kind string }{
		{"text_by_default", planType, planType + `+text; for="application/json"; charset=utf-8`},
		{"text", planType + "+text", planType + `+text; for="application/json"; charset=utf-8`},
		{"JSON", planType + "+json", planType + `+json; for="application/json"; charset=utf-8`},
		{"for_CSV", planType + `; for="text/csv"`, planType + `+text; for="text/csv"; charset=utf-8`},
		{"for_a_single_object", planType + `+json; for="application/vnd.pgrst.object"; options=verbose`, planType + `+json; for="application/vnd.pgrst.object+json"; options=verbose; charset=utf-8`},
		{"for_a_type_that_the_database_makes", planType + `; for="text/vnd.archive.titles"`, planType + `+text; for="text/vnd.archive.titles"; charset=utf-8`},
		{"for_a_type_that_the_host_makes", planType + `; for="application/x-ndjson"`, planType + `+text; for="application/x-ndjson"; charset=utf-8`},
		{"several_options", planType + "; options=wal|analyze|buffers|settings|verbose", planType + `+text; for="application/json"; options=analyze|verbose|settings|buffers|wal; charset=utf-8`},
		{"unknown_options", planType + "; options=costs|analyze", planType + `+text; for="application/json"; options=analyze; charset=utf-8`},
		{"first_that_is_available", "image/png, " + planType + "+json", planType + `+json; for="application/json"; charset=utf-8`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			response := ask(t, api, exchange{target: "/films?id=eq.1", send: headers{"Accept": tt.accept}})
			body := read(t, response)
			require.Equal(t, http.StatusOK, response.StatusCode, body)
			require.Equal(t, tt.kind, response.Header.Get("Content-Type"))
			require.Contains(t, body, "Scan")
		})
	}
	options := func(options string) explainedPlan {
		return explain(t, api, exchange{target: "/directors?select=name&id=eq.1", send: headers{"Accept": planType + "+json; options=" + options}})
	}
	plain := explain(t, api, exchange{target: "/directors?select=name", send: headers{"Accept": planType + "+json"}})
	require.Nil(t, plain.Plan.Actual, "it is not run")
	require.Empty(t, plain.Plan.Output)
	require.NotNil(t, options("analyze").Plan.Actual)
	require.NotEmpty(t, options("verbose").Plan.Output)
	require.NotNil(t, options("buffers").Plan.Hits)
	require.NotNil(t, options("analyze|wal").Plan.WAL)
	require.Equal(t, `"archive", "extra"`, options("settings").Settings["search_path"])
}

// A function that PostgreSQL can inline doesn't show in the plan, and its filters
// reach the tables within.
func TestPlan_inlined_function(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE FUNCTION archive.all_editions() RETURNS SETOF archive.editions LANGUAGE sql STABLE AS $$ SELECT * FROM archive.editions $$`, explaining)
	for name, target := range map[string]string{
		"without_arguments": "/rpc/all_editions?competition_id=eq.1&year=eq.1973",
		"with_arguments":    "/rpc/find?title=M&year=gt.1900",
		"by_POST":           "/rpc/find?year=gt.1900",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := exchange{target: target, send: headers{"Accept": planType}}
			if name == "by_POST" {
				x.method, x.data = "POST", `{"title": "M"}`
			}
			body := read(t, ask(t, api, x))
			require.Contains(t, body, "Seq Scan on ")
			require.NotContains(t, body, "Function Scan on find")
			require.NotContains(t, body, "Function Scan on all_editions")
		})
	}
}

// EXPLAIN runs nothing, unless it is to analyze. Then what was written is rolled back,
// whatever the client prefers.
func TestPlan_effect(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), "CREATE FUNCTION archive.tear_out() RETURNS int LANGUAGE sql AS $$ DELETE FROM archive.visitors_book RETURNING 1 $$")
	require.NoError(t, err)
	pool := db.Pool(t)
	served := func(end pgrest.TxEnd) http.Handler {
		return open(t, pool, explaining, aggregating, func(o *pgrest.Options) { o.TxEnd = end })
	}
	commits, overridden := served(pgrest.TxCommit), served(pgrest.TxCommitAllowOverride)
	for _, tt := range []struct {
		name, accept, prefer string
		api                  http.Handler
		ran                  bool
	}{
		{"no_option", planType, "", commits, false},
		{"other_options", planType + "; options=verbose|buffers", "", commits, false},
		{"analyze", planType + "+json; options=analyze", "", commits, true},
		{"analyze_and_more", planType + "+json; options=analyze|buffers|wal", "", commits, true},
		{"analyze_and_commit", planType + "+json; options=analyze", "tx=commit", overridden, true},
		{"analyze_and_roll_back", planType + "+json; options=analyze", "tx=rollback", overridden, true},
	} {
		for _, x := range []exchange{
			{name: "delete", method: "DELETE", target: "/visitors_book"},
			{name: "insert", method: "POST", target: "/visitors_book", data: `{"entry": "Back again."}`},
			{name: "at_most_so_many", method: "DELETE", target: "/visitors_book"},
			{name: "call", method: "POST", target: "/rpc/tear_out"},
		} {
			t.Run(tt.name+"/"+x.name, func(t *testing.T) {
				x.token, x.send = `{"role": "`+curator+`"}`, headers{"Accept": tt.accept, "Prefer": tt.prefer}
				if x.name == "at_most_so_many" {
					x.send["Prefer"] = strings.TrimPrefix(tt.prefer+", handling=strict, max-affected=0", ", ")
				}
				response := ask(t, tt.api, x)
				body := read(t, response)
				require.Equal(t, http.StatusOK, response.StatusCode, body)
				require.Equal(t, tt.ran, strings.Contains(body, "Actual Total Time"), body)
				count := exchange{target: "/visitors_book?select=count()", body: `[{"count": 1}]`}
				count.check(t, ask(t, commits, count))
			})
		}
	}
}

// A plan of a write has hooks take part, and what they have written goes with it.
func TestPlan_hooks(t *testing.T) {
	t.Parallel()
	var committed atomic.Int32
	api, pool := hooking(t, []pgrest.Hook{{
		AsLogin: true,
		After:   auditing,
		AfterCommit: func(context.Context, *pgrest.Request, *pgrest.Outcome) {
			committed.Add(1)
		},
	}}, explaining)
	response := ask(t, api, exchange{method: "DELETE", target: "/visitors_book", token: `{"role": "` + curator + `"}`,
		send: headers{"Accept": planType + "; options=analyze"}})
	require.Equal(t, http.StatusOK, response.StatusCode, read(t, response))
	require.Zero(t, committed.Load())
	require.Empty(t, audited(t, pool))
}

// Plans are for those whom the host lets have them. For others they aren't there.
func TestPlan_for_some(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	api := serve(t, explaining, rollingBack, func(o *pgrest.Options) {
		o.PlansFor = func(who auth.Identity) bool {
			asked.Add(1)
			return who.Role == curator
		}
	})
	refusal := func(media string) string {
		return fault("PGRST107", "None of these media types are available: "+media, "", "")
	}
	const asCurator = `{"role": "` + curator + `"}`
	run(t, api,
		exchange{name: "others", target: "/films?id=eq.1", send: headers{"Accept": planType}, status: 406,
			body: refusal(planType + `+text; for="application/json"`)},
		exchange{name: "others_with_another_type", target: "/films?select=id&id=eq.1", send: headers{"Accept": planType + ", application/json"}, body: `[{"id": 1}]`},
		exchange{name: "others_for_functions", target: "/rpc/add?a=1", send: headers{"Accept": planType}, status: 406,
			body: refusal(planType + `+text; for="application/json"`)},
		exchange{name: "others_for_writes", method: "POST", target: "/films", data: `{"title": "Ran", "year": 1985}`, send: headers{"Accept": planType + "; options=analyze"}, status: 406,
			body: refusal(planType + `+text; for="application/json"; options=analyze`)},
	)
	// The same requests, and so the same shapes, of another role.
	for _, target := range []string{"/films?id=eq.1", "/rpc/add?a=1"} {
		require.Positive(t, explain(t, api, exchange{target: target, token: asCurator, send: headers{"Accept": planType + "+json"}}).Plan.Cost)
		denied := exchange{target: target, send: headers{"Accept": planType + "+json"}, status: 406,
			body: refusal(planType + `+json; for="application/json"`)}
		denied.check(t, ask(t, api, denied))
	}
	before := asked.Load()
	other := exchange{target: "/films?select=id&id=eq.1", body: `[{"id": 1}]`}
	other.check(t, ask(t, api, other))
	require.Equal(t, before, asked.Load(), "it isn't asked about other requests")

	_, err := pgrest.New(pgtest.Fixture(t).Pool(t), pgrest.Options{PlansFor: func(auth.Identity) bool { return true }})
	require.ErrorContains(t, err, "PlansFor has no effect without Plans")
}

func TestPlan_unavailable(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "off_by_default", target: "/films", send: headers{"Accept": planType}, status: 406,
			body: fault("PGRST107", `None of these media types are available: application/vnd.pgrst.plan+text; for="application/json"`, "", "")},
		exchange{name: "off_for_functions", target: "/rpc/add?a=1", send: headers{"Accept": planType + "+json"}, status: 406,
			body: fault("PGRST107", `None of these media types are available: application/vnd.pgrst.plan+json; for="application/json"`, "", "")},
		exchange{name: "next_type_if_off", target: "/films?select=id&id=eq.1", send: headers{"Accept": planType + ", application/json"}, body: `[{"id": 1}]`},
	)
	t.Run("on", func(t *testing.T) {
		t.Parallel()
		run(t, serve(t, explaining),
			exchange{name: "for_an_unknown_type", target: "/films", send: headers{"Accept": planType + `; for="text/xml"`}, status: 406,
				body: fault("PGRST107", `None of these media types are available: application/vnd.pgrst.plan+text; for="text/xml"`, "", "")},
			exchange{name: "of_what_is_not_there", target: "/plays", send: headers{"Accept": planType}, status: 404,
				body: fault("PGRST205", "Could not find the table 'archive.plays' in the schema cache", "", "")},
			exchange{name: "of_what_fails", target: "/films?xyzzy=eq.1", send: headers{"Accept": planType}, status: 400,
				body: fault("42703", "column films.xyzzy does not exist", "", "")},
		)
	})
}

// What the database wants a response to say is not for plans, but its refusals are.
func TestPlan_overrides(t *testing.T) {
	t.Parallel()
	api := serve(t, explaining, func(o *pgrest.Options) { o.PreRequest = "extra.pre_request" })
	for _, wish := range []string{"header", "teapot"} {
		t.Run(wish, func(t *testing.T) {
			t.Parallel()
			response := ask(t, api, exchange{target: "/films", send: headers{"Accept": planType, "X-Pre-Request": wish}})
			require.Equal(t, http.StatusOK, response.StatusCode)
			require.Empty(t, response.Header.Values("X-Archive"))
			require.Contains(t, read(t, response), "Scan")
		})
	}
	run(t, api, exchange{name: "refuse", target: "/films", send: headers{"Accept": planType, "X-Pre-Request": "refuse"}, status: 403,
		body: fault("PT403", "Refused", "By the pre-request function", "Ask nicely")})
}
