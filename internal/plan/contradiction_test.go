package plan_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// planFor plans any request; headers are as in "Prefer: return=minimal".
func planFor(t testing.TB, planner *plan.Planner, method, target, body string, headers ...string) plan.Runnable {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Add(name, value)
	}
	req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"archive"}})
	require.NoError(t, err)
	p, err := planner.Build(&req.Shape)
	require.NoError(t, err)
	return p.(plan.Runnable)
}

// A plan whose names all come from the schema cache vouches for them: if the
// database lacks one, the cache is out of date.
func TestAnswer_Vouched(t *testing.T) {
	t.Parallel()
	planner := plan.New(archive(), plan.Config{Aggregates: true})
	for target, want := range map[string]bool{
		"/films": true, "/films?select=title,full_title,count()": true, "/films?select=nope": false,
		"/films?year=gt.1&or=(id.eq.1,title.is.null)": true, "/films?nope=eq.1": false, "/films?or=(id.eq.1,nope.is.null)": false,
		"/films?order=title": true, "/films?order=nope": false,
		"/films?select=directors(name)&order=directors(born)": true, "/films?select=directors(name)&order=directors(nope)": false,
		"/films?select=directors(nope)": false, "/films?select=directors(name)&directors.nope=eq.1": false,
		"/films?select=roles()&roles=is.null": true, "/films?roles=is.null": false, "/films?select=roles()&roles=not.is.null": true,
		"/films?select=roles()&roles=is.true": false, "/films?select=roles()&or=(roles.is.null,nope.eq.1)": false,
		"/rpc/decades": true, "/rpc/decades?select=pgrst_scalar": true, "/rpc/decades?select=pgrst_scalar::text": true,
		"/rpc/decades?select=nope": false, "/rpc/decades?pgrst_scalar=eq.1": false,
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, planFor(t, planner, http.MethodGet, target, "").Vouched(plan.NoSuchName))
		})
	}
}

// What is written may contradict the schema cache in more ways: by the filters of the rows
// to write, the key by which they conflict, and the types of the values.
func TestMutate_Vouched(t *testing.T) {
	t.Parallel()
	type vouched struct{ name, assignment, key bool }
	planner := plan.New(archive(), plan.Config{})
	const merge, represent = "Prefer: resolution=merge-duplicates", "Prefer: return=representation"
	for name, tt := range map[string]struct {
		method, target, body, header string
		want                         vouched
	}{
		"insert":                  {"POST", "/films", `{"id":1}`, "", vouched{true, true, false}},
		"insert_of_nothing":       {"POST", "/films", `{}`, "", vouched{true, false, false}},
		"upsert":                  {"POST", "/films", `{"id":1}`, merge, vouched{true, true, true}},
		"upsert_by_a_column":      {"POST", "/films?on_conflict=title", `{"id":1}`, merge, vouched{true, true, false}},
		"upsert_by_no_column":     {"POST", "/films?on_conflict=nope", `{"id":1}`, merge, vouched{false, true, false}},
		"conflict_that_is_none":   {"POST", "/films?on_conflict=nope", `{"id":1}`, "", vouched{true, true, false}},
		"put":                     {"PUT", "/films?id=eq.1", `{"id":1}`, "", vouched{true, true, true}},
		"update":                  {"PATCH", "/films?id=eq.1", `{"title":"a"}`, "", vouched{true, true, false}},
		"update_by_no_column":     {"PATCH", "/films?or=(id.eq.1,nope.eq.1)", `{"title":"a"}`, "", vouched{false, true, false}},
		"update_by_a_truth":       {"PATCH", "/films?and=(id.eq.1,not.or(title.is.true))", `{"title":"a"}`, "", vouched{true, false, false}},
		"update_by_a_null":        {"PATCH", "/films?title=is.null", `{"title":"a"}`, "", vouched{true, true, false}},
		"truth_of_an_embed":       {"PATCH", "/films?select=id,roles(billing)&roles.billing=is.unknown", `{"title":"a"}`, represent, vouched{true, false, false}},
		"filter_by_an_embed":      {"PATCH", "/films?select=id,roles(billing)&roles=is.null", `{"title":"a"}`, represent, vouched{false, true, false}},
		"delete":                  {"DELETE", "/films?id=eq.1", "", "", vouched{true, false, false}},
		"delete_shows_no_column":  {"DELETE", "/films?id=eq.1&select=nope", "", represent, vouched{false, false, false}},
		"delete_orders_by_none":   {"DELETE", "/films?id=eq.1&order=nope", "", represent, vouched{false, false, false}},
		"insert_with_an_embed":    {"POST", "/films?select=directors(name)", `{"id":1}`, represent, vouched{true, true, false}},
		"insert_of_a_path_unseen": {"POST", "/films?select=info->a", `{"id":1}`, represent, vouched{true, true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := planFor(t, planner, tt.method, tt.target, tt.body, tt.header)
			require.Equal(t, tt.want, vouched{p.Vouched(plan.NoSuchName), p.Vouched(plan.NoSuchAssignment), p.Vouched(plan.NoSuchKey)})
			require.True(t, p.Vouched(plan.NoSuchThing))
			require.False(t, p.Vouched(plan.NoContradiction))
		})
	}
}
