package apitest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// cappingRows caps rows by relation.
func cappingRows(most map[string]int64, all int64) option {
	return func(o *pgrest.Options) { o.Limits.MaxRowsOf, o.MaxRows = most, all }
}

// The rows of a relation are capped wherever they are read.
func TestLimits_MaxRowsOf(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE FUNCTION archive.all_genres() RETURNS SETOF archive.genres STABLE LANGUAGE sql AS 'SELECT * FROM archive.genres';
		CREATE FUNCTION archive.genres() RETURNS SETOF int STABLE LANGUAGE sql AS 'SELECT generate_series(1, 5)';
		CREATE FUNCTION archive.many() RETURNS TABLE (n int) STABLE LANGUAGE sql AS 'SELECT generate_series(1, 5)'`)
	require.NoError(t, err)
	capped := open(t, db.Pool(t), cappingRows(map[string]int64{"genres": 2, "archive.films": 1, "directors": 4}, 0))
	exact := headers{"Prefer": "count=exact"}
	run(t, capped,
		exchange{name: "the_relation", target: "/genres?select=id&order=id", body: `[{"id": 1}, {"id": 2}]`},
		exchange{name: "at_the_limit", target: "/genres?select=id&order=id&limit=2", body: `[{"id": 1}, {"id": 2}]`},
		exchange{name: "beyond_it", target: "/genres?select=id&order=id&limit=3", body: `[{"id": 1}, {"id": 2}]`},
		exchange{name: "below_it", target: "/genres?select=id&order=id&limit=1", body: `[{"id": 1}]`},
		exchange{name: "range", target: "/genres?select=id&order=id&id=lt.4", send: headers{"Prefer": "count=exact", "Range": "0-9"}, status: 206,
			want: headers{"Content-Range": "0-1/3"}, body: `[{"id": 1}, {"id": 2}]`},
		exchange{name: "count", target: "/genres?select=id&order=id&id=lt.4", send: exact, status: 206, want: headers{"Content-Range": "0-1/3"}, body: `[{"id": 1}, {"id": 2}]`},
		exchange{name: "with_its_schema", target: "/films?select=id&order=id", body: `[{"id": 1}]`},
		exchange{name: "another", target: "/directors?select=id&order=id&id=lt.4", body: `[{"id": 1}, {"id": 2}, {"id": 3}]`},
		exchange{name: "embed", target: "/directors?select=id,films(id)&id=eq.2&films.order=id", body: `[{"id": 2, "films": [{"id": 3}]}]`},
		exchange{name: "embed_with_a_limit", target: "/directors?select=id,films(id)&id=eq.2&films.order=id&films.limit=3", body: `[{"id": 2, "films": [{"id": 3}]}]`},
		exchange{name: "spread", target: "/directors?select=id,...films(film:id)&id=eq.2&films.order=id", body: `[{"id": 2, "film": [3]}]`},
		exchange{name: "to_one", target: "/films?select=id,directors(id)&id=eq.4", body: `[{"id": 4, "directors": {"id": 2}}]`},
		exchange{name: "function_of_its_rows", target: "/rpc/all_genres?select=id&order=id", body: `[{"id": 1}, {"id": 2}]`},
		exchange{name: "function_of_its_name", target: "/rpc/genres", body: `[1, 2, 3, 4, 5]`},
		exchange{name: "function_of_a_table_of_its_own", target: "/rpc/many", body: `[{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}, {"n": 5}]`},
		exchange{name: "CSV", target: "/genres?select=id&order=id", send: headers{"Accept": "text/csv"}, want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id\n1\n2"},
	)
	t.Run("writes are returned whole", func(t *testing.T) {
		t.Parallel()
		api := open(t, db.Pool(t), cappingRows(map[string]int64{"genres": 1}, 0), func(o *pgrest.Options) { o.TxEnd = pgrest.TxRollback })
		x := exchange{method: http.MethodPost, target: "/genres?select=id", data: `[{"id": 97, "name": "a"}, {"id": 98, "name": "b"}]`, token: `{"role": "` + curator + `"}`,
			send: headers{"Prefer": "return=representation"}, status: 201, body: `[{"id": 97}, {"id": 98}]`}
		x.check(t, ask(t, api, x))
	})
}

// A relation's cap holds for functions that return its rows, whatever schema they are in, and
// for the numbers that are told of them.
func TestLimits_MaxRowsOf_another_schema(t *testing.T) {
	t.Parallel()
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), `
		CREATE SCHEMA a CREATE TABLE films (id int);
		CREATE SCHEMA b CREATE TABLE films (id int);
		INSERT INTO b.films SELECT generate_series(1, 9);
		CREATE FUNCTION a.f() RETURNS SETOF b.films STABLE LANGUAGE sql AS 'SELECT * FROM b.films';
		GRANT USAGE ON SCHEMA a, b TO `+anon+`; GRANT SELECT ON a.films, b.films TO `+anon)
	require.NoError(t, err)
	api := open(t, pool, cappingRows(map[string]int64{"b.films": 2}, 0), func(o *pgrest.Options) { o.Schemas = []string{"a", "b"} })
	exact := headers{"Prefer": "count=exact"}
	capped := headers{"Content-Range": "0-1/9", "Content-Profile": "a"}
	run(t, api,
		exchange{name: "rows", target: "/rpc/f", send: exact, status: 206, want: capped, body: `[{"id": 1}, {"id": 2}]`},
		exchange{name: "head", method: "HEAD", target: "/rpc/f", send: exact, status: 206, want: capped},
	)
}

// Of two caps the lower counts.
func TestLimits_MaxRowsOf_and_MaxRows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		of, all int64
		body    string
	}{
		{2, 1, `[{"id": 1}]`}, {1, 2, `[{"id": 1}]`}, {2, 0, `[{"id": 1}, {"id": 2}]`}, {2, -1, `[]`},
	} {
		x := exchange{target: "/genres?select=id&order=id", body: tt.body}
		x.check(t, ask(t, serve(t, cappingRows(map[string]int64{"genres": tt.of}, tt.all)), x))
	}
	x := exchange{target: "/genres?select=id&order=id", body: `[{"id": 1}]`} // by both of its names
	x.check(t, ask(t, serve(t, cappingRows(map[string]int64{"genres": 3, "archive.genres": 1}, 0)), x))
}

func TestLimits_MaxRowsOf_refused(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t)
	for _, most := range []map[string]int64{{"films": 0}, {"films": -1}, {"": 1}} {
		_, err := pgrest.New(pool, pgrest.Options{Limits: pgrest.Limits{MaxRowsOf: most}})
		require.ErrorContains(t, err, "Limits.MaxRowsOf has ")
	}
	var log journal
	open(t, pool, log.kept, cappingRows(map[string]int64{"flims": 1, "archive.films": 1}, 0))
	require.Contains(t, log.String(), "MaxRowsOf names a relation that is in no exposed schema")
	require.Contains(t, log.String(), "relation=flims")
	require.NotContains(t, log.String(), "relation=archive.films")
}
