package response

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// When the status of a large response goes out.
func TestDepartureOf(t *testing.T) {
	t.Parallel()
	const (
		get, post, patch = http.MethodGet, http.MethodPost, http.MethodPatch
		object           = "application/vnd.pgrst.object+json"
		planned          = "application/vnd.pgrst.plan"
		strict           = "handling=strict, max-affected=5"
	)
	for _, tt := range []struct {
		name string
		asking
		want departure
	}{
		// A read whose headers don't depend on its end.
		{"read", asking{get, "/books", "", "", apirequest.HTTP11}, atThreshold},
		{"read_over_HTTP_2", asking{get, "/books", "", "", apirequest.HTTP2}, atThreshold},
		{"read_counted", asking{get, "/books", "count=exact", "", 0}, atThreshold},
		{"read_that_is_no_subject_of_max_affected", asking{get, "/books", strict, "", 0}, atThreshold},
		{"call_of_a_set", asking{get, "/rpc/books", "", "", 0}, atThreshold},
		{"call_of_a_set_by_POST", asking{post, "/rpc/books", "count=exact", "", 0}, atThreshold},
		{"call_of_values", asking{get, "/rpc/numbers", "", "", 0}, atThreshold},
		{"call_that_is_not_counted_by_the_planner", asking{get, "/rpc/books", "count=planned", "", 0}, atThreshold},
		{"explanation", asking{get, "/books", "", planned, 0}, atThreshold},

		// One whose headers do.
		{"read_planned", asking{get, "/books", "count=planned", "", 0}, atEndWithRoom},
		{"read_estimated", asking{get, "/books", "count=estimated", "", 0}, atEndWithRoom},
		{"call_estimated", asking{get, "/rpc/books", "count=estimated", "", 0}, atEndWithRoom},
		{"read_over_HTTP_1.0", asking{get, "/books", "", "", apirequest.HTTP10}, atEnd},
		{"read_planned_over_HTTP_1.0", asking{get, "/books", "count=planned", "", apirequest.HTTP10}, atEnd},
		{"read_of_a_page_by_its_key", asking{get, "/books", "pagination=keyset", "", apirequest.HTTP11}, atEnd},
		{"read_of_one", asking{get, "/books", "", object, 0}, atEnd},
		{"call_of_at_most_five", asking{get, "/rpc/books", strict, "", 0}, atEnd},
		{"call_of_a_value", asking{get, "/rpc/number", "", "", 0}, atEnd},
		{"call_of_a_row", asking{get, "/rpc/book", "", "", 0}, atEnd},
		{"volatile_call", asking{get, "/rpc/volatile_numbers", "", "", 0}, atEnd},

		// What writes, or may have written.
		{"insert", asking{post, "/books", "return=representation", "", 0}, atEnd},
		{"update", asking{patch, "/books", "return=representation", "", 0}, atEnd},
		{"volatile_call_by_POST", asking{post, "/rpc/volatile_numbers", "", "", 0}, atEnd},
		{"explained_insert", asking{post, "/books", "", planned, 0}, atEnd},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, p := tt.asking.plan(t)
			require.Equal(t, tt.want, departureOf(kindOf(p), p.Answered(), req.Proto))
		})
	}
}
