package introspect_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

func TestCastType(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE SCHEMA extra;
		CREATE TYPE api.color AS ENUM ('red');
		CREATE DOMAIN api.text AS int;
		CREATE DOMAIN api."int" AS text;
		CREATE DOMAIN api."interval day" AS text;
		CREATE DOMAIN api."Ärger" AS text`)
	tests := []struct {
		name, cast string
		want       introspect.CastType // but for the Type
		known      string              // the Type's name, empty for none
	}{
		{"word of SQL", "int", introspect.CastType{Schema: "pg_catalog", Local: "int4"}, "integer"},
		{"name of the catalog", "int4", introspect.CastType{Schema: "pg_catalog", Local: "int4"}, "integer"},
		{"words", "double precision", introspect.CastType{Schema: "pg_catalog", Local: "float8"}, "double precision"},
		{"whatever a schema calls so", "text", introspect.CastType{Schema: "pg_catalog", Local: "text"}, "text"},
		{"capitals and blanks", "  DOUBLE   Precision ", introspect.CastType{Schema: "pg_catalog", Local: "float8"}, "double precision"},
		{"length of 1", "char", introspect.CastType{Schema: "pg_catalog", Local: "bpchar", Words: "character(1)"}, "character"},
		{"no length", "bpchar", introspect.CastType{Schema: "pg_catalog", Local: "bpchar"}, "character"},
		{"fields of an interval", "INTERVAL day TO second", introspect.CastType{Schema: "pg_catalog", Local: "interval", Words: "interval day to second"}, "interval"},
		{"words before names", "interval day", introspect.CastType{Schema: "pg_catalog", Local: "interval", Words: "interval day"}, "interval"},
		{"array", "int array", introspect.CastType{Schema: "pg_catalog", Local: "int4", Array: true}, ""},
		{"array with a length", "char array", introspect.CastType{Schema: "pg_catalog", Local: "bpchar", Words: "character(1)", Array: true}, ""},
		{"array of words", "timestamp with time zone array", introspect.CastType{Schema: "pg_catalog", Local: "timestamptz", Array: true}, ""},
		{"array by name", "_int4", introspect.CastType{Local: "_int4"}, ""},
		{"array of a name", "Color Array", introspect.CastType{Local: "color", Array: true}, ""},
		{"array of arrays is none", "int array array", introspect.CastType{Local: "int array array"}, ""},
		{"set", "setof int", introspect.CastType{Schema: "pg_catalog", Local: "int4", SetOf: true}, "integer"},
		{"set of arrays", "setof color array", introspect.CastType{Local: "color", SetOf: true, Array: true}, ""},
		{"set of nothing", "setof", introspect.CastType{Local: "setof"}, ""},
		{"array of nothing", "array", introspect.CastType{Local: "array"}, ""},
		{"to be looked up", "color", introspect.CastType{Local: "color"}, ""},
		{"pseudo-type", "record", introspect.CastType{Local: "record"}, ""},
		{"row type", "pg_class", introspect.CastType{Local: "pg_class"}, ""},
		{"capitals beyond ASCII stay", "ÄRGER", introspect.CastType{Local: "Ärger"}, ""},
		{"unknown", "no_such_type", introspect.CastType{Local: "no_such_type"}, ""},
		{"unknown words", "Double  Vision", introspect.CastType{Local: "double vision"}, ""},
		{"empty", "", introspect.CastType{}, ""},
		{"injection", `int) FROM pg_authid --`, introspect.CastType{Local: `int) from pg_authid --`}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := cache.CastType(tt.cast)
			require.Equal(t, tt.known != "", got.Type != nil)
			if got.Type != nil {
				require.Equal(t, tt.known, got.Type.Name)
			}
			got.Type = nil
			require.Equal(t, tt.want, got)
		})
	}
}

// Where the search path names pg_catalog, other schemas may come before it.
func TestCastType_search_path(t *testing.T) {
	t.Parallel()
	cache, err := introspect.Load(t.Context(), pgtest.Empty(t), introspect.Options{
		Schemas: []string{"api"}, ExtraSearchPath: []string{"public", "pg_catalog"},
	})
	require.NoError(t, err)
	require.Equal(t, introspect.CastType{Local: "text"}, cache.CastType("text"))
	require.Equal(t, "pg_catalog", cache.CastType("int").Schema)
	require.NotNil(t, cache.CastType("int").Type)
}

func TestType(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE SCHEMA extra;
		CREATE TYPE api.color AS ENUM ('red');
		CREATE DOMAIN extra.small AS int;
		CREATE DOMAIN api.words AS text[];
		CREATE TYPE api.pair AS (a int, b int);
		CREATE TYPE public.size AS ENUM ('small');
		CREATE TABLE api.films (id int, size public.size)`)
	for _, tt := range []struct {
		schema, name string
		found        bool
	}{
		{"pg_catalog", "int4", true},
		{"pg_catalog", "tstzrange", true},
		{"api", "color", true},
		{"extra", "small", true},
		{"api", "words", true},
		{"api", "pair", true},
		{"pg_catalog", "_text", false},
		{"pg_catalog", "oidvector", false},
		{"pg_catalog", "record", false},
		{"api", "films", false},
		{"public", "size", false},
		{"api", "int4", false},
	} {
		t.Run(tt.schema+"."+tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := cache.Type(introspect.QualifiedName{Schema: tt.schema, Name: tt.name})
			require.Equal(t, tt.found, ok)
			if ok {
				require.Equal(t, tt.name, got.Local)
			}
		})
	}
}

// Words that PostgreSQL's grammar takes for a type mean the same type here, and others
// mean none.
func TestCastType_grammar(t *testing.T) {
	t.Parallel()
	pool := pgtest.Empty(t)
	cache, err := introspect.Load(t.Context(), pool, introspect.Options{})
	require.NoError(t, err)
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()

	accepted := 0
	for text := range phrases() {
		want, ok := castResult(t, conn, text)
		if ok {
			accepted++
		}
		own := typeSQL(cache.CastType(text))
		got, ownOK := castResult(t, conn, own)
		require.Equal(t, ok, ownOK, "%q as %s", text, own)
		require.Equal(t, want, got, "%q as %s", text, own)
	}
	require.Greater(t, accepted, 120)
}

// typeSQL is a cast's type as SQL has it.
func typeSQL(c introspect.CastType) string {
	name := c.Words
	if name == "" {
		name = pgx.Identifier{c.Local}.Sanitize()
		if c.Schema != "" {
			name = pgx.Identifier{c.Schema, c.Local}.Sanitize()
		}
	}
	if c.SetOf {
		name = "SETOF " + name
	}
	if c.Array {
		name += "[]"
	}
	return name
}

// result is the type of a value, and its modifier.
type result struct {
	oid      uint32
	modifier int32
}

// castResult gives the result of a cast to the type that text names. It is not ok where
// PostgreSQL knows no such type.
func castResult(t *testing.T, conn *pgxpool.Conn, text string) (r result, ok bool) {
	t.Helper()
	statement, err := conn.Conn().PgConn().Prepare(t.Context(), "", "SELECT CAST(NULL AS "+text+")", nil)
	var failed *pgconn.PgError
	if errors.As(err, &failed) {
		require.Contains(t, []string{"42601", "42704"}, failed.Code, text)
		return result{}, false
	}
	require.NoError(t, err)
	field := statement.Fields[0]
	return result{field.DataTypeOID, field.TypeModifier}, true
}

// phrases yields possible names of types, made of the words that such names consist of:
// all of up to three words, and of up to six words those that go on like the names of times
// and intervals.
func phrases() func(yield func(string) bool) {
	words := []string{
		"bigint", "bit", "boolean", "char", "character", "dec", "decimal", "double", "float", "int", "integer", "interval",
		"national", "nchar", "numeric", "precision", "real", "smallint", "time", "timestamp", "varchar", "varying",
		"with", "without", "zone", "year", "month", "day", "hour", "minute", "second", "to", "setof", "array", "json", "text",
	}
	common := []string{"char", "character", "varying", "national", "interval", "day", "hour", "to", "time", "timestamp", "with", "zone", "setof", "array", "text"}
	return func(yield func(string) bool) {
		grow := func(before []string, with []string) []string {
			var grown []string
			for _, phrase := range before {
				for _, word := range with {
					grown = append(grown, phrase+" "+word)
				}
			}
			return grown
		}
		three := slices.DeleteFunc(grow(grow(common, common), common), func(phrase string) bool { return strings.Count(phrase, "array") > 1 })
		times := grow([]string{"time", "timestamp"}, []string{"with time", "without time", "with zone"})
		fields := grow([]string{"interval"}, []string{"year", "month", "day", "hour", "minute", "second"})
		fields = grow(grow(fields, []string{"to"}), []string{"year", "month", "day", "hour", "minute", "second"})
		times = append(grow(times, []string{"zone", "array"}), fields...)
		long := slices.Concat(times, grow(times, []string{"array", "varying"}), grow([]string{"setof"}, times))
		for _, list := range [][]string{words, grow(words, words), three, long} {
			for _, phrase := range list {
				if !yield(phrase) {
					return
				}
			}
		}
	}
}
