package plan_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/value"
)

// request reads a request; headers are as in "Accept: text/csv".
func request(t testing.TB, method, target string, headers ...string) *apirequest.Shape {
	t.Helper()
	return &parse(t, method, target, headers...).Shape
}

func parse(t testing.TB, method, target string, headers ...string) *apirequest.Request {
	t.Helper()
	r := httptest.NewRequest(method, strings.ReplaceAll(target, " ", "%20"), nil)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Add(name, value)
	}
	req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"archive"}})
	require.NoError(t, err)
	return req
}

// build plans a read.
func build(t testing.TB, planner *plan.Planner, target string, headers ...string) *plan.Read {
	t.Helper()
	read, _ := buildOf(t, planner, target, headers...)
	return read
}

// buildOf is build, with the values of the request.
func buildOf(t testing.TB, planner *plan.Planner, target string, headers ...string) (*plan.Read, *value.Values) {
	t.Helper()
	req := parse(t, http.MethodGet, target, headers...)
	p, err := planner.Build(&req.Shape)
	require.NoError(t, err)
	require.IsType(t, &plan.Read{}, p)
	return p.(*plan.Read), &req.Values
}

// A case is a request and the tree that it makes, without the indentation that
// all of its lines have.
type treeCase struct{ name, target, want string }

func runTrees(t *testing.T, config plan.Config, cases []treeCase) {
	t.Helper()
	planner := plan.New(archive(), config)
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			read, values := buildOf(t, planner, tt.target)
			require.Equal(t, unindent(tt.want), tree(read.Root, values))
		})
	}
}

func unindent(text string) string {
	lines := strings.Split(strings.Trim(text, "\n\t"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimLeft(line, "\t")
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestBuild_columns(t *testing.T) {
	t.Parallel()
	runTrees(t, plan.Config{Aggregates: true}, []treeCase{
		{"all", "/directors", `directors as directors: id, name, born`},
		{"star", "/directors?select=*", `directors as directors: id, name, born`},
		{"empty_select", "/directors?select=", `directors as directors: id, name, born`},
		{"star_and_more", "/directors?select=*,n:name", `directors as directors: id, name, born, n=name`},
		{"alias", "/directors?select=who:name", `directors as directors: who=name`},
		{"path_of_json", "/films?select=info->colour", `films as films: colour=info->colour json`},
		{"path_of_text", "/films?select=info->copies->0->>format", `films as films: format=info->copies->0->>format text`},
		{"path_of_indexes", "/films?select=info->0->>1", `films as films: info->0->>1 text`},
		{"path_that_ends_in_an_index", "/films?select=info->copies->0", `films as films: copies=info->copies->0 json`},
		{"cast", "/films?select=year::text", `films as films: year::text`},
		{"cast_by_another_name", "/films?select=year::INTEGER", `films as films: year::int4`},
		{"cast_to_an_unknown_type", "/films?select=year::parsec", `films as films: year::parsec?`},
		{"aggregates", "/films?select=top:rating.max(),count(),year::text.min()::int", `films as films: top=rating.max(), count=rows.count(), min=year::text.min()::int4`},
		{"computed_field", "/films?select=full_title", `films as films: full_title`},
		{"represented_domain", "/genres?select=*,shade:colour", `genres as genres: id, name, colour_to_json(colour) json, shade=colour_to_json(colour) json`},
		{"path_in_a_represented_domain", "/genres?select=colour->>red", `genres as genres: red=colour->>red text`},
		{"unknown_column_is_for_the_database_to_refuse", "/films?select=nope", `films as films: nope`},
	})
}

func TestBuild_root(t *testing.T) {
	t.Parallel()
	runTrees(t, plan.Config{MaxRows: 50}, []treeCase{
		{"filters", "/tickets?id=gt.3&or=(id.eq.1,not.and(id.lt.5,id.in.(1,2)))&limit=9", `
			tickets as tickets: id
			  where id gt 3
			  where (id eq 1 or not (id lt 5 and id in {"1","2"}))
			  limit 9`},
		{"order", "/tickets?order=id.desc,id&limit=9", `
			tickets as tickets: id
			  order by id desc
			  order by id
			  limit 9`},
		{"the_first_order_counts", "/tickets?order=id.desc&order=id.asc&limit=9", `
			tickets as tickets: id
			  order by id desc
			  limit 9`},
		{"page", "/tickets?limit=5&offset=10", `
			tickets as tickets: id
			  limit 5
			  offset 10`},
		{"MaxRows", "/tickets", `
			tickets as tickets: id
			  limit 50`},
		{"MaxRows_under_the_limit", "/tickets?limit=51", `
			tickets as tickets: id
			  limit 50`},
	})
}

func TestBuild_refuses(t *testing.T) {
	t.Parallel()
	planner, strict := plan.New(archive(), plan.Config{}), plan.New(archive(), plan.Config{StrictTargetNames: true, Aggregates: true, NoGrouping: true})
	for _, tt := range []struct {
		name    string
		planner *plan.Planner
		target  string
		want    apierror.Error
	}{
		{"unknown_table", planner, "/film", apierror.Error{Code: "PGRST205", Status: 404, Message: "Could not find the table 'archive.film' in the schema cache",
			Hint: "Perhaps you meant the table 'archive.films'"}},
		{"unknown_table_like_nothing", planner, "/x", apierror.Error{Code: "PGRST205", Status: 404, Message: "Could not find the table 'archive.x' in the schema cache"}},
		{"unrelated", planner, "/films?select=tickets(*)", *apierror.RelationshipNotFound("archive", "films", "tickets", "", "Perhaps you meant 'directors' instead of 'tickets'.")},
		{"wrong_hint", planner, "/films?select=directors!x(*)", *apierror.RelationshipNotFound("archive", "films", "directors", "x", "")},
		{"filter_of_what_is_not_embedded", planner, "/films?directors.name=eq.x", *apierror.NotEmbedded("directors")},
		{"nested_filter_of_what_is_not_embedded", planner, "/films?select=roles(*)&roles.actors.name=eq.x", *apierror.NotEmbedded("actors")},
		{"order_of_what_is_not_embedded", planner, "/films?roles.order=billing", *apierror.NotEmbedded("roles")},
		{"page_of_what_is_not_embedded", planner, "/films?roles.limit=1", *apierror.NotEmbedded("roles")},
		{"order_by_what_is_not_embedded", planner, "/films?order=directors(name)", *apierror.NotEmbedded("directors")},
		{"order_by_to_many", planner, "/films?select=roles(*)&order=roles(billing)", *apierror.RelatedOrder("films", "roles")},
		{"order_by_to_many_below", planner, "/directors?select=films(cast:roles(*))&films.order=cast(billing)", *apierror.RelatedOrder("films", "cast")},
		{"target_name_when_strict", strict, "/films?select=by:directors(*)&directors.name=eq.x", *apierror.NotEmbeddedByTarget("directors", "by")},
		{"aggregate_when_off", planner, "/films?select=year.max()", *apierror.AggregatesDisabled()},
		{"aggregate_below_when_off", planner, "/directors?select=films(roles(count()))", *apierror.AggregatesDisabled()},
		{"aggregate_in_a_spread_to_many", strict, "/directors?select=...films(count())", *apierror.NotImplemented("Aggregates are not implemented for one-to-many or many-to-many spreads.")},
		{"aggregate_of_a_spread_in_a_spread_to_many", strict, "/directors?select=...films(...restorations(count()))", *apierror.NotImplemented("Aggregates are not implemented for one-to-many or many-to-many spreads.")},
		{"a_missing_path_comes_before_a_missing_relationship", planner, "/films?select=tickets(*)&roles.limit=1", *apierror.NotEmbedded("roles")},
		{"a_missing_relationship_comes_before_aggregates", planner, "/films?select=tickets(count())", *apierror.RelationshipNotFound("archive", "films", "tickets", "", "Perhaps you meant 'directors' instead of 'tickets'.")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.planner.Build(request(t, http.MethodGet, tt.target))
			var got *apierror.Error
			require.ErrorAs(t, err, &got)
			require.Equal(t, tt.want, *got)
		})
	}
}

// The media type that the client likes best of those that a relation has decides
// over the format.
func TestBuild_format(t *testing.T) {
	t.Parallel()
	planner := plan.New(archive(), plan.Config{})
	for _, tt := range []struct {
		name, accept string
		format       plan.Format
		singular     bool
		strip        bool
	}{
		{"anything", "*/*", plan.FormatArray, false, false},
		{"JSON", "application/json", plan.FormatArray, false, false},
		{"object", "application/vnd.pgrst.object+json", plan.FormatObject, true, false},
		{"object_without_nulls", "application/vnd.pgrst.object+json;nulls=stripped", plan.FormatObject, true, true},
		{"array_without_nulls", "application/vnd.pgrst.array+json;nulls=stripped", plan.FormatArray, false, true},
		{"CSV", "text/csv", plan.FormatCSV, false, false},
		{"GeoJSON", "application/geo+json", plan.FormatGeoJSON, false, false},
		{"the_best_that_there_is", "image/png, text/csv;q=0.5, application/json;q=0.1", plan.FormatCSV, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			read := build(t, planner, "/films", "Accept: "+tt.accept)
			require.Equal(t, tt.format, read.Format)
			require.Equal(t, tt.singular, read.Expect.Singular)
			require.Equal(t, tt.strip, read.Root.StripNulls)
		})
	}
	_, err := planner.Build(request(t, http.MethodGet, "/films", "Accept: image/png"))
	require.Equal(t, apierror.NotAcceptable([]string{"image/png"}), err)
}

func TestBuild_preferences(t *testing.T) {
	t.Parallel()
	planner := plan.New(archive(), plan.Config{MaxRows: 7})
	for prefer, want := range map[string]plan.Count{
		"": plan.CountNone, "count=exact": plan.CountExact, "count=planned": plan.CountPlanned, "count=estimated": plan.CountEstimated, "count=vague": plan.CountNone,
	} {
		t.Run("count_"+prefer, func(t *testing.T) {
			t.Parallel()
			read := build(t, planner, "/films", "Prefer: "+prefer)
			require.Equal(t, want, read.Count)
			require.Equal(t, int64(7), read.MaxRows)
			require.True(t, read.ReadOnly)
		})
	}
	_, err := planner.Build(request(t, http.MethodGet, "/films", "Prefer: handling=strict, count=vague"))
	require.Equal(t, apierror.InvalidPreferences([]string{"count=vague"}), err)

	p, err := planner.Build(request(t, http.MethodHead, "/films"))
	require.NoError(t, err)
	require.True(t, p.(*plan.Read).Head)
}

func TestAnswer_Total(t *testing.T) {
	t.Parallel()
	number := func(n int64) *int64 { return &n }
	for _, tt := range []struct {
		name             string
		answer           plan.Answer
		counted, planned *int64
		want             *int64
	}{
		{"none", plan.Answer{}, nil, nil, nil},
		{"exact", plan.Answer{Counting: plan.Counting{Count: plan.CountExact}}, number(3), nil, number(3)},
		{"planned", plan.Answer{Counting: plan.Counting{Count: plan.CountPlanned}}, nil, number(4), number(4)},
		{"estimated_below_MaxRows", plan.Answer{Counting: plan.Counting{Count: plan.CountEstimated, MaxRows: 10}}, number(10), number(500), number(10)},
		{"estimated_nothing_of_none", plan.Answer{Counting: plan.Counting{Count: plan.CountEstimated, MaxRows: -1}}, number(0), number(500), number(0)},
		{"estimated_of_none", plan.Answer{Counting: plan.Counting{Count: plan.CountEstimated, MaxRows: -1}}, number(1), number(500), number(500)},
		{"estimated_beyond_MaxRows", plan.Answer{Counting: plan.Counting{Count: plan.CountEstimated, MaxRows: 10}}, number(11), number(500), number(500)},
		{"estimated_too_low", plan.Answer{Counting: plan.Counting{Count: plan.CountEstimated, MaxRows: 10}}, number(11), number(5), number(11)},
		{"estimated_without_MaxRows", plan.Answer{Counting: plan.Counting{Count: plan.CountEstimated}}, number(20), number(30), number(30)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.answer.Total(tt.counted, tt.planned))
		})
	}
}

func TestBuild_info(t *testing.T) {
	t.Parallel()
	planner := plan.New(archive(), plan.Config{})
	const query = apirequest.QueryFormat
	for target, want := range map[string]plan.Info{
		"/":            {Allow: "OPTIONS,GET,HEAD"},
		"/films":       {Allow: "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE", AcceptQuery: query},
		"/nominations": {Allow: "OPTIONS,GET,HEAD,POST,PATCH,DELETE", AcceptQuery: query},
		"/rpc/decades": {Allow: "OPTIONS,GET,HEAD,POST", AcceptQuery: query},
		"/rpc/shelve":  {Allow: "OPTIONS,POST"},
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			p, err := planner.Build(request(t, http.MethodOptions, target))
			require.NoError(t, err)
			info := p.(*plan.Info)
			require.Equal(t, [2]string{want.Allow, want.AcceptQuery}, [2]string{info.Allow, info.AcceptQuery})
		})
	}
}
