package encode_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/introspect"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// session is a connection to a database of the test's own.
type session struct {
	conn *pgxpool.Conn
}

func newSession(t *testing.T) *session {
	t.Helper()
	conn, err := pgtest.Empty(t).Acquire(t.Context())
	require.NoError(t, err)
	t.Cleanup(conn.Release)
	s := &session{conn: conn}
	s.run(t, "SET datestyle = 'ISO, MDY'; SET timezone = 'UTC'")
	return s
}

// run runs statements that return nothing.
func (s *session) run(t *testing.T, sql string) {
	t.Helper()
	_, err := s.conn.Conn().PgConn().Exec(t.Context(), sql).ReadAll()
	require.NoError(t, err, sql)
}

// rows runs a query and returns its rows in text format.
func (s *session) rows(t *testing.T, sql string) [][][]byte {
	t.Helper()
	result := s.conn.Conn().PgConn().ExecParams(t.Context(), sql, nil, nil, nil, nil).Read()
	require.NoError(t, result.Err, sql)
	for _, field := range result.FieldDescriptions {
		require.Equal(t, int16(0), field.Format, "text format")
	}
	return result.Rows
}

// value runs a query of one row and column and returns its text.
func (s *session) value(t *testing.T, sql string) string {
	t.Helper()
	rows := s.rows(t, sql)
	require.Len(t, rows, 1, sql)
	return string(rows[0][0])
}

// typeOf reads from the catalogs what query.EncodingOf needs of a type.
func (s *session) typeOf(t *testing.T, name string) *introspect.Type {
	t.Helper()
	const sql = `
		WITH RECURSIVE under AS (
			SELECT oid, oid AS base FROM pg_catalog.pg_type WHERE oid = $1::regtype
			UNION ALL
			SELECT under.oid, t.typbasetype FROM under JOIN pg_catalog.pg_type t ON t.oid = under.base WHERE t.typtype = 'd'
		)
		SELECT u.oid, b.oid, CASE b.typcategory WHEN 'A' THEN 'A' ELSE b.typtype END, EXISTS (
			SELECT FROM pg_catalog.pg_cast c
			WHERE c.castsource = b.oid AND c.casttarget = 'json'::regtype AND c.castmethod = 'f'
		)
		FROM under u JOIN pg_catalog.pg_type b ON b.oid = u.base
		WHERE b.typtype <> 'd'`
	typ := &introspect.Type{Name: name}
	var kind string
	require.NoError(t, s.conn.QueryRow(t.Context(), sql, name).Scan(&typ.OID, &typ.BaseOID, &kind, &typ.CastsToJSON))
	typ.IsDomain = typ.OID != typ.BaseOID
	typ.Kind = map[string]introspect.TypeKind{
		"A": introspect.ArrayType, "b": introspect.BaseType, "c": introspect.CompositeType, "e": introspect.EnumType,
		"r": introspect.RangeType, "m": introspect.MultirangeType, "p": introspect.PseudoType,
	}[kind]
	return typ
}

// equalsToJSON compares what the encoder makes of values of a type with to_json, value
// by value, and with json_agg as a whole.
func (s *session) equalsToJSON(t *testing.T, typ *introspect.Type, expressions []string) {
	t.Helper()
	var list strings.Builder
	for _, e := range expressions {
		fmt.Fprintf(&list, "((%s)::%s), ", e, typ.Name)
	}
	from := fmt.Sprintf("FROM (VALUES %s(NULL)) AS sample(v)", list.String())

	encoding, toJSON := query.EncodingOf(typ)
	selected := "v"
	if toJSON {
		selected = "to_json(v)"
	}
	columns := []query.Column{{Name: "v", Encoding: encoding}}
	var values [][][]byte
	for i, r := range s.rows(t, "SELECT "+selected+", coalesce(to_json(v)::text, 'null') "+from) {
		want := `{"v":` + string(r[1]) + `}`
		require.Equal(t, want, body(encode.NewObject(columns, false), r[:1]), "sample %d", i)
		values = append(values, r[:1])
	}
	require.Equal(t, s.value(t, "SELECT json_agg(sample) "+from), body(encode.NewArray(columns, false), values...))
}

// TestBuiltinTypes takes the types from the catalog, so that a type that a later
// PostgreSQL adds fails here until it has samples.
func TestBuiltinTypes(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	// Some types' values can't be written down, only found in the catalogs.
	s.run(t, `
		CREATE TABLE "odd "" name, (it is)" ();
		CREATE TABLE measured (a int DEFAULT 1 + 1, b int);
		INSERT INTO measured SELECT i % 5, i % 5 FROM generate_series(1, 100) i;
		CREATE STATISTICS measured_statistics (ndistinct, dependencies, mcv) ON a, b FROM measured`)
	s.run(t, "ANALYZE measured")

	builtin := s.rows(t, `
		SELECT typname, format_type(oid, NULL) FROM pg_catalog.pg_type
		WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'e', 'r', 'm', 'd')
			AND NOT EXISTS (SELECT FROM pg_catalog.pg_type element WHERE element.typarray = pg_type.oid)
		ORDER BY typname`)
	require.Greater(t, len(builtin), 70)
	for _, r := range builtin {
		t.Run(string(r[0]), func(t *testing.T) {
			expressions := samples[string(r[0])]
			require.NotEmpty(t, expressions, "a type without samples")
			name := string(r[1])
			if name == "bit" || name == "character" {
				name = `pg_catalog."` + string(r[0]) + `"` // without the modifier (1)
			}
			typ := s.typeOf(t, name)
			s.equalsToJSON(t, typ, expressions)

			if _, toJSON := query.EncodingOf(typ); toJSON {
				require.Contains(t, []string{"int2vector", "oidvector"}, string(r[0]), "scalars need no to_json in SQL")
			}
		})
	}
}

// TestTimeZones covers offsets of hours, of minutes and, for dates before standard time,
// of seconds.
func TestTimeZones(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	for _, zone := range []string{
		"UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Eucla", "Europe/Amsterdam", "Africa/Monrovia",
		"Pacific/Kiritimati", "<odd>-13:59",
	} {
		t.Run(strings.ReplaceAll(zone, "/", "_"), func(t *testing.T) {
			s.run(t, "SET timezone = '"+zone+"'")
			s.equalsToJSON(t, s.typeOf(t, "timestamptz"), samples["timestamptz"])
		})
	}
}

// TestSettings covers the settings that change texts, which to_json follows: all but
// DateStyle for dates and timestamps, which executor and SQL take care of.
func TestSettings(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	types := map[string][]string{
		"interval": samples["interval"], "real": samples["float4"], "double precision": samples["float8"], "bytea": samples["bytea"],
		"daterange": samples["daterange"], "tstzrange": samples["tstzrange"], "tsmultirange": samples["tsmultirange"], "point": samples["point"],
		"time with time zone": samples["timetz"], "money": samples["money"], "interval[]": {"ARRAY['1 year 2 mons -3 days 04:05:06.789'::interval]"},
		"date[]": {"ARRAY['2020-02-29'::date]"}, "timestamptz[]": {"ARRAY['2020-01-01 10:00+00'::timestamptz]"}, "xml": samples["xml"], "text": samples["text"],
	}
	for _, setting := range []string{
		"IntervalStyle = sql_standard", "IntervalStyle = postgres_verbose", "IntervalStyle = iso_8601",
		"extra_float_digits = 0", "extra_float_digits = -15", "extra_float_digits = 3", "bytea_output = escape", "xmlbinary = hex",
		"DateStyle = German", "DateStyle = 'SQL, DMY'", "DateStyle = 'Postgres, MDY'", "timezone = 'Asia/Kolkata'", `timezone = '<a"b>3'`,
		"quote_all_identifiers = on", "array_nulls = off", "search_path = ''",
	} {
		t.Run(setting, func(t *testing.T) {
			name, _, _ := strings.Cut(setting, " = ")
			for typ, expressions := range types {
				described := s.typeOf(t, typ)
				s.run(t, "SET "+setting)
				s.equalsToJSON(t, described, expressions)
				s.run(t, "RESET "+name)
			}
		})
	}
}

// TestOwnTypes covers types that are made of other types or by users.
func TestOwnTypes(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct {
		name    string
		ddl     string
		typ     string
		samples []string
	}{
		{"array", "", "int[]", []string{"'{}'", "'{1,NULL,3}'", "'{{1,2},{3,4}}'"}},
		{"array_of_text", "", "text[]", []string{`'{a,"b \"c\"",NULL,""}'`}},
		{"array_of_timestamptz", "", "timestamptz[]", []string{"ARRAY['2020-01-01 10:00+00'::timestamptz, 'infinity']"}},
		{"array_of_json", "", "json[]", []string{`ARRAY['{"a" : 1}'::json, 'null']`}},
		{"composite", "CREATE TYPE money_of AS (amount numeric, currency text, at timestamp)", "money_of", []string{"ROW(1.50, 'say \"EUR\"', '2020-01-01 10:00')", "ROW(NULL, NULL, NULL)"}},
		{"row_type", "CREATE TABLE film (id int, title text)", "film", []string{"ROW(1, 'Ran')"}},
		{"array_of_composites", "CREATE TYPE pair AS (a int, b text)", "pair[]", []string{"ARRAY[ROW(1, 'x')::pair, NULL]"}},
		{"domain", "CREATE DOMAIN title AS text CHECK (value <> '')", "title", []string{`'say "Ran"'`}},
		{"domain_over_domain", "CREATE DOMAIN moment AS timestamptz; CREATE DOMAIN premiere AS moment", "premiere", []string{"'2020-01-01 10:00+05:30'", "'infinity'"}},
		{"domain_over_boolean", "CREATE DOMAIN flag AS boolean", "flag", []string{"true", "false"}},
		{"domain_over_numeric", "CREATE DOMAIN rating AS numeric(3,1)", "rating", []string{"9.5", "'NaN'"}},
		{"domain_over_array", "CREATE DOMAIN tags AS text[]", "tags", []string{"'{a,b}'"}},
		{"domain_over_composite", "CREATE TYPE span AS (a int, b int); CREATE DOMAIN ordered_span AS span", "ordered_span", []string{"ROW(1, 2)::span"}},
		{"domain_over_jsonb", "CREATE DOMAIN object AS jsonb CHECK (jsonb_typeof(value) = 'object')", "object", []string{`'{"a": [1,2]}'`}},
		{"enum", `CREATE TYPE language AS ENUM ('en', 'say "fr"', 'ja_JP, (old)')`, "language", []string{"'en'", `'say "fr"'`, "'ja_JP, (old)'"}},
		{"domain_over_enum", "CREATE TYPE color AS ENUM ('red'); CREATE DOMAIN paint AS color", "paint", []string{"'red'"}},
		{
			"enum_with_a_cast_to_json", `
			CREATE TYPE size AS ENUM ('s', 'm');
			CREATE FUNCTION size_json(size) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT json_build_object('size', $1::text) $$;
			CREATE CAST (size AS json) WITH FUNCTION size_json`,
			"size", []string{"'s'", "'m'"},
		},
		{
			"domain_over_enum_with_a_cast_to_json", `
			CREATE TYPE grade AS ENUM ('a', 'b');
			CREATE FUNCTION grade_json(grade) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT json_build_array($1::text) $$;
			CREATE CAST (grade AS json) WITH FUNCTION grade_json;
			CREATE DOMAIN final_grade AS grade`,
			"final_grade", []string{"'a'"},
		},
		{
			"composite_with_a_cast_to_json", `
			CREATE TYPE pixel AS (x int, y int);
			CREATE FUNCTION pixel_json(pixel) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT json_build_array($1.x, $1.y) $$;
			CREATE CAST (pixel AS json) WITH FUNCTION pixel_json`,
			"pixel", []string{"ROW(1, 2)"},
		},
		{
			// to_json doesn't look for casts of PostgreSQL's own types.
			"built_in_type_with_a_cast_to_json", `
			CREATE FUNCTION point_json(point) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT json_build_array($1[0], $1[1]) $$;
			CREATE CAST (point AS json) WITH FUNCTION point_json`,
			"point", []string{"'(1,2)'"},
		},
		{"range", "CREATE TYPE weight_range AS RANGE (subtype = float8)", "weight_range", []string{"'[1.5,2)'", "'empty'"}},
		{"multirange", "CREATE TYPE price_range AS RANGE (subtype = numeric, multirange_type_name = prices)", "prices", []string{"'{[1.5,2),[3,4)}'"}},
		{"range_of_text", `CREATE TYPE word_range AS RANGE (subtype = text, collation = "C")`, "word_range", []string{`word_range('a "b"', 'c,d')`}},
		{"base_type", `
			CREATE TYPE shouted;
			CREATE FUNCTION shouted_in(cstring) RETURNS shouted LANGUAGE internal IMMUTABLE STRICT AS 'textin';
			CREATE FUNCTION shouted_out(shouted) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
			CREATE TYPE shouted (input = shouted_in, output = shouted_out, like = text)`,
			"shouted", []string{`'SAY "HEY"'`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t)
			s.run(t, tt.ddl)
			s.equalsToJSON(t, s.typeOf(t, tt.typ), tt.samples)
		})
	}
}

func TestExtensionTypes(t *testing.T) {
	t.Parallel()
	s := newSession(t)

	expressions := map[string][]string{
		"hstore": {`'a=>1, "b c"=>"say \"d\"", e=>NULL'`, "''"}, // has a cast to json
		"citext": {`'Say "Ran"'`, "''"},
		"ltree":  {"'Top.Science'", "''"},
		"isbn":   {"'978-0-393-04002-9'"},
	}
	// A server may come without the extensions that PostgreSQL is shipped with.
	for _, r := range s.rows(t, "SELECT name FROM pg_catalog.pg_available_extensions WHERE name IN ('hstore', 'citext', 'ltree', 'isn')") {
		extension := string(r[0])
		t.Run(extension, func(t *testing.T) {
			s.run(t, "CREATE EXTENSION "+extension)
			name := strings.Replace(extension, "isn", "isbn", 1)
			s.equalsToJSON(t, s.typeOf(t, name), expressions[name])
		})
	}
}

// TestRows compares whole bodies with what PostgreSQL makes of the same rows.
func TestRows(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.run(t, `
		CREATE TABLE film (
			id bigint, title text, "the ""original"" title" text, rating numeric, restored boolean, released date,
			added_at timestamptz, shot_at timestamp, info json, poster bytea, run int4range, score float8
		);
		INSERT INTO film VALUES
			(1, 'Rashomon', '羅生門', 8.20, true, '1950-08-26', '2024-05-01 10:00+00', '1950-01-01 00:00', ' {"a" : 1}', '\x00ff', '[1,5)', 1e300),
			(2, '', E'say "hey", \\o/ (it''s)\n', 'NaN', false, 'infinity', '-infinity', '0044-03-15 12:00 BC', 'null', '', 'empty', '-0'),
			(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
			(3, ' ', 'null', 'Infinity', NULL, '0001-01-01 BC', '1900-01-01 00:00:00.5+00', NULL, '"x"', NULL, '(,)', 'NaN')`)
	s.run(t, "SET timezone = 'Asia/Kolkata'")

	result := s.conn.Conn().PgConn().ExecParams(t.Context(), "SELECT * FROM film", nil, nil, nil, nil).Read()
	require.NoError(t, result.Err)
	columns := s.columns(t, result)

	t.Run("array", func(t *testing.T) {
		want := s.value(t, "SELECT json_agg(film) FROM film")
		require.Equal(t, want, body(encode.NewArray(columns, false), result.Rows...))
	})
	t.Run("stripped_array", func(t *testing.T) {
		want := s.value(t, "SELECT json_strip_nulls(json_agg(film)) FROM film")
		stripped := s.rows(t, `SELECT id, title, "the ""original"" title", rating, restored, released, added_at, shot_at,
			json_strip_nulls(info), poster, run, score FROM film`)
		require.Equal(t, want, body(encode.NewArray(columns, true), stripped...))
	})
	t.Run("object", func(t *testing.T) {
		want := s.value(t, "SELECT row_to_json(film) FROM film WHERE id = 2")
		require.Equal(t, want, body(encode.NewObject(columns, false), result.Rows[1]))
	})
	t.Run("csv", func(t *testing.T) {
		var want []string
		for _, r := range s.rows(t, "SELECT left(right(film::text, -1), -1) FROM film") {
			want = append(want, string(r[0]))
		}
		_, got, found := strings.Cut(body(encode.NewCSV(columns), result.Rows...), "\n")
		require.True(t, found)
		require.Equal(t, strings.Join(want, "\n"), got)
	})
}

// columns describes a result's columns as they are encoded.
func (s *session) columns(t *testing.T, result *pgconn.Result) []query.Column {
	t.Helper()
	columns := make([]query.Column, len(result.FieldDescriptions))
	for i, field := range result.FieldDescriptions {
		encoding, toJSON := query.EncodingOf(s.typeOf(t, s.value(t, fmt.Sprintf("SELECT %d::regtype", field.DataTypeOID))))
		require.False(t, toJSON, field.Name)
		columns[i] = query.Column{Name: field.Name, Encoding: encoding}
	}
	return columns
}
