package apitest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// retyped is an API on a table whose columns have got other types after the
// schema was loaded and the requests' statements were prepared.
func retyped(t *testing.T, warm func(api http.Handler)) http.Handler {
	t.Helper()
	l := live(t)
	l.change(t, `
		CREATE TABLE archive.copies (id int PRIMARY KEY, number int, lent bool, lent_at timestamp, shelf text, size text);
		INSERT INTO archive.copies VALUES (1, 7, true, '2024-05-01 10:00:00', '12', '(2,3)');
		GRANT ALL ON archive.copies TO pgrest_test_curator`)
	require.NoError(t, l.Reload(t.Context()))
	warm(l)
	l.change(t, `
		ALTER TABLE archive.copies ALTER number TYPE text USING 'no. ' || number;
		ALTER TABLE archive.copies ALTER lent TYPE int USING lent::int;
		ALTER TABLE archive.copies ALTER lent_at TYPE timestamptz USING lent_at AT TIME ZONE 'UTC';
		ALTER TABLE archive.copies ALTER shelf TYPE int USING shelf::int`)
	return l
}

const retypedCopy = `{"id": 1, "number": "no. 7", "lent": 1, "lent_at": "2024-05-01T10:00:00+00:00", "shelf": 12}`

// A migration that changes types makes no wrong JSON, though nobody has said
// that the schema has changed.
func TestTypes_changed_under_reads(t *testing.T) {
	t.Parallel()
	const target = "/copies?select=id,number,lent,lent_at,shelf"
	before := exchange{target: target, body: `[{"id": 1, "number": 7, "lent": true, "lent_at": "2024-05-01T10:00:00", "shelf": "12"}]`}
	api := retyped(t, func(api http.Handler) {
		for range 3 {
			before.check(t, ask(t, api, before))
		}
	})
	run(t, api,
		exchange{name: "rows", target: target, body: `[` + retypedCopy + `]`},
		exchange{name: "object", target: target, send: acceptOne, want: oneObject, body: retypedCopy},
		exchange{name: "counted", target: target, send: headers{"Prefer": "count=exact"}, body: `[` + retypedCopy + `]`},
		exchange{name: "csv", target: target, send: headers{"Accept": "text/csv"}, want: headers{"Content-Type": "text/csv; charset=utf-8"},
			body: "id,number,lent,lent_at,shelf\n1,\"no. 7\",1,\"2024-05-01 10:00:00+00\",12"},
		exchange{name: "renamed", target: "/copies?select=n:number", body: `[{"n": "no. 7"}]`},
	)
}

func TestTypes_changed_under_writes(t *testing.T) {
	t.Parallel()
	const shown = "select=id,number,lent,lent_at,shelf"
	update := write{name: "update", method: http.MethodPatch, target: "/copies?id=eq.1&" + shown, prefer: representation, payload: `{"id": 1}`}
	api := retyped(t, func(api http.Handler) {
		for range 3 {
			require.Equal(t, 200, answer(api, update.request(t)).Code)
		}
	})
	update.body = `[` + retypedCopy + `]`
	runInTurn(t, api,
		update,
		write{name: "delete", method: http.MethodDelete, target: "/copies?" + shown, prefer: representation, body: `[` + retypedCopy + `]`},
		write{name: "insert", target: "/copies?" + shown, prefer: representation, payload: `{"id": 2, "number": 8}`,
			body: `[{"id": 2, "number": "8", "lent": null, "lent_at": null, "shelf": null}]`},
	)
}

// What a composite type is in JSON only the schema tells: the request is repeated
// with a new one.
func TestTypes_changed_to_composite(t *testing.T) {
	t.Parallel()
	l := live(t)
	l.change(t, `CREATE TABLE archive.copies (id int PRIMARY KEY, size text); INSERT INTO archive.copies VALUES (1, '(2,3)')`)
	require.NoError(t, l.Reload(t.Context()))
	l.requireAnswer(t, "/copies", 200, `[{"id":1,"size":"(2,3)"}]`)
	l.change(t, `ALTER TABLE archive.copies ALTER size TYPE archive.frame USING size::archive.frame`)
	waitFor(t, func() bool {
		status, body := l.answer("/copies")
		require.NotContains(t, body, `"(2,3)"`)
		return status == http.StatusOK
	}, "the new type is known")
	l.requireAnswer(t, "/copies", 200, `[{"id":1,"size":{"width":2,"height":3}}]`)
}

// Another type may take the name of one that is gone, as enums lose a label.
func TestTypes_replaced(t *testing.T) {
	t.Parallel()
	l := live(t)
	l.change(t, `
		CREATE TYPE archive.shelf AS ENUM ('upper', 'middle', 'lower');
		CREATE TABLE archive.copies (id int PRIMARY KEY, shelf archive.shelf);
		INSERT INTO archive.copies VALUES (1, 'upper');
		CREATE FUNCTION archive.next_shelf(s archive.shelf) RETURNS archive.shelf LANGUAGE sql AS $$ SELECT 'lower'::archive.shelf $$;
		GRANT ALL ON archive.copies TO pgrest_test_curator`)
	require.NoError(t, l.Reload(t.Context()))
	exchanges := []write{
		{name: "read", method: http.MethodGet, target: "/copies?select=id&shelf=eq.upper", status: 200, body: `[{"id": 1}]`},
		{name: "update", method: http.MethodPatch, target: "/copies?id=eq.1&shelf=eq.upper", payload: `{"shelf": "upper"}`},
		{name: "call", target: "/rpc/next_shelf", payload: `{"s": "upper"}`, status: 200, body: `"lower"`},
		{name: "call_by_GET", method: http.MethodGet, target: "/rpc/next_shelf?s=upper", status: 200, body: `"lower"`},
	}
	runInTurn(t, l, exchanges...)
	l.change(t, `
		DROP FUNCTION archive.next_shelf;
		CREATE TYPE archive.new_shelf AS ENUM ('upper', 'lower');
		ALTER TABLE archive.copies ALTER shelf TYPE archive.new_shelf USING shelf::text::archive.new_shelf;
		DROP TYPE archive.shelf;
		ALTER TYPE archive.new_shelf RENAME TO shelf;
		CREATE FUNCTION archive.next_shelf(s archive.shelf) RETURNS archive.shelf LANGUAGE sql AS $$ SELECT 'lower'::archive.shelf $$`)
	runInTurn(t, l, exchanges...)
}
