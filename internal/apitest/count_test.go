package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// counted are relations whose embeds have aggregates, or rows that repeat.
const counted = `
	CREATE TABLE archive.places (id int PRIMARY KEY, name text);
	CREATE TABLE archive.notes (id int PRIMARY KEY, place_id int REFERENCES archive.places, kind text);
	CREATE TABLE archive.marks (id int PRIMARY KEY, note_id int REFERENCES archive.notes);
	INSERT INTO archive.places VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');
	INSERT INTO archive.notes VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'x'), (4, NULL, 'x'), (5, 4, 'z');
	INSERT INTO archive.marks VALUES (1, 1), (2, 1), (3, 3), (4, 5), (5, NULL);

	-- Each place twice, but d: the key of places is none of the view's.
	CREATE VIEW archive.sides AS SELECT p.id, p.name, s.side FROM archive.places p JOIN (VALUES ('left'), ('right')) s (side) ON p.id < 4;
	CREATE MATERIALIZED VIEW archive.kept_sides AS SELECT * FROM archive.sides;
	CREATE VIEW archive.note_sides AS SELECT n.id, n.place_id, n.kind FROM archive.notes n JOIN generate_series(1, 2) ON n.id < 4;
	CREATE FUNCTION archive.nearby(archive.places) RETURNS SETOF archive.places ROWS 1 LANGUAGE sql STABLE AS
		$$ SELECT p.* FROM archive.places p WHERE abs(p.id - $1.id) = 1 $$;
	CREATE FUNCTION archive.first_place(archive.notes) RETURNS archive.places LANGUAGE sql STABLE AS $$ SELECT p.* FROM archive.places p ORDER BY p.id LIMIT 1 $$;

	-- A key is unique to a table, and not to what inherits from it.
	CREATE TABLE archive.owners (id int PRIMARY KEY, name text);
	CREATE TABLE archive.firms (seat text) INHERITS (archive.owners);
	CREATE TABLE archive.things (id int PRIMARY KEY, owner_id int REFERENCES archive.owners);
	INSERT INTO archive.owners VALUES (1, 'Ann'), (2, 'Bob');
	INSERT INTO archive.firms VALUES (1, 'Ann Ltd', 'Bath');
	INSERT INTO archive.things VALUES (1, 1), (2, 2), (3, NULL);
	GRANT SELECT ON ALL TABLES IN SCHEMA archive TO pgrest_test_anon;`

// What rows there are decides over the total, and over what HEAD says, whatever makes
// the rows: aggregates anywhere, embeds that show something or nothing, and pages in them.
func TestCount_agrees_with_the_rows(t *testing.T) {
	t.Parallel()
	api := serveClone(t, counted, aggregating, func(o *pgrest.Options) { o.MaxRows = 1000 }) // estimates are exact up to there
	for target, rows := range map[string]int{
		"/notes?select=count": 1, "/notes?select=count()": 1, "/notes?select=n:count": 1, "/notes?select=count::text": 1, "/notes?select=id.max(),count": -1,
		"/notes?select=count&id=eq.0": 1, "/notes?select=kind,count()": 3, "/notes?select=kind,count()&id=eq.0": 0, "/notes?select=count,places(count)&id=eq.0": -1,
		"/notes?select=...places(count)": 5, "/notes?select=...places(count())": 1, "/notes?select=...places(name,count())": 4, "/notes?select=...places!inner(name,count())": 3,
		"/notes?select=id,...places!inner(count)": 5, "/notes?select=id,...places!inner(name)": 4, "/notes?select=kind,...places!inner(count())": 3,

		"/places?select=name,notes!inner(count)": 4, "/places?select=name,notes!inner(count())": 4, "/places?select=name,notes!inner(id.max())&notes.id=gt.4": 4,
		"/places?select=name,notes!inner(kind,count())": 3, "/places?select=name,notes!inner(kind,count())&notes.kind=eq.z": 1,
		"/places?select=name,notes(count)&notes=not.is.null": 4, "/places?select=name,notes(count)&notes=is.null": 0, "/places?select=name,notes(kind)&notes=is.null": 1,
		"/places?select=name,notes(count)&or=(notes.is.null,id.eq.1)": 1, "/places?select=name,notes(count)&or=(notes.not.is.null,notes.is.null)&id=lt.3": 2,
		"/places?select=name,notes!inner(count)&notes.limit=0": 0, "/places?select=name,notes!inner(count)&notes.offset=1": 0, "/places?select=name,notes!inner(kind,count())&notes.offset=1": 1,
		"/places?select=name,notes!inner(kind)&notes.limit=0": 0, "/places?select=name,notes!inner(kind)&notes.offset=1": 1, "/places?select=name,notes!inner(kind)&notes.order=id&notes.limit=1": 3,
		"/places?select=name,notes!inner()&notes.kind=eq.x": 2, "/places?select=name,notes!inner(marks!inner(count))": 3, "/places?select=name,notes!inner(marks!inner(id))": 3,
		"/places?select=name,notes!inner(id,marks!inner(count()))&notes.id=in.(2,4)": 1, "/places?select=name,notes!inner(count(),marks!inner(id))&id=lt.3": 2,
		"/places?select=notes!inner(...places!inner(count()))": 4, "/notes?select=id,places!inner(notes!inner(count))": 4, "/notes?select=id,places!inner(name)&places.limit=0": 0,
		"/notes?select=id,places!inner(count())": 5, "/notes?select=id,places!inner(name,count())": 4, "/notes?select=places(name),count()": 4, "/notes?select=kind,count(),places!inner(name)": 4,
		"/notes?select=kind,places!inner(name),count()&places.name=eq.a": 2, "/notes?select=notes:id,marks!inner(count)&order=places(name)": -1,
		"/marks?select=id,notes!inner(places!inner(count))": 4, "/marks?select=id,...notes!inner(...places!inner(count()))": 4, "/marks?select=...notes!inner(...places!inner(count()))": 1,

		"/notes?select=id,sides(side)": 8, "/notes?select=id,sides()": 8, "/notes?select=id,sides!inner(side)": 6, "/notes?select=id,sides!inner()": 6, "/notes?select=id,...sides(side)": 8,
		"/notes?select=id,sides(side)&sides=is.null": 2, "/notes?select=id,sides()&sides=is.null": 2, "/notes?select=id,sides()&sides=not.is.null": 6,
		"/notes?select=id,sides()&or=(sides.is.null,id.eq.1)": 4, "/notes?select=id,sides(side)&or=(sides.not.is.null,sides.is.null)": 8, "/notes?select=id,sides(side)&sides.side=eq.left": 5,
		"/notes?select=id,sides(side)&sides.limit=1": 5, "/notes?select=id,sides!inner()&sides.offset=1": 3, "/notes?select=id,sides!inner(count())": 5, "/notes?select=id,sides(side,count())": 8,
		"/notes?select=id,sides(count)": 5, "/notes?select=id,sides!inner(count)&sides.id=eq.9": 5, "/notes?select=kind,count(),sides(side)": 6, "/notes?select=count(),...sides(side)": 3,
		"/notes?select=id&order=sides(side)": -1, "/notes?select=id,sides()&order=sides(side)": 8, "/notes?select=id,kept_sides(side)": 8, "/notes?select=id,kept_sides()": 8,
		"/marks?select=id,notes(sides(side))": 8, "/marks?select=id,notes!inner(sides!inner())": 6, "/marks?select=id,notes(sides())": 8, "/marks?select=id,note_sides(sides())": 14,
		"/places?select=id,notes!inner(sides())&notes.offset=3": 1, "/places?select=id,notes!inner(sides!inner(side))&notes.offset=2": 1, "/places?select=id,notes(sides())": 4,
		"/marks?select=id,note_sides!inner(places!inner(name))": 6, "/sides?select=id,notes(id)": 6, "/sides?select=id,notes!inner()": 4, "/note_sides?select=id,sides!inner(side)": 12,
		"/places?select=id,nearby(id)": 6, "/places?select=id,nearby()": 6, "/places?select=id,nearby!inner(id)&nearby.id=gt.3": 1, "/places?select=id,nearby(id)&nearby=is.null": 0,
		"/notes?select=id,first_place(id)": 5, "/notes?select=id,first_place()": 5, "/notes?select=id,first_place!inner()": 5,
		"/things?select=id,owners(name)": 4, "/things?select=id,owners()": 4, "/things?select=id,owners!inner(name)": 3, "/things?select=id,owners!inner()": 3,
		"/things?select=id,owners()&owners=is.null": 1, "/things?select=id,...owners(name)": 4,
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			for _, page := range []string{"", "limit=2", "limit=2&offset=1", "limit=0"} {
				requireAgreement(t, api, target, page, rows)
			}
		})
	}
}

// requireAgreement asks for a page in every way, of a target that has so many rows;
// a negative number is of a target that is refused.
func requireAgreement(t *testing.T, api *pgrest.Handler, target, page string, rows int) {
	t.Helper()
	window, _ := url.ParseQuery(page)
	limit, offset := rows, 0
	_, _ = fmt.Sscan(window.Get("limit"), &limit)
	_, _ = fmt.Sscan(window.Get("offset"), &offset)
	shown := max(0, min(limit, rows-offset))
	at := "*"
	if shown > 0 {
		at = fmt.Sprintf("%d-%d", offset, offset+shown-1)
	}
	for _, send := range []headers{{}, {"Prefer": "count=exact"}, {"Prefer": "count=estimated"}} {
		x := exchange{target: encodeBlanks(target + "&" + page), send: send}
		get := ask(t, api, x)
		body := read(t, get)
		x.method = http.MethodHead
		head := ask(t, api, x)
		require.Equal(t, get.StatusCode, head.StatusCode, "%s %v: %s", page, send, body)
		require.Equal(t, get.Header["Content-Range"], head.Header["Content-Range"], "%s %v: %s", page, send, body)
		if rows < 0 {
			require.GreaterOrEqual(t, get.StatusCode, 400, body)
			continue
		}
		total := "*"
		if send["Prefer"] != "" {
			total = fmt.Sprint(rows)
			if offset > rows {
				require.Equal(t, http.StatusRequestedRangeNotSatisfiable, get.StatusCode, body)
				continue
			}
		}
		require.Less(t, get.StatusCode, 300, body)
		require.Equal(t, at+"/"+total, get.Header.Get("Content-Range"), "%s %v: %s", page, send, body)
		var got []any
		require.NoError(t, json.Unmarshal([]byte(body), &got), body)
		require.Len(t, got, shown, "%s: %s", page, body)
	}
}
