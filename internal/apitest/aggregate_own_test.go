package apitest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/introspect"
)

// ownAggregates are aggregates of a database's own: for types that PostgreSQL has none
// for, such that fit better than PostgreSQL's, and one of a signature that it has.
const ownAggregates = `
	SET search_path = archive, extra;
	CREATE FUNCTION widen(frame, frame) RETURNS frame LANGUAGE sql IMMUTABLE
		AS $$ SELECT ROW($1.width + $2.width, $1.height + $2.height)::frame $$;
	CREATE FUNCTION area(frame) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT $1.width * $1.height $$;
	CREATE FUNCTION spell(text, language) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT concat_ws('"', $1, $2::text) $$;
	CREATE FUNCTION gather(jsonb, boolean) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || to_jsonb($2) $$;
	CREATE FUNCTION rate(text, stars) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || '*' $$;
	CREATE FUNCTION chars(text, varchar) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT concat($1, left($2, 1)) $$;
	CREATE FUNCTION collect(json, jsonb) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT json_build_array($1, $2) $$;
	CREATE FUNCTION wrong(text, int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'wrong'::text $$;
	CREATE AGGREGATE sum(frame) (SFUNC = widen, STYPE = frame, INITCOND = '(0,0)');
	CREATE AGGREGATE avg(frame) (SFUNC = widen, STYPE = frame, INITCOND = '(0,0)', FINALFUNC = area);
	CREATE AGGREGATE sum(language) (SFUNC = spell, STYPE = text);
	CREATE AGGREGATE max(boolean) (SFUNC = gather, STYPE = jsonb, INITCOND = '[]');
	CREATE AGGREGATE sum(stars) (SFUNC = rate, STYPE = text, INITCOND = '');
	CREATE AGGREGATE extra.min(varchar) (SFUNC = chars, STYPE = text);
	CREATE AGGREGATE extra.sum(jsonb) (SFUNC = collect, STYPE = json, INITCOND = 'null');
	CREATE AGGREGATE max(language) (SFUNC = spell, STYPE = text);
	CREATE AGGREGATE sum(int) (SFUNC = wrong, STYPE = text);
	CREATE SCHEMA annex;
	CREATE AGGREGATE annex.avg(language) (SFUNC = spell, STYPE = text);
	CREATE VIEW annex.films AS SELECT id, language, frame FROM films;
	GRANT USAGE ON SCHEMA annex TO pgrest_test_anon;
	GRANT SELECT ON annex.films TO pgrest_test_anon;`

// Aggregates are those that PostgreSQL finds along the request's search path for the
// type that they are applied to, whatever they give.
func TestAggregate_own(t *testing.T) {
	t.Parallel()
	api := serveClone(t, ownAggregates, aggregating, func(o *pgrest.Options) { o.Schemas = []string{"archive", "annex"} })
	want := headers{"Content-Profile": "archive"}
	noFunction := func(signature string) string {
		return fault("42883", "function "+signature+" does not exist", "", "No function matches the given name and argument types. You might need to add explicit type casts.")
	}
	run(t, api,
		exchange{name: "composite", target: "/films?select=frame.sum()&id=in.(1,7)", want: want, body: `[{"sum": {"width": 3360, "height": 2160}}]`},
		exchange{name: "composite_to_a_number", target: "/films?select=area:frame.avg()&id=eq.1", body: `[{"area": 1555200}]`},
		exchange{name: "cast_to_a_composite", target: "/films?select=frame::frame.sum()&id=eq.1", body: `[{"sum": {"width": 1440, "height": 1080}}]`},
		exchange{name: "cast_of_the_result", target: "/films?select=frame.avg()::text&id=eq.1", body: `[{"avg": "1555200"}]`},
		exchange{name: "enum_to_text", target: "/films?select=language.sum()&id=in.(1,7)", body: `[{"sum": "de\"en"}]`},
		exchange{name: "enum_better_than_PostgreSQL's", target: "/films?select=language.max()&id=in.(1,7)", body: `[{"max": "de\"en"}]`},
		exchange{name: "enum_by_PostgreSQL's", target: "/films?select=language.min()&id=in.(1,7)", body: `[{"min": "de"}]`},
		exchange{name: "boolean_to_jsonb", target: "/films?select=silent.max()&id=eq.1", body: `[{"max": [true]}]`},
		exchange{name: "domain_better_than_its_base", target: "/specimens?select=a_domain.sum()&id=eq.1", body: `[{"sum": "*"}]`},
		exchange{name: "domain_by_its_base", target: "/specimens?select=a_domain.avg()&id=eq.1", body: `[{"avg": 7.5000000000000000}]`},
		exchange{name: "extra_search_path", target: "/specimens?select=a_varchar.min()&id=eq.1", body: `[{"min": "v"}]`},
		exchange{name: "path_of_JSON", target: "/films?select=info->colour.sum()&id=eq.7", body: `[{"sum": [null, true]}]`},
		exchange{name: "none_better_than_PostgreSQL's_own", target: "/films?select=year.sum()&id=eq.1", body: `[{"sum": 1927}]`},
		exchange{name: "groups", target: "/films?select=silent,frame.sum(),count()&id=in.(1,7)&order=silent", body: `[{"silent": false, "sum": {"width": 1920, "height": 1080}, "count": 1}, {"silent": true, "sum": {"width": 1440, "height": 1080}, "count": 1}]`},
		exchange{name: "embedded", target: "/directors?select=id,films(frame.sum())&id=eq.7", body: `[{"id": 7, "films": [{"sum": {"width": 1920, "height": 1040}}]}]`},
		exchange{name: "spread", target: "/roles?select=...films(frame.sum(),language.sum())&film_id=eq.1", body: `[{"sum": {"width": 2880, "height": 2160}, "sum": "de\"de"}]`},
		exchange{name: "nulls_stripped", target: "/films?select=frame.sum(),year.max()&id=eq.11", send: headers{"Accept": "application/vnd.pgrst.array+json;nulls=stripped"},
			want: headers{"Content-Type": "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"}, body: `[{"sum": {}, "max": 1966}]`},
		exchange{name: "CSV", target: "/films?select=frame.sum(),year.max()&id=eq.1", send: headers{"Accept": "text/csv"}, want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "sum,max\n\"(1440,1080)\",1927"},
		exchange{name: "another_schema's_is_not_found", target: "/films?select=language.avg()", status: 404, body: noFunction("avg(language)")},
		exchange{name: "in_the_other_schema_it_is", target: "/films?select=language.avg()&id=eq.1", send: headers{"Accept-Profile": "annex"}, want: headers{"Content-Profile": "annex"}, body: `[{"avg": "de"}]`},
		exchange{name: "where_the_first_schema's_is_not", target: "/films?select=frame.sum()", send: headers{"Accept-Profile": "annex"}, status: 404, body: noFunction("sum(archive.frame)")},
	)
}

// Of every type an aggregate's result is what PostgreSQL's to_json makes of it, or its error.
func TestAggregate_types(t *testing.T) {
	t.Parallel()
	db := pgtest.Fixture(t)
	pool := db.Superuser(t)
	api := open(t, db.Pool(t), aggregating)
	rows, err := pool.Query(t.Context(), "SELECT attname::text FROM pg_attribute WHERE attrelid = 'archive.specimens'::regclass AND attnum > 0")
	require.NoError(t, err)
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Greater(t, len(columns), 40)
	for _, aggregate := range []string{"sum", "avg", "max", "min"} {
		for _, column := range columns {
			if column == "a_represented_domain" { // of which the representation is aggregated
				continue
			}
			t.Run(aggregate+"_of_"+column, func(t *testing.T) {
				t.Parallel()
				x := exchange{target: "/specimens?select=" + column + "." + aggregate + "()&id=in.(1,3)", body: ""}
				var want string
				err := pool.QueryRow(t.Context(), fmt.Sprintf("SELECT json_build_object('%[1]s', %[1]s(%[2]s))::text FROM archive.specimens WHERE id IN (1, 3)", aggregate, column)).Scan(&want)
				var pg *pgconn.PgError
				switch {
				case errors.As(err, &pg):
					got := ask(t, api, x)
					require.Equal(t, 404, got.StatusCode)
					var failed struct{ Code, Message string }
					require.NoError(t, json.NewDecoder(got.Body).Decode(&failed))
					require.Equal(t, pg.Code, failed.Code)
				default:
					require.NoError(t, err)
					x.body = "[" + strings.Replace(want, " : ", ": ", 1) + "]"
					x.check(t, ask(t, api, x))
				}
			})
		}
	}
}

// The types of results that are known beforehand are those of aggregates that
// pg_catalog has for the very type, with which no other aggregate competes.
func TestAggregate_known(t *testing.T) {
	t.Parallel()
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), `CREATE SCHEMA api; DO $$ BEGIN EXECUTE (
		SELECT 'CREATE TABLE api.t (' || string_agg(quote_ident(typname) || ' pg_catalog.' || quote_ident(typname), ', ') || ')'
		FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typcategory <> 'A'
	); END $$`)
	require.NoError(t, err)
	cache, err := introspect.Load(t.Context(), pool, introspect.Options{Schemas: []string{"api"}})
	require.NoError(t, err)
	planner, known := plan.New(cache, plan.Config{Aggregates: true}), 0
	for _, column := range cache.Tables[introspect.QualifiedName{Schema: "api", Name: "t"}].Columns {
		for _, aggregate := range []string{"sum", "avg", "max", "min"} {
			r := httptest.NewRequest(http.MethodGet, "/t?select="+url.QueryEscape(`"`+column.Name+`".`+aggregate+"()"), nil)
			req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"api"}})
			require.NoError(t, err)
			planned, err := planner.Build(&req.Shape)
			require.NoError(t, err)
			result := query.Build(planned.(plan.Runnable)).Columns[0].OID
			if result == 0 {
				continue
			}
			known++
			require.Equal(t, 1, count(t, pool, fmt.Sprintf("SELECT count(*)::int FROM pg_proc WHERE proname = '%s' AND pronamespace = 'pg_catalog'::regnamespace"+
				" AND prokind = 'a' AND proargtypes = '%d'::oidvector AND prorettype = %d", aggregate, column.Type.OID, result)), "%s of %s", aggregate, column.Name)
		}
	}
	require.Equal(t, 53, known)
}
