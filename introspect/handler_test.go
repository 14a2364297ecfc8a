package introspect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
)

// loadHandlers reads a database with aggregates that return domains of media types.
func loadHandlers(t *testing.T) *introspect.SchemaCache {
	t.Helper()
	return load(t, `
		CREATE SCHEMA hidden;
		CREATE SCHEMA extra;
		CREATE DOMAIN hidden."text/csv" AS text;
		CREATE DOMAIN api."*/*" AS bytea;
		CREATE DOMAIN api."Image/PNG" AS bytea;
		CREATE DOMAIN api."application/vnd.films.v1+json" AS json;
		CREATE DOMAIN api."a/b/c" AS text;
		CREATE DOMAIN api.plain AS text;
		CREATE TABLE api.films (id int, title text);
		CREATE VIEW api.titles AS SELECT title FROM api.films;
		CREATE TABLE hidden.secrets (id int);
		CREATE TYPE api.pair AS (a int, b int);
		CREATE FUNCTION hidden.csv(text, api.films) RETURNS text LANGUAGE sql AS 'SELECT $1';
		CREATE FUNCTION hidden.csv_end(text) RETURNS hidden."text/csv" LANGUAGE sql AS 'SELECT $1';
		CREATE FUNCTION hidden.any(api."*/*", api.titles) RETURNS api."*/*" LANGUAGE sql AS 'SELECT $1';
		CREATE FUNCTION hidden.png(api."Image/PNG", api.films) RETURNS api."Image/PNG" LANGUAGE sql AS 'SELECT $1';
		CREATE FUNCTION hidden.json(api."application/vnd.films.v1+json", anyelement)
			RETURNS api."application/vnd.films.v1+json" LANGUAGE sql AS 'SELECT $1';
		CREATE FUNCTION hidden.secret(hidden."text/csv", hidden.secrets) RETURNS hidden."text/csv" LANGUAGE sql AS 'SELECT $1';
		CREATE FUNCTION hidden.pair(hidden."text/csv", api.pair) RETURNS hidden."text/csv" LANGUAGE sql AS 'SELECT $1';
		CREATE FUNCTION hidden.two(hidden."text/csv", api.titles, int) RETURNS hidden."text/csv" LANGUAGE sql AS 'SELECT $1';
		CREATE FUNCTION hidden.titles(hidden."text/csv", api.titles) RETURNS hidden."text/csv" LANGUAGE sql AS 'SELECT $1';
		CREATE FUNCTION hidden.odd(api."a/b/c", api.films) RETURNS api."a/b/c" LANGUAGE sql AS 'SELECT $1';
		CREATE FUNCTION hidden.plain(api.plain, api.films) RETURNS api.plain LANGUAGE sql AS 'SELECT $1';
		CREATE AGGREGATE api.csv (api.films) (SFUNC = hidden.csv, STYPE = text, FINALFUNC = hidden.csv_end);
		CREATE AGGREGATE api.z_csv (api.films) (SFUNC = hidden.csv, STYPE = text, FINALFUNC = hidden.csv_end);
		CREATE AGGREGATE api.any (api.titles) (SFUNC = hidden.any, STYPE = api."*/*");
		CREATE AGGREGATE api.png (api.films) (SFUNC = hidden.png, STYPE = api."Image/PNG");
		CREATE AGGREGATE api.json (anyelement) (SFUNC = hidden.json, STYPE = api."application/vnd.films.v1+json");
		CREATE AGGREGATE api.secret (hidden.secrets) (SFUNC = hidden.secret, STYPE = hidden."text/csv");
		CREATE AGGREGATE api.pair (api.pair) (SFUNC = hidden.pair, STYPE = hidden."text/csv");
		CREATE AGGREGATE api.two (api.titles, int) (SFUNC = hidden.two, STYPE = hidden."text/csv");
		CREATE AGGREGATE extra.titles (api.titles) (SFUNC = hidden.titles, STYPE = hidden."text/csv");
		CREATE AGGREGATE api.odd (api.films) (SFUNC = hidden.odd, STYPE = api."a/b/c");
		CREATE AGGREGATE api.plain (api.films) (SFUNC = hidden.plain, STYPE = api.plain)`)
}

func TestMediaHandler(t *testing.T) {
	t.Parallel()
	cache := loadHandlers(t)
	hidden := func(name string) introspect.QualifiedName {
		return introspect.QualifiedName{Schema: "hidden", Name: name}
	}
	tests := []struct {
		name      string
		relation  introspect.QualifiedName
		mediaType string
		want      string // the aggregate; empty for none
	}{
		{"final function returns a domain of a hidden schema", api("films"), "text/csv", "api.csv"},
		{"every media type, for a view", api("titles"), "*/*", "api.any"},
		{"every media type is a name like others", api("titles"), "text/csv", ""},
		{"case does not matter", api("films"), "image/PNG", "api.png"},
		{"relation that is not exposed", hidden("secrets"), "text/csv", "api.secret"},
		{"any relation's is not one relation's", api("films"), "application/vnd.films.v1+json", ""},
		{"no relation", introspect.QualifiedName{}, "application/vnd.films.v1+json", ""},
		{"composite type", api("pair"), "text/csv", ""},
		{"two slashes", api("films"), "a/b/c", ""},
		{"domain without slash", api("films"), "plain", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := cache.MediaHandler(tt.relation, tt.mediaType)
			require.Equal(t, tt.want != "", ok)
			if ok {
				require.Equal(t, tt.want, got.Aggregate.String())
				require.Equal(t, tt.relation, got.Relation)
			}
		})
	}
}

func TestAnyMediaHandler(t *testing.T) {
	t.Parallel()
	cache := loadHandlers(t)
	got, ok := cache.AnyMediaHandler("application/vnd.films.V1+json")
	require.True(t, ok)
	require.Equal(t, introspect.Handler{
		Aggregate: api("json"), MediaType: "application/vnd.films.v1+json",
	}, *got)
	_, ok = cache.AnyMediaHandler("text/csv")
	require.False(t, ok, "one relation's is not any relation's")
}

// The spelling of the domain is that of the response's Content-Type.
func TestMediaHandlerKeepsSpelling(t *testing.T) {
	t.Parallel()
	got, ok := loadHandlers(t).MediaHandler(api("films"), "image/png")
	require.True(t, ok)
	require.Equal(t, "Image/PNG", got.MediaType)
}

func TestMediaHandlerOfFirstSchemaWins(t *testing.T) {
	t.Parallel()
	films := api("films")
	csv := func(schema, name string) introspect.Handler {
		return introspect.Handler{
			Aggregate: introspect.QualifiedName{Schema: schema, Name: name}, MediaType: "text/csv", Relation: films,
		}
	}
	cache := introspect.New(introspect.Catalog{
		Schemas:  []string{"api", "admin"},
		Handlers: []introspect.Handler{csv("admin", "a"), csv("api", "c"), csv("api", "b"), csv("hidden", "a")},
	})
	got, ok := cache.MediaHandler(films, "text/csv")
	require.True(t, ok)
	require.Equal(t, "api.b", got.Aggregate.String())
}

func TestLoadRoutineMediaType(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		routine string // the signature, after CREATE FUNCTION api.
		want    string
	}{
		{"media type", `picture() RETURNS hidden."image/png"`, "image/png"},
		{"every media type", `anything() RETURNS hidden."*/*"`, "*/*"},
		{"domain over such a domain", `thumbnail() RETURNS hidden."image/x.thumb+png"`, "image/x.thumb+png"},
		{"one OUT parameter", `drawn(OUT picture hidden."image/png")`, "image/png"},
		{"set", `pictures() RETURNS SETOF hidden."image/png"`, ""},
		{"other domain", `named() RETURNS hidden."image png"`, ""},
		{"no subtype", `half() RETURNS hidden."image/"`, ""},
		{"type that is no domain", `enumerated() RETURNS hidden."text/enum"`, ""},
		{"ordinary type", `plain() RETURNS bytea`, ""},
	}
	ddl := `
		CREATE SCHEMA hidden;
		CREATE DOMAIN hidden."image/png" AS bytea;
		CREATE DOMAIN hidden."image/x.thumb+png" AS hidden."image/png";
		CREATE DOMAIN hidden."*/*" AS bytea;
		CREATE DOMAIN hidden."image png" AS bytea;
		CREATE DOMAIN hidden."image/" AS bytea;
		CREATE TYPE hidden."text/enum" AS ENUM ('a');`
	for _, tt := range tests {
		ddl += "CREATE FUNCTION api." + tt.routine + " LANGUAGE plpgsql AS 'BEGIN END';"
	}
	cache := load(t, ddl)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, routine(t, cache, tt.routine).MediaType)
		})
	}
}
