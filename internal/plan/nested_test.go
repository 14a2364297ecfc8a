package plan_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// buildNested plans an insert of rows within rows.
func buildNested(planner *plan.Planner, target, prefer, body string) (*plan.Mutate, error) {
	r := httptest.NewRequest("POST", target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/vnd.pgrst.nested+json")
	r.Header.Set("Prefer", prefer)
	req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"archive"}})
	if err != nil {
		return nil, err
	}
	nesting, err := planner.Nesting(&req.Shape)
	if err != nil {
		return nil, err
	}
	if err := req.Nest(nesting); err != nil {
		return nil, err
	}
	p, err := planner.Build(&req.Shape)
	if err != nil {
		return nil, err
	}
	return p.(*plan.Mutate), nil
}

// printLevels has a line for each insert: its relation, the columns of the body, those that keys fill in and
// from where, and the keys that others want of it.
func printLevels(n *plan.Nested) (lines []string) {
	for _, l := range n.Levels {
		line := strings.Join(l.Path, ".") + " " + l.Write.Table.Name.Name + "("
		for i, c := range l.Write.Columns {
			line += map[bool]string{true: ", "}[i > 0] + c.Name
		}
		line += ")"
		for _, f := range l.Filled {
			for i, by := range f.From {
				s := l.Sources[by.Source]
				line += fmt.Sprintf("%s%s.%s", [...]string{" " + f.Name + "=", " and "}[min(i, 1)], s.From.Write.Table.Name.Name, s.From.Keys[by.Key].Name)
				line += [...]string{plan.ByAround: " around", plan.ByWithin: " within", plan.ByPlace: " in place"}[s.By]
			}
			if f.Given {
				line += " or given"
			}
		}
		for _, key := range l.Keys {
			line += " ->" + key.Name
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

// Each row is inserted when those are there that it refers to, and what it refers to is filled in.
func TestBuild_nested(t *testing.T) {
	t.Parallel()
	planner := plan.New(archive(), plan.Config{})
	for name, tt := range map[string]struct {
		target, prefer, body string
		want                 []string
	}{
		"to_many": {"/directors", "", `{"name": "x", "films": [{"title": "a"}]}`,
			[]string{"directors(name) ->id", "films films(title) director_id=directors.id around"}},
		"to_one": {"/films", "", `{"title": "a", "directors": {"name": "x"}}`,
			[]string{"directors directors(name) ->id", "films(title) director_id=directors.id within"}},
		"to_one_or_given": {"/films", "", `[{"director_id": 1}, {"directors": {"name": "x"}}]`,
			[]string{"directors directors(name) ->id", "films(director_id) director_id=directors.id within or given"}},
		"to_one_or_default": {"/films", "missing=default", `{"directors": {}}`,
			[]string{"directors directors() ->id", "films(director_id) director_id=directors.id within or given"}},
		"one_to_one": {"/films", "", `{"restorations": {"finished": "x"}}`,
			[]string{"films() ->id", "restorations restorations(finished) film_id=films.id around"}},
		"one_to_one_inversely": {"/restorations", "", `{"films": {"title": "a"}}`,
			[]string{"films films(title) ->id", "restorations() film_id=films.id within"}},
		"many_to_many": {"/films", "", `{"genres": [{"id": 1}]}`,
			[]string{"films() ->id", "genres genres(id) ->id", "genres film_genres() film_id=films.id around genre_id=genres.id in place"}},
		"both_sides_of_a_junction": {"/films", "", `{"roles": [{"billing": 1, "actors": {"name": "x"}}]}`,
			[]string{"films() ->id", "roles.actors actors(name) ->id", "roles roles(billing) film_id=films.id around actor_id=actors.id within"}},
		"two_columns": {"/editions", "", `{"host": "x", "nominations": [{"category": "a", "year": 3}]}`,
			[]string{"editions(host) ->competition ->year", "nominations nominations(category, year) competition=editions.competition around year=editions.year around or given"}},
		"own_relation": {"/films", "", `{"films": [{"films": [{}]}]}`,
			[]string{"films() ->id", "films films() sequel_of=films.id around ->id", "films.films films() sequel_of=films.id around"}},
		"own_relation_by_its_column": {"/films?select=sequel_of(title)", "", `{"first:sequel_of": {"title": "a"}}`,
			[]string{"first:sequel_of films(title) ->id", "films() sequel_of=films.id within"}},
		"alias": {"/loans?select=from:institutions!lender(name),to:institutions!borrower(name)", "", `{"from": {"name": "x"}, "to": {"name": "y"}}`,
			[]string{"from institutions(name) ->code", "to institutions(name) ->code", "loans() lender=institutions.code within borrower=institutions.code within"}},
		"order_of_all": {"/films", "", `{"roles": [{"actors": {}}], "directors": {"films": [{}]}, "genres": [{"films": [{}]}]}`,
			[]string{"directors directors() ->id", "directors.films films() director_id=directors.id around", "films() director_id=directors.id within ->id",
				"genres genres() ->id", "genres.films films() ->id", "genres.films film_genres() genre_id=genres.id around film_id=films.id in place",
				"genres film_genres() film_id=films.id around genre_id=genres.id in place",
				"roles.actors actors() ->id", "roles roles() film_id=films.id around actor_id=actors.id within"}},
		"to_be_read": {"/films", "return=representation", `{"directors": {}}`,
			[]string{"directors directors() ->id", "films() director_id=directors.id within ->id"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := buildNested(planner, tt.target, tt.prefer, tt.body)
			require.NoError(t, err)
			require.Equal(t, tt.want, printLevels(m.Nested))
			require.Equal(t, tt.prefer == "return=representation", m.Nested.Key != nil)
		})
	}
	m, err := buildNested(planner, "/films", "", `[{"title": "a", "roles": []}, {"title": "b", "roles": null}]`)
	require.NoError(t, err)
	require.Nil(t, m.Nested, "with nothing within, it is an insert like others")
}

// What can't be is refused as it is in an embed, or says why.
func TestBuild_nested_refused(t *testing.T) {
	t.Parallel()
	planner := plan.New(archive(), plan.Config{})
	for body, code := range map[string]string{
		`{"sequels": []}`: "PGRST102", `{"original": null}`: "PGRST102", `{"tickets": []}`: "PGRST204", `{"actors!genres": []}`: "PGRST200", `{"films!films_director": []}`: "PGRST200",
	} {
		_, err := buildNested(planner, "/films", "", body)
		var e *apierror.Error
		require.ErrorAs(t, err, &e, body)
		require.Equal(t, code, e.Code, body)
	}
	_, err := buildNested(planner, "/loans", "", `{"institutions": {}}`)
	var e *apierror.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "PGRST201", e.Code)
	_, err = buildNested(planner, "/film", "", `{}`)
	require.ErrorAs(t, err, &e)
	require.Equal(t, "PGRST205", e.Code)
}
