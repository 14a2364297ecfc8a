package apitest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"testing"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// version18SQL makes tables of what PostgreSQL has from 18 on.
const version18SQL = `
	CREATE EXTENSION btree_gist;
	CREATE TABLE archive.boxes (id int PRIMARY KEY, width int NOT NULL, height int NOT NULL,
		area int GENERATED ALWAYS AS (width * height) VIRTUAL);
	INSERT INTO archive.boxes VALUES (1, 2, 9), (2, 3, 3), (3, 1, 5);
	CREATE VIEW archive.box_view AS SELECT id, area FROM archive.boxes;
	CREATE TABLE archive.entries (id uuid PRIMARY KEY DEFAULT uuidv7(), made int);
	CREATE TABLE archive.makers (id int PRIMARY KEY, name text CONSTRAINT named NOT NULL);
	INSERT INTO archive.makers VALUES (1, 'Leitz');
	CREATE TABLE archive.lenses (id int PRIMARY KEY, maker int CONSTRAINT has_a_maker NOT NULL,
		CONSTRAINT made_by FOREIGN KEY (maker) REFERENCES archive.makers NOT ENFORCED);
	INSERT INTO archive.lenses VALUES (1, 1), (2, 7);
	CREATE TABLE archive.rates (product int, valid daterange, price int, PRIMARY KEY (product, valid WITHOUT OVERLAPS));
	INSERT INTO archive.rates VALUES (1, '[2024-01-01,2025-01-01)', 10), (1, '[2025-01-01,)', 12);
	CREATE TABLE archive.hires (id int PRIMARY KEY, product int, during daterange,
		FOREIGN KEY (product, PERIOD during) REFERENCES archive.rates (product, PERIOD valid));
	INSERT INTO archive.hires VALUES (1, 1, '[2024-12-01,2025-02-01)');
	GRANT ALL ON ALL TABLES IN SCHEMA archive TO pgrest_test_curator;
	GRANT SELECT ON ALL TABLES IN SCHEMA archive TO pgrest_test_anon`

func version18(t *testing.T, changes ...option) *pgrest.Handler {
	t.Helper()
	pgtest.SkipBelow(t, 18)
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), version18SQL)
	require.NoError(t, err)
	return open(t, db.Pool(t), changes...)
}

// A virtual column is computed when it is read, and is read as any other.
func TestVersion18_virtual_columns_read(t *testing.T) {
	t.Parallel()
	run(t, version18(t, func(o *pgrest.Options) { o.Aggregates = true }),
		exchange{name: "all", target: "/boxes?id=eq.1", body: `[{"id": 1, "width": 2, "height": 9, "area": 18}]`},
		exchange{name: "filtered", target: "/boxes?select=id&area=gt.5&order=id", body: `[{"id": 1}, {"id": 2}]`},
		exchange{name: "ordered", target: "/boxes?select=id,area&order=area.desc", body: `[{"id": 1, "area": 18}, {"id": 2, "area": 9}, {"id": 3, "area": 5}]`},
		exchange{name: "renamed_and_cast", target: "/boxes?select=size:area::text&id=eq.3", body: `[{"size": "5"}]`},
		exchange{name: "one_of_several", target: "/boxes?select=id&or=(area.eq.9,area.eq.5)&order=area", body: `[{"id": 3}, {"id": 2}]`},
		exchange{name: "summed", target: "/boxes?select=area.sum()", body: `[{"sum": 32}]`},
		exchange{name: "of_a_view", target: "/box_view?area=lt.10&order=area", body: `[{"id": 3, "area": 5}, {"id": 2, "area": 9}]`},
		exchange{name: "counted", target: "/boxes?select=area&order=area&limit=1", send: headers{"Prefer": "count=exact"}, status: 206,
			want: headers{"Content-Range": "0-0/3"}, body: `[{"area": 5}]`},
		exchange{name: "CSV", target: "/boxes?order=area&limit=1", send: headers{"Accept": "text/csv"},
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id,width,height,area\n3,1,5,5"},
	)
}

// Nobody can write a virtual column. A write shows what it has become.
func TestVersion18_virtual_columns_written(t *testing.T) {
	t.Parallel()
	refused := func(verb string) string {
		if verb == "insert" {
			return fault("428C9", `cannot insert a non-DEFAULT value into column "area"`, `Column "area" is a generated column.`, "")
		}
		return fault("428C9", `column "area" can only be updated to DEFAULT`, `Column "area" is a generated column.`, "")
	}
	runInTurn(t, version18(t),
		write{name: "insert", target: "/boxes", prefer: representation, payload: `{"id": 4, "width": 2, "height": 2}`, body: `[{"id": 4, "width": 2, "height": 2, "area": 4}]`},
		write{name: "insert_shown", target: "/boxes?select=area", prefer: representation, payload: `[{"id": 5, "width": 5, "height": 2}]`, body: `[{"area": 10}]`},
		write{name: "insert_of_it", target: "/boxes", payload: `{"id": 6, "width": 2, "height": 2, "area": 9}`}.fails(400, refused("insert")),
		write{name: "update", method: http.MethodPatch, target: "/boxes?area=eq.4&select=id,area", prefer: representation, payload: `{"width": 7}`, body: `[{"id": 4, "area": 14}]`},
		write{name: "update_of_it", method: http.MethodPatch, target: "/boxes?id=eq.4", payload: `{"area": 7}`}.fails(400, refused("update")),
		write{name: "upsert", target: "/boxes?select=id,area&order=id", prefer: "resolution=merge-duplicates, return=representation",
			payload: `[{"id": 4, "width": 1, "height": 1}, {"id": 6, "width": 3, "height": 1}]`, status: 201,
			want: headers{"Preference-Applied": "resolution=merge-duplicates, return=representation"}, body: `[{"id": 4, "area": 1}, {"id": 6, "area": 3}]`},
		write{name: "put", method: http.MethodPut, target: "/boxes?id=eq.6&select=area", prefer: representation, payload: `{"id": 6, "width": 3, "height": 2}`, body: `[{"area": 6}]`},
		write{name: "delete", method: http.MethodDelete, target: "/boxes?area=eq.6&select=id,area", prefer: representation, body: `[{"id": 6, "area": 6}]`},
	)
}

// The description doesn't have a virtual column in the rows that clients send.
func TestVersion18_virtual_columns_described(t *testing.T) {
	t.Parallel()
	api := version18(t, func(o *pgrest.Options) { o.OpenAPI = pgrest.OpenAPIIgnorePrivileges })
	w := answer(api, exchange{target: "/", send: headers{"Accept": "application/vnd.oai.openapi+json;version=3.1"}}.request(t))
	require.Equal(t, 200, w.Code, w.Body)
	var described struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]map[string]any
			}
		}
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &described))
	schemas := described.Components.Schemas
	require.Contains(t, schemas["boxes"].Properties, "area")
	found := 0
	for name, schema := range schemas {
		if name != "boxes" && schema.Properties["width"] != nil {
			require.NotContains(t, schema.Properties, "area", name)
			found++
		}
	}
	require.NotZero(t, found)
}

// A row that is sent without its id gets one that sorts by time.
func TestVersion18_uuidv7(t *testing.T) {
	t.Parallel()
	api := version18(t)
	const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`
	insert := func(prefer, payload string) (location, body string) {
		w := answer(api, write{target: "/entries?columns=made", prefer: prefer, payload: payload}.request(t))
		require.Equal(t, 201, w.Code, w.Body)
		return w.Header().Get("Location"), w.Body.String()
	}
	location, _ := insert("return=headers-only", `{"made": 1}`)
	require.Regexp(t, regexp.MustCompile(`^/entries\?id=eq\.`+uuid+`$`), location)
	_, body := insert(representation, `{"made": 2}`)
	require.Regexp(t, regexp.MustCompile(`^\[\{"id":"`+uuid+`","made":2\}\]$`), body)
	w := answer(api, write{target: "/entries?columns=id,made", prefer: "missing=default", payload: `[{"made": 3}, {"made": 4}]`}.request(t))
	require.Equal(t, 201, w.Code, w.Body)
	run(t, api,
		exchange{name: "by_the_location", target: location + "&select=made", body: `[{"made": 1}]`},
		exchange{name: "in_order", target: "/entries?select=made&order=id", body: `[{"made": 1}, {"made": 2}, {"made": 3}, {"made": 4}]`})
}

// Hooks are told of rows as they were before, whatever wrote them.
func TestVersion18_hooks_old_rows(t *testing.T) {
	t.Parallel()
	var done *pgrest.Outcome
	api := version18(t, func(o *pgrest.Options) {
		o.TxEnd = pgrest.TxRollback
		o.Hooks = []pgrest.Hook{{Rows: true, After: func(_ context.Context, _ driver.Tx, _ *pgrest.Request, is *pgrest.Outcome) error {
			done = is
			return nil
		}}}
	})
	const one, nine = `{"id":1,"width":2,"height":9,"area":18}`, `{"id":9,"width":1,"height":1,"area":1}`
	const merged = `{"id":1,"width":1,"height":1,"area":1}`
	const two = `[{"id": 1, "width": 1, "height": 1}, {"id": 9, "width": 1, "height": 1}]`
	type row struct{ now, old string } // empty for none
	for _, tt := range []struct {
		write
		rows []row
	}{
		{write{name: "insert", payload: `{"id": 9, "width": 1, "height": 1}`, status: 201}, []row{{nine, ""}}},
		{write{name: "update", method: "PATCH", target: "/boxes?id=eq.1", payload: `{"height": 1}`, status: 204}, []row{{`{"id":1,"width":2,"height":1,"area":2}`, one}}},
		{write{name: "update_shown", method: "PATCH", target: "/boxes?id=eq.1&select=area", prefer: representation, payload: `{"height": 1}`, body: `[{"area": 2}]`},
			[]row{{`{"id":1,"width":2,"height":1,"area":2}`, one}}},
		{write{name: "update_ordered", method: "PATCH", target: "/boxes?id=lt.3&select=id&order=area.desc", prefer: representation, payload: `{"height": 2}`, body: `[{"id": 2}, {"id": 1}]`},
			[]row{{`{"id":1,"width":2,"height":2,"area":4}`, one}, {`{"id":2,"width":3,"height":2,"area":6}`, `{"id":2,"width":3,"height":3,"area":9}`}}},
		{write{name: "of_the_same_value", method: "PATCH", target: "/boxes?id=eq.1", payload: `{"height": 9}`, status: 204}, []row{{one, one}}},
		{write{name: "of_a_view", method: "PATCH", target: "/box_view?id=eq.1", payload: `{"id": 5}`, status: 204}, []row{{`{"id":5,"area":18}`, `{"id":1,"area":18}`}}},
		{write{name: "of_no_rows", method: "PATCH", target: "/boxes?id=eq.0", payload: `{"height": 9}`, status: 204}, nil},
		{write{name: "upsert", prefer: "resolution=merge-duplicates", payload: two, status: 201}, []row{{merged, one}, {nine, ""}}},
		{write{name: "upsert_shown", target: "/boxes?select=id", prefer: "resolution=merge-duplicates, return=representation", payload: two, status: 201, body: `[{"id": 1}, {"id": 9}]`},
			[]row{{merged, one}, {nine, ""}}},
		{write{name: "upsert_ignoring", prefer: "resolution=ignore-duplicates", payload: two, status: 201}, []row{{nine, ""}}},
		{write{name: "put_over", method: "PUT", target: "/boxes?id=eq.1", payload: `{"id": 1, "width": 1, "height": 1}`, status: 204}, []row{{merged, one}}},
		{write{name: "put_anew", method: "PUT", target: "/boxes?id=eq.9", payload: `{"id": 9, "width": 1, "height": 1}`, status: 204}, []row{{nine, ""}}},
		{write{name: "delete", method: "DELETE", target: "/boxes?id=eq.1", status: 204}, []row{{"", one}}},
		{write{name: "delete_shown", method: "DELETE", target: "/boxes?id=eq.1&select=id", prefer: representation, body: `[{"id": 1}]`}, []row{{"", one}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.target == "" {
				tt.target = "/boxes"
			}
			for range 2 { // planned, and found
				done = nil
				w := answer(api, tt.request(t))
				require.Equal(t, tt.usualStatus(), w.Code, w.Body)
				require.Equal(t, compact(tt.body), compact(w.Body.String()))
				var rows []row
				for _, r := range done.Rows {
					rows = append(rows, row{string(r.New), string(r.Old)})
				}
				require.Equal(t, tt.rows, rows)
			}
		})
	}
}

// A foreign key that isn't enforced relates tables, and may refer to nothing.
func TestVersion18_not_enforced(t *testing.T) {
	t.Parallel()
	run(t, version18(t),
		exchange{name: "to_one", target: "/lenses?select=id,makers(name)&order=id", body: `[{"id": 1, "makers": {"name": "Leitz"}}, {"id": 2, "makers": null}]`},
		exchange{name: "by_its_name", target: "/lenses?select=id,made_by(name)&id=eq.1", body: `[{"id": 1, "made_by": {"name": "Leitz"}}]`},
		exchange{name: "inner", target: "/lenses?select=id,makers!inner(name)", body: `[{"id": 1, "makers": {"name": "Leitz"}}]`},
		exchange{name: "spread", target: "/lenses?select=id,...makers(name)&order=id", body: `[{"id": 1, "name": "Leitz"}, {"id": 2, "name": null}]`},
		exchange{name: "to_many", target: "/makers?select=id,lenses(id)", body: `[{"id": 1, "lenses": [{"id": 1}]}]`},
		exchange{name: "none_found", target: "/lenses?select=id,makers()&makers=is.null", body: `[{"id": 2}]`})
}

// A key WITHOUT OVERLAPS names no row for a write, and a foreign key with PERIOD embeds
// nothing. Rows are read, written and filtered by their columns.
func TestVersion18_temporal_keys(t *testing.T) {
	t.Parallel()
	api := version18(t)
	run(t, api,
		exchange{name: "read", target: "/rates?select=price&product=eq.1&valid=cs.[2024-05-01,2024-05-02)", body: `[{"price": 10}]`},
		exchange{name: "no_relationship", target: "/hires?select=id,rates(price)", status: 400,
			body: fault("PGRST200", "Could not find a relationship between 'hires' and 'rates' in the schema cache",
				"Searched for a foreign key relationship between 'hires' and 'rates' in the schema 'archive', but no matches were found.", "Perhaps you meant 'genres' instead of 'hires'.")})
	const january = `{"product": 2, "valid": "[2024-01-01,2024-02-01)", "price": 5}`
	runInTurn(t, api,
		write{name: "insert", target: "/rates", prefer: "return=headers-only", payload: january},
		write{name: "overlap", target: "/rates", payload: january}.fails(400,
			fault("23P01", `conflicting key value violates exclusion constraint "rates_pkey"`,
				`Key (product, valid)=(2, [2024-01-01,2024-02-01)) conflicts with existing key (product, valid)=(2, [2024-01-01,2024-02-01)).`, "")),
		write{name: "put", method: http.MethodPut, target: "/rates?product=eq.2&valid=eq.[2024-01-01,2024-02-01)", payload: january}.fails(405,
			fault("PGRST105", "Filters must include all and only primary key columns with 'eq' operators", "", "")),
		write{name: "upsert_has_no_key", target: "/rates", prefer: "resolution=merge-duplicates", payload: january}.fails(400,
			fault("23P01", `conflicting key value violates exclusion constraint "rates_pkey"`,
				`Key (product, valid)=(2, [2024-01-01,2024-02-01)) conflicts with existing key (product, valid)=(2, [2024-01-01,2024-02-01)).`, "")),
		write{name: "on_conflict", target: "/rates?on_conflict=product,valid", prefer: "resolution=merge-duplicates", payload: january}.fails(400,
			fault("42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification", "", "")),
		write{name: "on_conflict_by_name", target: "/rates?on_conflict=constraint(rates_pkey)", prefer: "resolution=merge-duplicates", payload: january}.fails(400,
			fault("42704", `constraint "rates_pkey" for table "rates" does not exist`, "", "")),
		write{name: "update", method: http.MethodPatch, target: "/rates?product=eq.2&valid=eq.[2024-01-01,2024-02-01)&select=price", prefer: representation,
			payload: `{"price": 6}`, body: `[{"price": 6}]`},
		write{name: "delete", method: http.MethodDelete, target: "/rates?product=eq.2"})
}
