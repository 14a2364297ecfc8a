package query_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// A program that relies on the schema cache for all columns of a relation is refused for a
// relation that has more, at a place that tells so, and is run without its check; others
// have none. The check costs the plan nothing.
func TestProgram_Check(t *testing.T) {
	t.Parallel()
	pool, planner := openLibrary(t)
	for _, tt := range []struct {
		name, method, target, body string
		headers                    []string
		checked                    bool
	}{
		{"all", "GET", "/books", "", nil, true},
		{"all_of_an_embed", "GET", "/authors?select=id,books(*)", "", nil, true},
		{"all_of_a_function", "GET", "/books?select=id,colleagues(*)&id=eq.1", "", nil, true},
		{"head", "HEAD", "/books?id=eq.1", "", []string{"Prefer: count=exact"}, true},
		{"written", "PATCH", "/books?id=eq.1", `{"year": 1950}`, []string{"Prefer: return=representation"}, true},
		{"written_with_an_embed", "PATCH", "/books?id=eq.1&select=*,authors(id)", `{"year": 1950}`, []string{"Prefer: return=representation"}, true},
		{"inserted", "POST", "/books", `{"id": 0, "title": "x"}`, []string{"Prefer: return=representation"}, true},
		{"columns", "GET", "/books?select=id", "", nil, false},
		{"not_shown", "PATCH", "/books?id=eq.1", `{"year": 1950}`, nil, false},
		{"other_relation", "GET", "/subjects?limit=1", "", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			program := build(t, planner, "library", tt.method, tt.target, tt.body, tt.headers...)
			unchecked := program.Unchecked()
			require.Equal(t, explain(t, pool, built{unchecked, program.values}).nodes, explain(t, pool, program).nodes)

			conn, err := pool.Acquire(t.Context())
			require.NoError(t, err)
			defer conn.Release()
			tx, err := conn.Begin(t.Context())
			require.NoError(t, err)
			defer func() { require.NoError(t, tx.Rollback(t.Context())) }()
			_, err = tx.Exec(t.Context(), "ALTER TABLE library.books ADD pages int")
			require.NoError(t, err)
			run := func(p *query.Program) error {
				return conn.Conn().PgConn().ExecParams(t.Context(), p.Main.SQL, program.args(), nil, nil, nil).Read().Err
			}
			if tt.method != http.MethodPost { // whose row is inserted once
				require.NoError(t, run(unchecked))
			}
			err = run(program.Program)
			if !tt.checked {
				require.NoError(t, err)
				return
			}
			var refused *pgconn.PgError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "42846", refused.Code)
			require.True(t, program.Checks(int(refused.Position)))
			require.False(t, unchecked.Checks(int(refused.Position)))
		})
	}
}

// The same error elsewhere is the client's.
func TestProgram_Checks(t *testing.T) {
	t.Parallel()
	planner := plan.New(schema(t, "archive"), config)
	program := build(t, planner, "archive", "GET", "/films?select=*,ü:title,x:tags::int&limit=1", "")
	place := func(text string) int {
		before, _, found := strings.Cut(program.Main.SQL, text)
		require.True(t, found)
		return len([]rune(before)) + 1
	}
	require.True(t, program.Checks(place("CAST(ROW(")))
	require.False(t, program.Checks(place(`CAST("films"."tags"`)))
	require.False(t, program.Checks(place("WITH")))
	require.False(t, program.Checks(0))

	odd := build(t, planner, "archive", "GET", "/lost%20%26%20found%3F", "")
	require.Contains(t, odd.Main.SQL, odd.Check)
	require.Equal(t, `CAST(ROW(NULL, NULL, NULL) AS "archive"."lost & found?")`, odd.Check)
	require.True(t, odd.Checks(len(`WITH "pgrst check" AS (SELECT C`)))
	require.False(t, odd.Unchecked().Checks(len(`WITH "pgrst check" AS (SELECT C`)))

	alias, column, ok := query.ColumnAt(program.Main.SQL, place(`"films"."title"`))
	require.True(t, ok)
	require.Equal(t, [2]string{"films", "title"}, [2]string{alias, column})
	for _, position := range []int{0, 1, place("FROM"), len(program.Main.SQL), len(program.Main.SQL) + 9} {
		_, _, ok := query.ColumnAt(program.Main.SQL, position)
		require.False(t, ok, position)
	}
}

// BenchmarkProgram_Check runs a statement with its check and without: one that PostgreSQL
// plans once, one that it plans for its arguments, and one that it parses each time.
func BenchmarkProgram_Check(b *testing.B) {
	pool, planner := openLibrary(b)
	conn, err := pool.Acquire(b.Context())
	require.NoError(b, err)
	defer conn.Release()
	c := conn.Conn().PgConn()
	for _, bm := range []struct {
		name, target string
		prepares     bool
	}{{"planned", "/books?id=eq.7", true}, {"replanned", "/books?id=lt.7&order=title&limit=5", true}, {"parsed", "/books?id=eq.7", false}} {
		program := build(b, planner, "library", "GET", bm.target, "")
		args := program.args()
		for kind, p := range map[string]*query.Program{"checked": program.Program, "unchecked": program.Unchecked()} {
			name := bm.name + "/" + kind
			if bm.prepares {
				_, err := c.Prepare(b.Context(), name, p.Main.SQL, nil)
				require.NoError(b, err)
			}
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					var result *pgconn.ResultReader
					if bm.prepares {
						result = c.ExecPrepared(b.Context(), name, args, nil, nil)
					} else {
						result = c.ExecParams(b.Context(), p.Main.SQL, args, nil, nil, nil)
					}
					require.NoError(b, result.Read().Err)
				}
			})
		}
	}
}
