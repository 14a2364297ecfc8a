package apitest_test

import (
	"testing"

	"github.com/pgrest-go/pgrest"
)

// Each of the requests that write knows some of the preferences.
func TestPreferWrite_applied(t *testing.T) {
	t.Parallel()
	const (
		all      = "max-affected=5, timezone=UTC, handling=strict, tx=rollback, count=exact, return=minimal, missing=null, resolution=ignore-duplicates"
		noKey    = "resolution=merge-duplicates, missing=default"
		twice    = "return=headers-only, return=representation, missing=default, missing=null"
		repeated = "count=exact, count=planned\nreturn=minimal, tx=rollback\ncount=estimated"
	)
	var writes []write
	for _, tt := range []struct{ name, method, target, payload, prefer, applied string }{
		{"insert", "POST", "/genres", `{"id": 50, "name": "x"}`, all, "resolution=ignore-duplicates, missing=null, return=minimal, count=exact, tx=rollback, handling=strict, timezone=UTC"},
		{"update", "PATCH", "/genres?id=eq.1", `{"name": "x"}`, all, "missing=null, return=minimal, count=exact, tx=rollback, handling=strict, timezone=UTC, max-affected=5"},
		{"delete", "DELETE", "/genres?id=eq.4", "", all, "return=minimal, count=exact, tx=rollback, handling=strict, timezone=UTC, max-affected=5"},
		{"put", "PUT", "/genres?id=eq.1", `{"id": 1, "name": "x"}`, all, "return=minimal, count=exact, tx=rollback, handling=strict, timezone=UTC"},
		{"lenient_max_affected", "DELETE", "/genres?id=eq.4", "", "handling=lenient, max-affected=5", "handling=lenient"},
		{"max_affected_alone", "DELETE", "/genres?id=eq.4", "", "max-affected=5", ""},
		{"resolution_without_a_key", "POST", "/visitors_book", `{"entry": "x"}`, noKey, "missing=default"},
		{"the_first_of_a_kind", "POST", "/genres", `[{"id": 50, "name": "a"}, {"id": 51, "name": "b"}]`, twice, "missing=default, return=headers-only"},
		{"several_headers", "DELETE", "/genres?id=eq.4", "", repeated, "return=minimal, count=exact, tx=rollback"},
		{"blanks", "DELETE", "/genres?id=eq.4", "", "  return=minimal ,count=exact  ,  tx=rollback", "return=minimal, count=exact, tx=rollback"},
		{"unknown", "DELETE", "/genres?id=eq.4", "", "return=everything, wait=10", ""},
		{"params_are_no_more", "POST", "/genres", `{"id": 50, "name": "x"}`, "params=single-object", ""},
		{"none", "POST", "/genres", `{"id": 50, "name": "x"}`, "", ""},
	} {
		status := 204
		if tt.method == "POST" {
			status = 201
		}
		writes = append(writes, write{name: tt.name, method: tt.method, target: tt.target, send: headers{"Prefer": tt.prefer}, payload: tt.payload, status: status,
			want: headers{"Preference-Applied": tt.applied}})
	}
	runInTurn(t, serveClone(t, "", rollingBack), writes...)
}

// handling=strict refuses unknown preferences before anything is written.
func TestPreferWrite_strict(t *testing.T) {
	t.Parallel()
	refused := fault("PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: wait=10, return=all", "")
	const prefer = "handling=strict, wait=10, return=all"
	runInTurn(t, serveClone(t, ""),
		write{name: "insert", target: "/genres", prefer: prefer, payload: `{"id": 50, "name": "x"}`, status: 400, body: refused},
		write{name: "update", method: "PATCH", target: "/genres?id=eq.1", prefer: prefer, payload: `{"name": "x"}`, status: 400, body: refused},
		write{name: "put", method: "PUT", target: "/genres?id=eq.1", prefer: prefer, payload: `{"id": 1, "name": "x"}`, status: 400, body: refused},
		write{name: "delete", method: "DELETE", target: "/genres?id=eq.4", prefer: prefer, status: 400, body: refused},
		write{name: "before_the_media_type", target: "/genres", prefer: prefer, send: headers{"Accept": "image/gif"}, payload: `{"id": 50, "name": "x"}`, status: 400, body: refused},
		write{name: "after_the_columns", target: "/genres", prefer: prefer, payload: `{"nmae": "x"}`, status: 400,
			body: fault("PGRST204", "Could not find the 'nmae' column of 'genres' in the schema cache", "", "")},
		write{name: "left_all_as_it_was", method: "GET", target: "/genres?select=id,name&order=id",
			body: `[{"id": 1, "name": "Drama"}, {"id": 2, "name": "Science fiction"}, {"id": 3, "name": "Crime"}, {"id": 4, "name": "Western"}]`},
		write{name: "known_ones", target: "/genres?select=id", prefer: "return=representation, handling=strict", payload: `{"id": 50, "name": "x"}`, body: `[{"id": 50}]`},
	)
}

// max-affected bounds what an update or a delete may change, if handling is strict.
func TestPreferWrite_max_affected(t *testing.T) {
	t.Parallel()
	exceeded := func(n string) string {
		return fault("PGRST124", "Query result exceeds max-affected preference constraint", "The query affects "+n+" rows", "")
	}
	const donors = `[{"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}]`
	runInTurn(t, serveClone(t, ""),
		write{name: "update_of_too_many", method: "PATCH", target: "/donors", prefer: "handling=strict, max-affected=1", payload: `{"name": "x"}`, status: 400, body: exceeded("2")},
		write{name: "update_of_too_many_shown", method: "PATCH", target: "/donors?select=id", prefer: "return=representation, handling=strict, max-affected=1", payload: `{"name": "x"}`,
			status: 400, body: exceeded("2")},
		write{name: "update_of_any", method: "PATCH", target: "/donors?id=eq.1", prefer: "handling=strict, max-affected=0", payload: `{"name": "x"}`, status: 400, body: exceeded("1")},
		write{name: "delete_of_too_many", method: "DELETE", target: "/donors", prefer: "handling=strict, max-affected=1", status: 400, body: exceeded("2")},
		write{name: "delete_of_too_many_shown", method: "DELETE", target: "/donors", prefer: "return=representation, handling=strict, max-affected=1", status: 400, body: exceeded("2")},
		write{name: "left_all_as_it_was", method: "GET", target: "/donors?select=id,name&order=id", body: donors},
		write{name: "update_of_as_many", method: "PATCH", target: "/donors?id=gt.0", prefer: "handling=strict, max-affected=2", payload: `{"email": "x"}`},
		write{name: "update_of_none", method: "PATCH", target: "/donors?id=eq.9", prefer: "handling=strict, max-affected=0", payload: `{"email": "x"}`},
		write{name: "update_shown", method: "PATCH", target: "/donors?id=eq.1&select=id", prefer: "return=representation, handling=strict, max-affected=1", payload: `{"email": "y"}`,
			body: `[{"id": 1}]`},
		write{name: "the_first_that_is_no_number_is_none", method: "PATCH", target: "/donors", send: headers{"Prefer": "handling=strict, max-affected=one, max-affected=1"},
			payload: `{"email": "x"}`, want: headers{"Preference-Applied": "handling=strict"}},
		write{name: "blanks_before_the_number", method: "DELETE", target: "/donors", prefer: "handling=strict, max-affected= 1", status: 400, body: exceeded("2")},
		write{name: "means_nothing_to_an_insert", target: "/donors", prefer: "handling=strict, max-affected=0", payload: `{"id": 3, "name": "x", "email": "y"}`,
			want: headers{"Preference-Applied": "handling=strict"}},
		write{name: "means_nothing_without_strict_handling", method: "DELETE", target: "/donors?id=gt.1", send: headers{"Prefer": "handling=lenient, max-affected=1"},
			want: headers{"Preference-Applied": "handling=lenient"}},
		write{name: "were_deleted", method: "GET", target: "/donors?select=id&order=id", body: `[{"id": 1}]`},
	)
}

// count tells how many rows there were; a planned count tells nothing of a write.
func TestPreferWrite_count(t *testing.T) {
	t.Parallel()
	var writes []write
	for _, tt := range []struct{ count, created, updated, deleted, none string }{
		{"exact", "*/2", "0-1/2", "*/1", "*/0"}, {"estimated", "*/2", "0-1/2", "*/1", "*/0"}, {"planned", "*/*", "0-1/*", "*/*", "*/*"},
	} {
		ranged := func(name, method, target, payload, contentRange string) write {
			return write{name: tt.count + "_" + name, method: method, target: target, prefer: "count=" + tt.count, payload: payload, want: headers{"Content-Range": contentRange}}
		}
		writes = append(writes,
			ranged("insert", "", "/genres", `[{"id": 50, "name": "a"}, {"id": 51, "name": "b"}]`, tt.created),
			ranged("insert_of_none", "", "/genres", `[]`, tt.none),
			ranged("update", "PATCH", "/genres?id=lt.3", `{"colour": null}`, tt.updated),
			ranged("update_of_none", "PATCH", "/genres?id=eq.9", `{"colour": null}`, tt.none),
			ranged("delete", "DELETE", "/genres?id=eq.4", "", tt.deleted),
			ranged("delete_of_none", "DELETE", "/genres?id=eq.9", "", tt.none),
			ranged("put", "PUT", "/genres?id=eq.1", `{"id": 1, "name": "x"}`, ""),
		)
	}
	runInTurn(t, serveClone(t, "", rollingBack, func(o *pgrest.Options) { o.MaxRows = 1 }), writes...)
}

// timezone is where times without a zone are read, and in which all are shown.
func TestPreferWrite_timezone(t *testing.T) {
	t.Parallel()
	runInTurn(t, serveClone(t, "", rollingBack),
		write{name: "insert", target: "/tickets?select=issued", prefer: "return=representation, timezone=America/Lima", payload: `{"issued": "2025-01-09T12:00:00"}`,
			body: `[{"issued": "2025-01-09T12:00:00-05:00"}]`},
		write{name: "update", method: "PATCH", target: "/tickets?issued=eq.2025-01-09T15:00:00&select=issued", prefer: "return=representation, timezone=-4", payload: `{"price": 1}`,
			body: `[{"issued": "2025-01-09T15:00:00-04:00"}]`},
		write{name: "delete", method: "DELETE", target: "/tickets?issued=eq.2025-01-09T19:00:00&select=issued", prefer: "return=representation, timezone=UTC",
			body: `[{"issued": "2025-01-09T19:00:00+00:00"}]`},
		write{name: "location", target: "/screenings", prefer: "return=headers-only, timezone=Asia/Tokyo", payload: `{"film_id": 3, "starts": "2024-05-01T20:00"}`,
			want: headers{"Location": "/screenings?film_id=eq.3&starts=eq.2024-05-01T20%3A00%3A00%2B09%3A00"}},
		write{name: "unknown", target: "/tickets", prefer: "timezone=Jupiter/Red_Spot", payload: `{}`, status: 400,
			body: fault("22023", `invalid value for parameter "TimeZone": "Jupiter/Red_Spot"`, "", "")},
	)
}

// tx lets the client choose how the transaction ends, if TxEnd says so.
func TestPreferWrite_tx(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		end             pgrest.TxEnd
		prefer, applied string
		kept            bool
	}{
		{"commit", pgrest.TxCommit, "", "", true},
		{"commit_whatever_the_client_says", pgrest.TxCommit, "tx=rollback", "", true},
		{"commit_if_the_client_doesn't_say", pgrest.TxCommitAllowOverride, "", "", true},
		{"commit_if_the_client_says", pgrest.TxCommitAllowOverride, "tx=commit", "tx=commit", true},
		{"commit_overridden", pgrest.TxCommitAllowOverride, "tx=rollback", "tx=rollback", false},
		{"rollback", pgrest.TxRollback, "", "", false},
		{"rollback_whatever_the_client_says", pgrest.TxRollback, "tx=commit", "", false},
		{"rollback_if_the_client_doesn't_say", pgrest.TxRollbackAllowOverride, "", "", false},
		{"rollback_if_the_client_says", pgrest.TxRollbackAllowOverride, "tx=rollback", "tx=rollback", false},
		{"rollback_overridden", pgrest.TxRollbackAllowOverride, "tx=commit", "tx=commit", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			applied := headers{"Preference-Applied": tt.applied}
			shown := write{name: "then", method: "GET", target: "/genres?select=id,name&id=in.(1,4,50)&order=id",
				body: `[{"id": 1, "name": "Drama"}, {"id": 4, "name": "Western"}]`}
			if tt.kept {
				shown.body = `[{"id": 1, "name": "Musical"}, {"id": 50, "name": "Noir"}]`
			}
			runInTurn(t, serveClone(t, "", func(o *pgrest.Options) { o.TxEnd = tt.end }),
				write{name: "insert", target: "/genres", send: headers{"Prefer": tt.prefer}, payload: `{"id": 50, "name": "Noir"}`, want: applied},
				write{name: "update", method: "PATCH", target: "/genres?id=eq.1", send: headers{"Prefer": tt.prefer}, payload: `{"name": "Operetta"}`, want: applied},
				write{name: "put", method: "PUT", target: "/genres?id=eq.1", send: headers{"Prefer": tt.prefer}, payload: `{"id": 1, "name": "Musical"}`, want: applied},
				write{name: "delete", method: "DELETE", target: "/genres?id=eq.4", send: headers{"Prefer": tt.prefer}, want: applied},
				shown)
		})
	}
}

// A rollback is preceded by what a commit would check.
func TestPreferWrite_deferred_constraints(t *testing.T) {
	t.Parallel()
	taken := fault("23505", `duplicate key value violates unique constraint "reels_one_at_a_position"`, `Key (film_id, "position")=(1, 2) already exists.`, "")
	insert := func(name, prefer string) write {
		return write{name: name, target: "/reels", prefer: prefer, payload: `{"film_id": 1, "number": 9, "position": 2}`, status: 409, body: taken}
	}
	one := insert("looked_at", "tx=rollback").as(acceptOne, "tx=rollback")
	runInTurn(t, serveClone(t, "", rollingBack),
		insert("rollback", ""), insert("rollback_said", "tx=rollback"), insert("commit", "tx=commit"), insert("shown", "tx=rollback, return=representation"), one,
		write{name: "update", method: "PATCH", target: "/reels?number=eq.1", payload: `{"position": 2}`, status: 409, body: taken},
		write{name: "checked_at_the_end", method: "PATCH", target: "/reels?film_id=eq.1&number=gt.0&select=position", prefer: representation, payload: `{"position": 2}`,
			status: 409, body: taken},
	)
	runInTurn(t, serveClone(t, "", func(o *pgrest.Options) { o.TxEnd = pgrest.TxRollback }), insert("always_rolling_back", ""))
	runInTurn(t, serveClone(t, ""), insert("committing", ""), insert("committing_one", "").as(acceptOne, ""))
}
