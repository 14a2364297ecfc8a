package query_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// What a client can cause is told from what the schema cache has put into a statement by
// the place that PostgreSQL points at, here marked by ^.
func TestContradiction(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		state, sql string
		want       plan.Contradiction
	}{
		{"42703", `SELECT ^"films"."title" FROM "archive"."films"`, plan.NoSuchName},
		{"42P01", `SELECT FROM ^"archive"."films"`, plan.NoSuchName},

		{"42883", `SELECT FROM "archive"."films" WHERE "films"."year" ^LIKE $1`, plan.NoContradiction},
		{"42883", `SELECT FROM "archive"."films" WHERE "films"."year" ^~ $1`, plan.NoContradiction},
		{"42883", `SELECT FROM "archive"."films" WHERE "films"."info"^->$1 = $2`, plan.NoSuchThing},
		{"42883", `SELECT FROM "archive"."films" WHERE "films"."info"->>$1^->$2 = $3`, plan.NoContradiction},
		{"42883", `SELECT ^sum("films"."title") FROM "archive"."films"`, plan.NoContradiction},
		{"42883", `SELECT ^ST_AsGeoJSON(rows)::text FROM (SELECT 1) rows`, plan.NoContradiction},
		{"42883", `SELECT ^pg_catalog.to_json("films"."title") FROM "archive"."films"`, plan.NoContradiction},
		{"42883", `SELECT FROM "archive"."films" ORDER BY ^"films"."info" ASC`, plan.NoContradiction},
		{"42883", `SELECT FROM "archive"."films" ORDER BY ^"films"."in.fo(" ASC`, plan.NoContradiction},
		{"42883", `SELECT FROM ^"archive"."add"("a" := $1::integer)`, plan.NoSuchThing},
		{"42883", `SELECT FROM ^"arch""ive"."a""(dd"("a" := $1::integer)`, plan.NoSuchThing},
		{"42883", `SELECT "ünïcödé", ^"archive"."colour_json"("genres"."colour")`, plan.NoSuchThing},
		{"42725", `SELECT FROM ^"archive"."add"("a" := $1)`, plan.NoSuchThing},
		{"42725", `SELECT FROM "archive"."films" WHERE "films"."nope" ^&& $1`, plan.NoContradiction},

		{"42704", `SELECT CAST("films"."id" AS ^"nope") FROM "archive"."films"`, plan.NoContradiction},
		{"42704", `SELECT CAST("films"."id" AS ^"nope"[]) FROM "archive"."films"`, plan.NoContradiction},
		{"42704", `SELECT CAST("films"."id" AS ^"archive"."mood") FROM "archive"."films"`, plan.NoSuchThing},
		{"42704", `SELECT FROM pg_catalog.json_to_record($1) AS "pgrst body"("mood" ^archive.mood)`, plan.NoSuchThing},

		{"42846", `SELECT ^CAST("films"."id" AS "pg_catalog"."uuid") FROM "archive"."films"`, plan.NoContradiction},
		{"42846", `SELECT ^CAST("films"."a.* AS b" AS "pg_catalog"."uuid") FROM "archive"."films"`, plan.NoContradiction},
		{"42846", `RETURNING ^CAST("films".* AS "archive"."films") AS "pgrst row"`, plan.NoSuchThing},
		{"42846", `SELECT ^CAST(ROW(NULL, NULL) AS "archive"."films")`, plan.NoSuchThing},
		{"42846", `SELECT "archive"."css"(rows^::"archive"."films") FROM (SELECT 1) rows`, plan.NoSuchThing},

		{"42804", `INSERT INTO "archive"."films"("id") SELECT ^"pgrst body"."id" FROM x`, plan.NoSuchAssignment},
		{"42P10", `INSERT INTO "archive"."films" DEFAULT VALUES ^ON CONFLICT ("id") DO NOTHING`, plan.NoSuchKey},
		{"22P02", `SELECT ^"films"."title" FROM "archive"."films"`, plan.NoContradiction},
		{"42501", `SELECT FROM ^"archive"."films"`, plan.NoContradiction},
	} {
		before, at, found := strings.Cut(tt.sql, "^")
		require.True(t, found)
		require.Equal(t, tt.want, query.Contradiction(before+at, tt.state, utf8.RuneCountInString(before)+1), "%s at %s", tt.state, tt.sql)
	}
	for _, state := range []string{"42703", "42P01", "42883", "42704", "42846", "42804"} { // whatever a server may say
		for _, position := range []int{-1, 0, 7, 1000} {
			require.Equal(t, plan.NoContradiction, query.Contradiction("SELECT", state, position), "%s at %d", state, position)
		}
	}
	require.Equal(t, plan.NoSuchKey, query.Contradiction("SELECT", "42P10", 0))
}
