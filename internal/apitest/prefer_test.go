package apitest_test

import (
	"testing"

	"github.com/pgrest-go/pgrest"
)

// Preference-Applied repeats the preferences that mean something to the request,
// in an order of their own.
func TestPrefer(t *testing.T) {
	t.Parallel()
	var exchanges []exchange
	for _, tt := range []struct{ name, prefer, applied string }{
		{"count", "count=exact", "count=exact"},
		{"several", "handling=strict,count=planned", "count=planned, handling=strict"},
		{"several_with_blanks", " timezone=UTC ,  count=exact ", "count=exact, timezone=UTC"},
		{"several_headers", "handling=lenient\ncount=estimated", "count=estimated, handling=lenient"},
		{"the_first_of_a_kind", "count=exact, count=planned", "count=exact"},
		{"those_of_writes_mean_nothing", "return=representation, missing=default, resolution=merge-duplicates, max-affected=1, handling=strict", "handling=strict"},
		{"unknown", "respond-async", ""},
		{"unknown_value", "count=rough", ""},
		{"unknown_beside_known", "respond-async, count=exact, wait=10", "count=exact"},
		{"unknown_with_lenient_handling", "handling=lenient, respond-async", "handling=lenient"},
		{"transaction_is_not_the_client's_to_choose", "tx=rollback", ""},
		{"nor_is_that_a_fault", "tx=rollback, handling=strict", "handling=strict"},
		{"empty", "", ""},
		{"empty_beside_strict_handling", "\nhandling=strict", "handling=strict"},
	} {
		exchanges = append(exchanges, exchange{name: tt.name, target: "/films?select=id&id=eq.1", send: headers{"Prefer": tt.prefer},
			want: headers{"Preference-Applied": tt.applied}, body: `[{"id": 1}]`})
	}
	run(t, serve(t), exchanges...)
}

// handling=strict refuses what is unknown.
func TestPrefer_strict(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "unknown", target: "/films", send: headers{"Prefer": "handling=strict, respond-async, wait=10"}, status: 400,
			body: fault("PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: respond-async, wait=10", "")},
		exchange{name: "unknown_value", target: "/films", send: headers{"Prefer": "count=rough, handling=strict"}, status: 400,
			body: fault("PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: count=rough", "")},
		exchange{name: "without_a_value", target: "/films", send: headers{"Prefer": "handling=strict, timezone, max-affected, count"}, status: 400,
			body: fault("PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: timezone, max-affected, count", "")},
		exchange{name: "empty", target: "/films", send: headers{"Prefer": "handling=strict,"}, status: 400,
			body: fault("PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: ", "")},
		exchange{name: "before_the_media_type_of_a_read", target: "/films", send: headers{"Prefer": "handling=strict, wait=10", "Accept": "image/gif"}, status: 406,
			body: fault("PGRST107", "None of these media types are available: image/gif", "", "")},
		exchange{name: "in_another_header", target: "/films", send: headers{"Prefer": "handling=strict\nwait=10"}, status: 400,
			body: fault("PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: wait=10", "")},
	)
}

// timezone is the time zone that times with a zone are shown in.
func TestPrefer_timezone(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "default", target: "/tickets?select=issued", body: `[{"issued": "2025-01-09T19:00:00+00:00"}]`},
		exchange{name: "name", target: "/tickets?select=issued", send: headers{"Prefer": "timezone=America/Lima"},
			want: headers{"Preference-Applied": "timezone=America/Lima"}, body: `[{"issued": "2025-01-09T14:00:00-05:00"}]`},
		exchange{name: "offset_in_hours", target: "/tickets?select=issued", send: headers{"Prefer": "timezone=-4"},
			want: headers{"Preference-Applied": "timezone=-4"}, body: `[{"issued": "2025-01-09T15:00:00-04:00"}]`},
		exchange{name: "offset_as_POSIX_has_it_west_of_Greenwich", target: "/tickets?select=issued", send: headers{"Prefer": "timezone=+05:30"},
			want: headers{"Preference-Applied": "timezone=+05:30"}, body: `[{"issued": "2025-01-09T13:30:00-05:30"}]`},
		exchange{name: "unknown", target: "/tickets", send: headers{"Prefer": "timezone=Jupiter/Red_Spot"}, status: 400,
			body: fault("22023", `invalid value for parameter "TimeZone": "Jupiter/Red_Spot"`, "", "")},
		exchange{name: "unknown_with_lenient_handling", target: "/tickets", send: headers{"Prefer": "handling=lenient, timezone=Jupiter/Red_Spot"}, status: 400,
			body: fault("22023", `invalid value for parameter "TimeZone": "Jupiter/Red_Spot"`, "", "")},
	)
}

// TxEnd can leave it to the client whether a transaction is committed.
func TestPrefer_tx(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		end             pgrest.TxEnd
		prefer, applied string
	}{
		{"commit", pgrest.TxCommit, "tx=rollback", ""},
		{"rollback", pgrest.TxRollback, "tx=commit", ""},
		{"commit_allow_override", pgrest.TxCommitAllowOverride, "tx=rollback", "tx=rollback"},
		{"rollback_allow_override", pgrest.TxRollbackAllowOverride, "tx=commit", "tx=commit"},
		{"allow_override_without_a_wish", pgrest.TxCommitAllowOverride, "count=exact", "count=exact"},
		{"several", pgrest.TxCommitAllowOverride, "handling=strict, tx=commit, count=exact", "count=exact, tx=commit, handling=strict"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := exchange{target: "/films?select=id&id=eq.1", send: headers{"Prefer": tt.prefer},
				want: headers{"Preference-Applied": tt.applied}, body: `[{"id": 1}]`}
			x.check(t, ask(t, serve(t, func(o *pgrest.Options) { o.TxEnd = tt.end }), x))
		})
	}
}
