package apitest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// growing are relations that a test adds columns to.
const growing = `
	CREATE TABLE archive.printers (id int PRIMARY KEY, name text);
	CREATE TABLE archive.posters (id int PRIMARY KEY, printer_id int REFERENCES archive.printers, %s);
	INSERT INTO archive.printers VALUES (1, 'Ada');
	INSERT INTO archive.posters VALUES (1, 1), (2, NULL);
	CREATE VIEW archive.poster_list AS SELECT * FROM archive.posters;
	CREATE FUNCTION archive.posters_by_sql() RETURNS SETOF archive.posters LANGUAGE sql STABLE AS $$ SELECT * FROM archive.posters $$;
	CREATE FUNCTION archive.posters_by_plpgsql() RETURNS SETOF archive.posters LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN QUERY SELECT * FROM archive.posters; END $$;
	CREATE FUNCTION archive.volatile_posters() RETURNS SETOF archive.posters LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT * FROM archive.posters; END $$;
	CREATE FUNCTION archive.a_poster() RETURNS archive.posters LANGUAGE sql STABLE AS $$ SELECT * FROM archive.posters ORDER BY id LIMIT 1 $$;
	CREATE FUNCTION archive.twins(archive.posters) RETURNS SETOF archive.posters LANGUAGE sql STABLE AS $$ SELECT * FROM archive.posters p WHERE p.id = $1.id $$;
	GRANT ALL ON archive.printers, archive.posters, archive.poster_list TO pgrest_test_anon;`

// Whatever shows all columns of a relation shows one that was added since the schema was
// loaded, at once and without a notification: each of these requests, after another
// column, and again. Of columns that PostgreSQL makes JSON of, too.
func TestNewColumn(t *testing.T) {
	t.Parallel()
	const json, csv, object = "application/json", "text/csv", "application/vnd.pgrst.object+json"
	requests := []struct{ method, target, accept, payload string }{
		{"GET", "/posters", json, ""}, {"GET", "/posters?order=id", csv, ""}, {"GET", "/posters?id=eq.1", object, ""},
		{"GET", "/posters?select=*,number:id&id=gt.0&limit=1", json, ""}, {"GET", "/posters?NEW=eq.new", json, ""}, {"GET", "/posters?select=*,NEW", json, ""},
		{"GET", "/posters?order=NEW", "application/vnd.pgrst.array+json;nulls=stripped", ""}, {"GET", "/posters?select=*,count()&order=id", json, ""},
		{"GET", "/printers?select=name,posters(*)", json, ""}, {"GET", "/printers?select=...posters(*)", json, ""}, {"GET", "/posters?select=id,twins(*)", json, ""},
		{"GET", "/poster_list", json, ""}, {"GET", "/printers?select=poster_list(*)", json, ""},
		{"GET", "/rpc/posters_by_sql", json, ""}, {"GET", "/rpc/posters_by_plpgsql", csv, ""}, {"GET", "/rpc/posters_by_plpgsql?order=id&limit=1", json, ""},
		{"GET", "/rpc/a_poster", json, ""}, {"POST", "/rpc/volatile_posters", json, "{}"},
		{"POST", "/posters", json, `{"id": 3}`}, {"POST", "/posters", csv, `[{"id": 4}, {"id": 5}]`}, {"POST", "/posters?select=*,printers(name)", json, `{"id": 6, "printer_id": 1}`},
		{"PATCH", "/posters?id=eq.1", json, `{"printer_id": 1}`}, {"PATCH", "/posters?id=eq.1&select=*,twins(id)", json, `{"printer_id": 1}`}, {"PATCH", "/posters?NEW=eq.new&id=eq.1", json, `{"printer_id": 1}`},
		{"PUT", "/posters?id=eq.3", json, `{"id": 3, "printer_id": 1}`}, {"DELETE", "/posters?id=eq.3", json, ""}, {"PATCH", "/poster_list?id=eq.1", json, `{"printer_id": 1}`},
	}
	for name, tt := range map[string]struct {
		column string
		change option
	}{
		"plain":                {"year int", func(*pgrest.Options) {}},
		"array":                {"years int[]", func(*pgrest.Options) {}},
		"represented domain":   {"shade archive.colour", func(*pgrest.Options) {}},
		"unprepared":           {"year int", func(o *pgrest.Options) { o.DisablePreparedStatements = true }},
		"array and unprepared": {"years int[]", func(o *pgrest.Options) { o.DisablePreparedStatements = true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := live(t, tt.change, aggregating)
			l.change(t, fmt.Sprintf(growing, tt.column))
			require.NoError(t, l.Reload(t.Context()))
			for i, r := range requests {
				x := exchange{method: r.method, target: r.target, send: headers{"Accept": r.accept, "Prefer": "return=representation"}, data: r.payload}
				column := fmt.Sprintf("new_%d", i)
				if !strings.Contains(r.target, "NEW") && r.method == "GET" {
					for range 2 { // so that connections have it prepared
						require.Less(t, ask(t, l, x).StatusCode, 300, r.target)
					}
				}
				l.change(t, `ALTER TABLE archive.posters ADD `+column+` text DEFAULT 'new'; CREATE OR REPLACE VIEW archive.poster_list AS SELECT * FROM archive.posters`)
				x.target = strings.ReplaceAll(x.target, "NEW", column)
				got := ask(t, l, x)
				body := read(t, got)
				require.Less(t, got.StatusCode, 300, "%s %s: %s", r.method, r.target, body)
				require.Contains(t, body, column, "%s %s", r.method, r.target)
			}
		})
	}
}

// All columns are those that there are when others were renamed or dropped, even beside
// names that the schema cache doesn't know.
func TestNewColumn_of_an_old_one(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ change, target, body string }{
		"renamed":                      {`ALTER TABLE archive.posters RENAME year TO printed`, "/posters", `[{"id": 1, "printer_id": null, "printed": 7}]`},
		"renamed, filtered":            {`ALTER TABLE archive.posters RENAME year TO printed`, "/posters?printed=eq.7", `[{"id": 1, "printer_id": null, "printed": 7}]`},
		"renamed, beside all":          {`ALTER TABLE archive.posters RENAME year TO printed`, "/posters?select=*,p:printed", `[{"id": 1, "printer_id": null, "printed": 7, "p": 7}]`},
		"renamed, embedded":            {`ALTER TABLE archive.posters RENAME year TO printed`, "/posters?select=twins(*)&twins.printed=eq.7", `[{"twins": [{"id": 1, "printer_id": null, "printed": 7}]}]`},
		"dropped":                      {`ALTER TABLE archive.posters DROP year CASCADE`, "/posters", `[{"id": 1, "printer_id": null}]`},
		"dropped, another one instead": {`ALTER TABLE archive.posters DROP year CASCADE, ADD width int`, "/posters?width=is.null", `[{"id": 1, "printer_id": null, "width": null}]`},
		"of another type":              {`ALTER TABLE archive.posters ALTER year DROP DEFAULT, ALTER year TYPE int[] USING ARRAY[year]`, "/posters", `[{"id": 1, "printer_id": null, "year": [7]}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := live(t)
			l.change(t, `CREATE TABLE archive.posters (id int PRIMARY KEY, printer_id int, year int DEFAULT 7); INSERT INTO archive.posters VALUES (1);
				CREATE FUNCTION archive.twins(archive.posters) RETURNS SETOF archive.posters LANGUAGE sql STABLE AS $$ SELECT * FROM archive.posters p WHERE p.id = $1.id $$`)
			require.NoError(t, l.Reload(t.Context()))
			l.requireAnswer(t, "/posters", 200, `[{"id": 1, "printer_id": null, "year": 7}]`)
			l.change(t, tt.change)
			for range 2 {
				l.requireAnswer(t, tt.target, 200, tt.body)
			}
		})
	}
}

// loadlessPool is a pool that nobody can load a schema with.
type loadlessPool struct {
	*pgxpool.Pool
	loadless bool
}

type requestKey struct{}

func (p *loadlessPool) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	if p.loadless && ctx.Value(requestKey{}) == nil {
		return nil, errDatabaseAway
	}
	return p.Pool.Acquire(ctx)
}

// As long as the schema can't be loaded, the columns that are known have to do.
func TestNewColumn_unknown(t *testing.T) {
	t.Parallel()
	for name, disabled := range map[string]bool{"prepared": false, "unprepared": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			admin, pool := db.Superuser(t), &loadlessPool{Pool: db.Pool(t)}
			exec := func(sql string) {
				_, err := admin.Exec(t.Context(), sql)
				require.NoError(t, err)
			}
			exec(`CREATE TABLE archive.posters (id int, tags text[]); GRANT ALL ON archive.posters TO pgrest_test_anon; INSERT INTO archive.posters VALUES (1, '{}')`)
			api := open(t, pool, func(o *pgrest.Options) { o.DisablePreparedStatements = disabled })
			pool.loadless = true
			exec(`ALTER TABLE archive.posters ADD year int`)
			inRequest := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				api.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, true)))
			})
			for _, x := range []exchange{
				{target: "/posters", body: `[{"id": 1, "tags": []}]`},
				{target: "/posters?year=is.null", body: `[{"id": 1, "tags": []}]`},
				{target: "/posters", send: headers{"Accept": "text/csv"}, want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id,tags\n1,{}"},
				{method: "HEAD", target: "/posters"},
				{method: "PATCH", target: "/posters?id=eq.1", send: headers{"Prefer": "return=representation"}, data: `{"id": 2}`, body: `[{"id": 2, "tags": []}]`},
			} {
				x.check(t, ask(t, inRequest, x))
			}
		})
	}
}

// What a table's rules do besides is done, and new columns show all the same.
func TestNewColumn_rules(t *testing.T) {
	t.Parallel()
	l := live(t)
	l.change(t, `CREATE TABLE archive.posters (id int PRIMARY KEY, year int); CREATE TABLE archive.poster_log (id int, what text);
		CREATE RULE log_insert AS ON INSERT TO archive.posters DO ALSO INSERT INTO archive.poster_log VALUES (NEW.id, 'insert');
		CREATE RULE log_update AS ON UPDATE TO archive.posters DO ALSO INSERT INTO archive.poster_log VALUES (NEW.id, 'update');
		CREATE RULE log_delete AS ON DELETE TO archive.posters DO ALSO INSERT INTO archive.poster_log VALUES (OLD.id, 'delete');
		GRANT ALL ON archive.posters, archive.poster_log TO pgrest_test_anon`)
	require.NoError(t, l.Reload(t.Context()))
	send := headers{"Prefer": "return=representation"}
	for _, x := range []exchange{
		{method: "POST", target: "/posters", send: send, data: `{"id": 1}`, status: 201, body: `[{"id": 1, "year": null}]`},
		{method: "POST", target: "/posters", send: send, data: `[{"id": 2}]`, status: 201, body: `[{"id": 2, "year": null}]`},
		{method: "PATCH", target: "/posters?id=eq.2", send: send, data: `{"year": 7}`, body: `[{"id": 2, "year": 7}]`},
		{method: "GET", target: "/poster_log?select=what", body: `[{"what": "insert"}, {"what": "insert"}, {"what": "update"}]`},
	} {
		x.check(t, ask(t, l, x))
	}
	l.change(t, `ALTER TABLE archive.posters ADD width int DEFAULT 5`)
	for _, x := range []exchange{
		{method: "PATCH", target: "/posters?id=eq.2", send: send, data: `{"year": 8}`, body: `[{"id": 2, "year": 8, "width": 5}]`},
		{method: "DELETE", target: "/posters?id=eq.1", send: send, body: `[{"id": 1, "year": null, "width": 5}]`},
	} {
		x.check(t, ask(t, l, x))
	}
}
