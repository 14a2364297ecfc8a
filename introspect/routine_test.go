package introspect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

// param is an introspect.Param with the name of its type.
type param struct {
	Name, Type         string
	Required, Variadic bool
}

func params(r *introspect.Routine) []param {
	var all []param
	for _, p := range r.Params {
		all = append(all, param{p.Name, p.Type.Name, p.Required, p.Variadic})
	}
	return all
}

func TestLoadRoutineParameters(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		routine string // the signature, after CREATE FUNCTION api.
		want    []param
	}{
		{"none", `none() RETURNS int`, nil},
		{
			"in order", `in_order(b text, a int) RETURNS int`,
			[]param{{"b", "text", true, false}, {"a", "integer", true, false}},
		},
		{
			"trailing defaults are not required", `defaults(a int, b int DEFAULT 1, c int DEFAULT NULL) RETURNS int`,
			[]param{{"a", "integer", true, false}, {"b", "integer", false, false}, {"c", "integer", false, false}},
		},
		{
			"variadic", `variadic(a int, VARIADIC more text[]) RETURNS int`,
			[]param{{"a", "integer", true, false}, {"more", "text[]", true, true}},
		},
		{
			"variadic with default", `variadic_default(VARIADIC more text[] DEFAULT '{}') RETURNS int`,
			[]param{{"more", "text[]", false, true}},
		},
		{
			"INOUT is a parameter, OUT is not", `mixed(OUT x int, a int, INOUT b text DEFAULT 'b')`,
			[]param{{"a", "integer", true, false}, {"b", "text", false, false}},
		},
		{
			"columns of TABLE are not parameters", `listed(a int) RETURNS TABLE (x int, y text)`,
			[]param{{"a", "integer", true, false}},
		},
		{
			"a request's whole body", `whole(json) RETURNS int`,
			[]param{{"", "json", true, false}},
		},
		{
			"unnamed with default", `half_named(a int, int DEFAULT 0) RETURNS int`,
			[]param{{"a", "integer", true, false}, {"", "integer", false, false}},
		},
		{
			"length is no part of a parameter", `short(a varchar(3)) RETURNS int`,
			[]param{{"a", "character varying", true, false}},
		},
	}
	var ddl string
	for _, tt := range tests {
		ddl += "CREATE FUNCTION api." + tt.routine + " LANGUAGE plpgsql AS 'BEGIN END';"
	}
	cache := load(t, ddl)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, params(routine(t, cache, tt.routine)))
		})
	}
}

func TestLoadRoutineResults(t *testing.T) {
	t.Parallel()
	type column struct{ Name, Type string }
	type facts struct {
		Type     string
		Kind     introspect.TypeKind
		Set      bool
		Rows     float64
		Void     bool
		Relation string
		Columns  []column
	}
	tests := []struct {
		name    string
		routine string // the signature, after CREATE FUNCTION api.
		want    facts
	}{
		{"scalar", `scalar() RETURNS int`, facts{Type: "integer"}},
		{"array", `list() RETURNS int[]`, facts{Type: "integer[]", Kind: introspect.ArrayType}},
		{"nothing", `nothing() RETURNS void`, facts{Type: "void", Kind: introspect.PseudoType, Void: true}},
		{"set of scalars", `scalars() RETURNS SETOF int`, facts{Type: "integer", Set: true, Rows: 1000}},
		{
			"row of a table", `film() RETURNS api.films`,
			facts{Type: "api.films", Kind: introspect.CompositeType, Relation: "api.films"},
		},
		{
			"rows of a table", `films() RETURNS SETOF api.films`,
			facts{Type: "api.films", Kind: introspect.CompositeType, Set: true, Rows: 1000, Relation: "api.films"},
		},
		{
			"rows of a view", `titles() RETURNS SETOF api.titles ROWS 5`,
			facts{Type: "api.titles", Kind: introspect.CompositeType, Set: true, Rows: 5, Relation: "api.titles"},
		},
		{
			"rows of a table that is not exposed", `secrets() RETURNS SETOF public.secrets ROWS 1`,
			facts{Type: "public.secrets", Kind: introspect.CompositeType, Set: true, Rows: 1, Relation: "public.secrets"},
		},
		{
			"domain over a row", `known_film() RETURNS api.known_film`,
			facts{Type: "api.known_film", Kind: introspect.CompositeType, Relation: "api.films"},
		},
		{
			"composite type", `pair() RETURNS api.pair`,
			facts{Type: "api.pair", Kind: introspect.CompositeType},
		},
		{
			"TABLE", `listed() RETURNS TABLE (id int, title text)`,
			facts{
				Type: "record", Kind: introspect.PseudoType, Set: true, Rows: 1000,
				Columns: []column{{"id", "integer"}, {"title", "text"}},
			},
		},
		{
			"OUT and INOUT", `several(OUT a int, b int, INOUT c text)`,
			facts{
				Type: "record", Kind: introspect.PseudoType,
				Columns: []column{{"a", "integer"}, {"c", "text"}},
			},
		},
		{
			"one OUT", `one(OUT a int)`,
			facts{Type: "integer", Columns: []column{{"a", "integer"}}},
		},
		{"record", `anything() RETURNS record`, facts{Type: "record", Kind: introspect.PseudoType}},
	}
	ddl := `
		CREATE TABLE api.films (id int, title text);
		CREATE VIEW api.titles AS SELECT title FROM api.films;
		CREATE TABLE public.secrets (id int);
		CREATE TYPE api.pair AS (a int, b int);
		CREATE DOMAIN api.known_film AS api.films CHECK ((VALUE).id IS NOT NULL);`
	for _, tt := range tests {
		ddl += "CREATE FUNCTION api." + tt.routine + " LANGUAGE plpgsql AS 'BEGIN END';"
	}
	cache := load(t, ddl)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			returns := routine(t, cache, tt.routine).Returns
			got := facts{
				Type: returns.Type.Name, Kind: returns.Type.Kind,
				Set: returns.Set, Rows: returns.Rows, Void: returns.Void,
			}
			if returns.Type.Relation != (introspect.QualifiedName{}) {
				got.Relation = returns.Type.Relation.String()
			}
			for _, c := range returns.Columns {
				got.Columns = append(got.Columns, column{c.Name, c.Type.Name})
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestLoadRoutineAttributes(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE FUNCTION api.volatile() RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.stable() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
		CREATE FUNCTION api.immutable() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
		CREATE FUNCTION api.set() RETURNS int LANGUAGE sql
			SET statement_timeout = '5s' SET "app.motto" = 'a = b' SET search_path = api, public
			AS 'SELECT 1'`)
	require.Equal(t, introspect.Volatile, routine(t, cache, "volatile").Volatility)
	require.Equal(t, introspect.Stable, routine(t, cache, "stable").Volatility)
	require.Equal(t, introspect.Immutable, routine(t, cache, "immutable").Volatility)
	require.Nil(t, routine(t, cache, "stable").Settings)
	require.Equal(t, []introspect.Setting{
		{Name: "statement_timeout", Value: "5s"},
		{Name: "app.motto", Value: "a = b"},
		{Name: "search_path", Value: "api, public"},
	}, routine(t, cache, "set").Settings)
}

func TestLoadOverloads(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE FUNCTION api.find(title text, year int) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.find(title text) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.find(id int) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.find(id bigint) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.find() RETURNS int LANGUAGE sql AS 'SELECT 1'`)
	var got [][]param
	for _, r := range cache.Routines[api("find")] {
		got = append(got, params(r))
	}
	require.Equal(t, [][]param{
		nil,
		{{"id", "bigint", true, false}},
		{{"id", "integer", true, false}},
		{{"title", "text", true, false}},
		{{"title", "text", true, false}, {"year", "integer", true, false}},
	}, got)
}

func TestLoadListsOnlyCallableRoutines(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TABLE api.films (id int);
		CREATE FUNCTION api.callable(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.body(bytea) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.unnamed(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.two_bodies(json, json) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.unnamed_default(int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.unnamed_out(int DEFAULT 1, OUT a int) LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.unnamed_array(VARIADIC text[] DEFAULT '{}') RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE DOMAIN api.document AS json;
		CREATE FUNCTION api.unnamed_domain(api.document DEFAULT '{}') RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.two_defaults(json DEFAULT '{}', text DEFAULT '') RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.half_named(a int, json) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.body_default(xml DEFAULT '') RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.half_default(a int, json DEFAULT '{}') RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.out_named(int DEFAULT 1, int DEFAULT 2, OUT a int) LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.computed(api.films) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.on_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';
		CREATE FUNCTION api.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
		CREATE FUNCTION api.inner_part(a internal) RETURNS void LANGUAGE internal AS 'pg_ddl_command_in';
		CREATE PROCEDURE api.proceed() LANGUAGE sql AS 'SELECT 1';
		CREATE AGGREGATE api.total (int) (SFUNC = int4pl, STYPE = int);
		CREATE FUNCTION public.hidden(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE SCHEMA extra;
		CREATE FUNCTION extra.only_searched(film api.films) RETURNS int LANGUAGE sql AS 'SELECT 1'`)
	var names []string
	for name := range cache.Routines {
		names = append(names, name.String())
	}
	require.ElementsMatch(t, []string{"api.callable", "api.body", "api.body_default", "api.half_default", "api.out_named"}, names)
}

func TestLoadComputedFields(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE SCHEMA extra;
		CREATE TABLE api.films (title text);
		CREATE VIEW api.titles AS SELECT title FROM api.films;
		CREATE TABLE public.hidden (title text);
		CREATE FUNCTION api.shout(api.films) RETURNS text LANGUAGE sql AS 'SELECT 1::text';
		CREATE FUNCTION api.shout(api.titles) RETURNS text[] LANGUAGE sql AS 'SELECT NULL::text[]';
		CREATE FUNCTION extra.shout(api.films) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION extra.whisper(film api.films) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION extra.hidden(public.hidden) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION public.unsearched(api.films) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.remakes(api.films) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT $1'`)
	tests := []struct {
		name    string
		table   string
		field   string
		routine string // empty where there is no such field
		returns string
	}{
		{"of a table", "films", "shout", "api.shout", "text"},
		{"of a view, under the same name", "titles", "shout", "api.shout", "text[]"},
		{"in the extra search path", "films", "whisper", "extra.whisper", "integer"},
		{"of another table", "titles", "whisper", "", ""},
		{"in a schema that is not searched", "films", "unsearched", "", ""},
		{"returning a set", "films", "remakes", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := cache.ComputedField(api(tt.table), tt.field)
			require.Equal(t, tt.routine != "", ok)
			if ok {
				require.Equal(t, tt.routine, got.Name.String())
				require.Equal(t, tt.returns, got.Returns.Type.Name)
			}
		})
	}
}

// A parameter's type has a name for casts, which keeps values whole.
func TestLoadRoutineParameterTypeNames(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TYPE api."Film Kind" AS ENUM ('short');
		CREATE DOMAIN api.code AS char(3);
		CREATE FUNCTION api.called(
			a int, b varchar(3), c char(3), d char[], e bit, f bit[], g "char", h timestamptz, i numeric(4,2)[],
			j api."Film Kind", k api."Film Kind"[], l api.code
		) RETURNS int LANGUAGE sql AS 'SELECT 1'`)
	want := []string{
		"integer", "character varying", "pg_catalog.bpchar", "pg_catalog.bpchar[]", `pg_catalog."bit"`,
		`pg_catalog."bit"[]`, `"char"`, "timestamp with time zone", "numeric[]",
		`api."Film Kind"`, `api."Film Kind"[]`, "api.code",
	}
	var got []string
	for _, p := range routine(t, cache, "called").Params {
		got = append(got, p.TypeName)
	}
	require.Equal(t, want, got)

	pool := pgtest.Empty(t)
	for cast, want := range map[string]string{"bpchar": "abc", `"bit"`: "101", "bpchar[]": "{abc}", `"bit"[]`: "{101}"} {
		var whole string
		err := pool.QueryRow(t.Context(), "SELECT CAST($1::text AS pg_catalog."+cast+")::text", want).Scan(&whole)
		require.NoError(t, err)
		require.Equal(t, want, whole)
	}
}

func TestRoutineBody(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		routine string // the signature, after CREATE FUNCTION api.
		want    string // the parameter's type; empty without such a parameter
	}{
		{"json", `a_json(json) RETURNS int`, "json"},
		{"jsonb", `a_jsonb(jsonb) RETURNS int`, "jsonb"},
		{"text", `a_text(text) RETURNS int`, "text"},
		{"xml", `an_xml(xml) RETURNS int`, "xml"},
		{"bytea", `a_bytea(bytea) RETURNS int`, "bytea"},
		{"with default", `optional(text DEFAULT '') RETURNS int`, "text"},
		{"named", `named(body json) RETURNS int`, ""},
		{"one of two", `two(a int, json DEFAULT 'null') RETURNS int`, ""},
		{"none", `none() RETURNS int`, ""},
	}
	ddl := `CREATE DOMAIN api.bytea AS pg_catalog.bytea;
		CREATE FUNCTION api.own_bytea(api.bytea) RETURNS int LANGUAGE sql AS 'SELECT 1';`
	for _, tt := range tests {
		ddl += "CREATE FUNCTION api." + tt.routine + " LANGUAGE plpgsql AS 'BEGIN END';"
	}
	cache := load(t, ddl)
	require.NotContains(t, cache.Routines, api("own_bytea"), "another schema's type of that name takes no body")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body, ok := routine(t, cache, tt.routine).Body()
			require.Equal(t, tt.want != "", ok)
			if ok {
				require.Equal(t, tt.want, body.Type.Name)
			}
		})
	}
}

func TestRoutineIsolation(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		settings []introspect.Setting
		want     string
		ok       bool
	}{
		{"none", []introspect.Setting{{Name: "statement_timeout", Value: "1s"}}, "", false},
		{"serializable", []introspect.Setting{{Name: "default_transaction_isolation", Value: "serializable"}}, "SERIALIZABLE", true},
		{"repeatable read", []introspect.Setting{{Name: "default_transaction_isolation", Value: "Repeatable Read"}}, "REPEATABLE READ", true},
		{"read committed overrides a role's", []introspect.Setting{{Name: "default_transaction_isolation", Value: "read committed"}}, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			level, ok := (&introspect.Routine{Settings: tt.settings}).Isolation()
			require.Equal(t, tt.ok, ok)
			require.Equal(t, tt.want, level)
		})
	}
}

// Functions of rows of any relation, and of one that others are made from, are known by their
// names: those of the search path, with PostgreSQL's own.
func TestLoad_row_functions(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TYPE api.seat AS (number int);
		CREATE TABLE api.seats OF api.seat;
		CREATE TABLE api.parents (id int);
		CREATE TABLE api.children () INHERITS (api.parents);
		CREATE FUNCTION api.of_any(anyelement) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.of_any_with_more(anyelement, int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.of_two(anyelement, int) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.of_parents(api.parents) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.of_children(api.children) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.of_seat(api.seat) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.of_text(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.next(int, anyelement) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1';
		CREATE AGGREGATE api.number_of(anyelement) (SFUNC = api.next, STYPE = int, INITCOND = '0');
		CREATE SCHEMA elsewhere;
		CREATE FUNCTION elsewhere.of_any_elsewhere(anyelement) RETURNS int LANGUAGE sql AS 'SELECT 1'`)
	for _, name := range []string{"of_any", "of_any_with_more", "of_parents", "of_seat", "number_of", "count", "to_json", "concat", "pg_typeof", "row_to_json"} {
		require.True(t, cache.TakesRow(name), name)
	}
	for _, name := range []string{"of_two", "of_children", "of_text", "of_any_elsewhere", "none", "sum", "avg", "rank", "mode", "lower", "row_number"} {
		require.False(t, cache.TakesRow(name), name)
	}
}
