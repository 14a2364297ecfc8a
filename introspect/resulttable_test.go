package introspect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
)

func TestResultTable(t *testing.T) {
	t.Parallel()
	type column struct{ Name, TypeName string }
	pair := []column{{"a", "integer"}, {"b", "numeric(4,2)"}}
	film := []column{{"id", "integer"}, {"title", "character varying(20)"}}
	tests := []struct {
		name      string
		routine   string // the signature, after CREATE FUNCTION api.
		composite bool
		table     string // empty for none
		columns   []column
	}{
		{"scalar", `scalar() RETURNS int`, false, "", nil},
		{"set of scalars", `scalars() RETURNS SETOF int`, false, "", nil},
		{"array", `listed() RETURNS api.films[]`, false, "", nil},
		{"nothing", `nothing() RETURNS void`, false, "", nil},
		{"row", `film() RETURNS api.films`, true, "films", film},
		{"rows", `films_made() RETURNS SETOF api.films`, true, "films", film},
		{"rows of a view", `titles_made() RETURNS SETOF api.titles`, true, "titles", film[1:]},
		{"domain over a row", `known() RETURNS api.known_film`, true, "films", film},
		{"one OUT of a row", `out_film(OUT film api.films)`, true, "films", film},
		{"rows of a hidden table", `hidden() RETURNS SETOF public.secrets`, true, "secrets", []column{{"id", "integer"}}},
		{"rows of a partition", `old_ones() RETURNS SETOF api.old_years`, true, "old_years", []column{{"year", "integer"}}},
		{"composite type", `pair() RETURNS api.pair`, true, "pair", pair},
		{"set of a domain over a composite type", `pairs() RETURNS SETOF api.known_pair`, true, "known_pair", pair},
		{"one OUT of a composite type", `out_pair(OUT p api.pair)`, true, "pair", pair},
		{"TABLE", `made() RETURNS TABLE (id int, p api.pair)`, true, "record", []column{{"id", "integer"}, {"p", "api.pair"}}},
		{"TABLE of one column", `single() RETURNS TABLE (id int)`, true, "single", []column{{"id", "integer"}}},
		{"OUT and INOUT", `several(OUT a int, b int, INOUT c text)`, true, "record", []column{{"a", "integer"}, {"c", "text"}}},
		{"one OUT", `one(OUT a int)`, true, "one", []column{{"a", "integer"}}},
		{"one OUT without name", `unnamed(OUT int)`, true, "unnamed", []column{{"unnamed", "integer"}}},
		{"two OUT without names", `unnamed_two(OUT int, OUT b text, OUT int)`, true, "record", []column{{"column1", "integer"}, {"b", "text"}, {"column3", "integer"}}},
		{"record", `anything() RETURNS record`, true, "", nil},
		{"set of records", `anythings() RETURNS SETOF record`, true, "", nil},
	}
	ddl := `
		CREATE TABLE api.films (id int, title varchar(20));
		CREATE VIEW api.titles AS SELECT title FROM api.films;
		CREATE TABLE public.secrets (gone int, id int);
		ALTER TABLE public.secrets DROP COLUMN gone;
		CREATE TABLE api.years (year int) PARTITION BY LIST (year);
		CREATE TABLE api.old_years PARTITION OF api.years DEFAULT;
		CREATE TYPE api.pair AS (a int, b numeric(4,2));
		CREATE DOMAIN api.known_film AS api.films CHECK ((VALUE).id IS NOT NULL);
		CREATE DOMAIN api.known_pair AS api.pair;`
	for _, tt := range tests {
		ddl += "CREATE FUNCTION api." + tt.routine + " LANGUAGE plpgsql AS 'BEGIN END';"
	}
	cache := load(t, ddl)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := routine(t, cache, tt.routine)
			require.Equal(t, tt.composite, r.Returns.Composite())
			require.Equal(t, !tt.composite, r.Returns.Scalar())
			got := cache.ResultTable(r)
			if tt.table == "" {
				require.Nil(t, got)
				return
			}
			require.Equal(t, api(tt.table), got.Name)
			var columns []column
			for i, c := range got.Columns {
				columns = append(columns, column{c.Name, c.TypeName})
				found, ok := got.Column(c.Name)
				require.True(t, ok)
				require.Same(t, &got.Columns[i], found)
			}
			require.Equal(t, tt.columns, columns)
		})
	}
}

// An exposed relation is given as the cache has it, with its keys.
func TestResultTableIsTheRelation(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TABLE api.films (id int PRIMARY KEY);
		CREATE FUNCTION api.seen() RETURNS SETOF api.films LANGUAGE sql AS 'TABLE api.films'`)
	require.Same(t, table(t, cache, "films"), cache.ResultTable(routine(t, cache, "seen")))
	require.Nil(t, cache.ResultTable(&introspect.Routine{}))
}
