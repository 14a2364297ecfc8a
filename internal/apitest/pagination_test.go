package apitest_test

import (
	"net/http"
	"testing"

	"github.com/pgrest-go/pgrest"
)

// limit and offset, or a Range header that counts rows, choose a page. The
// archive has 13 films; Content-Range tells which of them are in the answer.
func TestPagination(t *testing.T) {
	t.Parallel()
	runPages(t, serve(t), []page{
		{name: "none", contentRange: "0-12/*", ids: "1,2,3,4,5,6,7,8,9,10,11,12,13"},
		{name: "limit", query: "limit=2", contentRange: "0-1/*", ids: "1,2"},
		{name: "offset", query: "offset=11", contentRange: "11-12/*", ids: "12,13"},
		{name: "limit_and_offset", query: "limit=2&offset=3", contentRange: "3-4/*", ids: "4,5"},
		{name: "limit_beyond_the_end", query: "limit=20&offset=11", contentRange: "11-12/*", ids: "12,13"},
		{name: "limit_of_nothing", query: "limit=0", contentRange: "*/*"},
		{name: "limit_of_nothing_whatever_the_Range", query: "limit=0", rows: "3-1", contentRange: "*/*"},
		{name: "limit_that_ends_before_the_first", query: "limit=2&offset=-2", contentRange: "*/*"},
		{name: "offset_beyond_the_end", query: "offset=20", contentRange: "*/*"},
		{name: "offset_below_zero", query: "limit=2&offset=-1", contentRange: "0-0/*", ids: "1"},
		{name: "last_limit_counts", query: "limit=1&limit=2", contentRange: "0-1/*", ids: "1,2"},
		{name: "limit_that_is_no_number", query: "limit=many&offset=11", contentRange: "11-12/*", ids: "12,13"},
		{name: "limit_beyond_all_numbers", query: "limit=99999999999999999999&offset=12", contentRange: "12-12/*", ids: "13"},

		{name: "Range", rows: "0-1", contentRange: "0-1/*", ids: "1,2"},
		{name: "Range_of_one", rows: "3-3", contentRange: "3-3/*", ids: "4"},
		{name: "Range_without_an_end", rows: "11-", contentRange: "11-12/*", ids: "12,13"},
		{name: "Range_beyond_the_end", rows: "12-99", contentRange: "12-12/*", ids: "13"},
		{name: "Range_of_bytes_is_ignored", query: "limit=1", rows: "bytes=0-99", contentRange: "0-0/*", ids: "1"},
		{name: "Range_without_a_start_is_ignored", query: "limit=1", rows: "-5", contentRange: "0-0/*", ids: "1"},

		{name: "Range_within_the_limit", query: "limit=5", rows: "1-2", contentRange: "1-2/*", ids: "2,3"},
		{name: "limit_within_the_Range", query: "limit=2&offset=1", rows: "0-4", contentRange: "1-2/*", ids: "2,3"},
		{name: "Range_and_limit_overlap", query: "limit=3&offset=2", rows: "0-3", contentRange: "2-3/*", ids: "3,4"},
		{name: "limit_of_nothing_with_Range", query: "limit=0", rows: "0-4", contentRange: "*/*"},
	})
}

// A page that can't be is refused, and says why.
func TestPagination_unsatisfiable(t *testing.T) {
	t.Parallel()
	const message = "Requested range not satisfiable"
	run(t, serve(t),
		exchange{name: "limit_below_zero", target: "/films?limit=-1", status: 416,
			body: fault("PGRST103", message, "Limit should be greater than or equal to zero.", "")},
		exchange{name: "limit_of_nothing_with_an_offset", target: "/films?limit=0&offset=5", status: 416,
			body: fault("PGRST103", message, "Limit should be greater than or equal to zero.", "")},
		exchange{name: "of_a_write", method: http.MethodPost, target: "/visitors_book?limit=-1", data: `{"entry": "x"}`, status: 416,
			body: fault("PGRST103", message, "Limit should be greater than or equal to zero.", "")},
		exchange{name: "of_a_function", target: "/rpc/film_titles?limit=-1", status: 416,
			body: fault("PGRST103", message, "Limit should be greater than or equal to zero.", "")},
		exchange{name: "Range_backwards_of_a_function", target: "/rpc/film_titles", send: headers{"Range": "3-1"}, status: 416,
			body: fault("PGRST103", message, "The lower boundary must be lower than or equal to the upper boundary in the Range header.", "")},
		exchange{name: "limit_of_an_embed_below_zero", target: "/films?select=roles(billing)&roles.limit=-1", status: 400,
			body: fault("2201W", "LIMIT must not be negative", "", "")},
		exchange{name: "Range_and_offset_apart", target: "/films?offset=5", send: headers{"Range": "0-1"}, status: 416,
			body: fault("PGRST103", message, "Limit should be greater than or equal to zero.", "")},
		exchange{name: "Range_backwards", target: "/films", send: headers{"Range": "3-1"}, status: 416,
			body: fault("PGRST103", message, "The lower boundary must be lower than or equal to the upper boundary in the Range header.", "")},
		exchange{name: "offset_beyond_the_count", target: "/films?offset=14", send: headers{"Prefer": "count=exact"}, status: 416,
			want: headers{"Content-Range": "*/13"},
			body: fault("PGRST103", message, "An offset of 14 was requested, but there are only 13 rows.", "")},
		exchange{name: "Range_beyond_the_count", target: "/films", send: headers{"Prefer": "count=exact", "Range": "20-29"}, status: 416,
			want: headers{"Content-Range": "*/13"},
			body: fault("PGRST103", message, "An offset of 20 was requested, but there are only 13 rows.", "")},
		exchange{name: "of_an_object", target: "/films?offset=14", send: headers{"Prefer": "count=exact", "Accept": "application/vnd.pgrst.object+json"}, status: 416,
			want: headers{"Content-Range": "*/13"},
			body: fault("PGRST103", message, "An offset of 14 was requested, but there are only 13 rows.", "")},
		exchange{name: "HEAD_of_an_object", method: http.MethodHead, target: "/films?offset=14", send: headers{"Prefer": "count=exact", "Accept": "application/vnd.pgrst.object+json"}, status: 416,
			want: headers{"Content-Range": "*/13"}},
		exchange{name: "HEAD", method: http.MethodHead, target: "/films?offset=14", send: headers{"Prefer": "count=exact"}, status: 416,
			want: headers{"Content-Range": "*/13"}},
		exchange{name: "HEAD_knows_no_Range", method: http.MethodHead, target: "/films?limit=2", send: headers{"Range": "3-1"},
			want: headers{"Content-Range": "0-1/*"}},
	)
}

// undisturbed is nothing, added to a database of the test's own: the planner goes by how
// large tables are, which grow by what other tests write and roll back.
const undisturbed = "SELECT"

// A count tells how many rows there are beyond the page; the status is 206 when
// there are any.
func TestPagination_count(t *testing.T) {
	t.Parallel()
	runPages(t, serveClone(t, undisturbed), []page{
		{name: "all", count: "exact", query: "id=lte.2", contentRange: "0-1/2", ids: "1,2"},
		{name: "part", count: "exact", query: "limit=2", status: 206, contentRange: "0-1/13", ids: "1,2"},
		{name: "part_by_Range", count: "exact", rows: "11-", status: 206, contentRange: "11-12/13", ids: "12,13"},
		{name: "part_of_what_is_filtered", count: "exact", query: "language=eq.ja&limit=1", status: 206, contentRange: "0-0/4", ids: "3"},
		{name: "nothing_there", count: "exact", query: "id=eq.0", contentRange: "*/0"},
		{name: "limit_of_nothing", count: "exact", query: "limit=0", status: 206, contentRange: "*/13"},
		{name: "offset_at_the_end", count: "exact", query: "offset=13", status: 206, contentRange: "*/13"},
		{name: "planned", count: "planned", query: "limit=2", status: 206, contentRange: "0-1/13", ids: "1,2"},
		{name: "estimated", count: "estimated", query: "limit=2", status: 206, contentRange: "0-1/13", ids: "1,2"},
		{name: "no_such_count", count: "rough", query: "limit=2", contentRange: "0-1/*", ids: "1,2"},
	})
}

// MaxRows caps every page. An estimated count is exact up to there, and the
// planner's beyond.
func TestPagination_MaxRows(t *testing.T) {
	t.Parallel()
	api := serveClone(t, undisturbed, func(o *pgrest.Options) { o.MaxRows = 5 })
	runPages(t, api, []page{
		{name: "caps_what_has_no_limit", contentRange: "0-4/*", ids: "1,2,3,4,5"},
		{name: "caps_a_higher_limit", query: "limit=10", contentRange: "0-4/*", ids: "1,2,3,4,5"},
		{name: "leaves_a_lower_limit", query: "limit=2", contentRange: "0-1/*", ids: "1,2"},
		{name: "caps_a_Range", rows: "4-12", contentRange: "4-8/*", ids: "5,6,7,8,9"},
		{name: "exact_count_counts_all", count: "exact", status: 206, contentRange: "0-4/13", ids: "1,2,3,4,5"},
		{name: "planned_count_too", count: "planned", status: 206, contentRange: "0-4/13", ids: "1,2,3,4,5"},
		{name: "estimated_count_is_planned_beyond", count: "estimated", status: 206, contentRange: "0-4/13", ids: "1,2,3,4,5"},
		{name: "estimated_count_is_exact_below", count: "estimated", query: "language=eq.ja", contentRange: "0-3/4", ids: "3,4,5,12"},
	})
	run(t, api,
		exchange{name: "caps_HEAD", method: http.MethodHead, target: "/films", want: headers{"Content-Range": "0-4/*"}},
		exchange{name: "planned_count_of_many", method: http.MethodHead, target: "/ticks", send: headers{"Prefer": "count=planned"}, status: 206,
			want: headers{"Content-Range": "0-4/100000"}},
		exchange{name: "estimated_count_of_many", method: http.MethodHead, target: "/ticks", send: headers{"Prefer": "count=estimated"}, status: 206,
			want: headers{"Content-Range": "0-4/100000"}},
	)
}

// A negative MaxRows lets no rows through, as the reference's of 0 does. They are counted
// all the same.
func TestPagination_no_rows(t *testing.T) {
	t.Parallel()
	api := serveClone(t, undisturbed, func(o *pgrest.Options) { o.MaxRows = -1 })
	runPages(t, api, []page{
		{name: "without_a_limit", contentRange: "*/*"},
		{name: "with_a_limit", query: "limit=2", contentRange: "*/*"},
		{name: "behind_others", query: "offset=3", contentRange: "*/*"},
		{name: "Range", rows: "4-12", contentRange: "*/*"},
		{name: "exact_count", count: "exact", status: 206, contentRange: "*/13"},
		{name: "planned_count", count: "planned", status: 206, contentRange: "*/13"},
		{name: "estimated_count", count: "estimated", status: 206, contentRange: "*/13"},
		{name: "estimated_count_of_nothing", count: "estimated", query: "id=eq.0", contentRange: "*/0"},
	})
	run(t, api,
		exchange{name: "HEAD", method: http.MethodHead, target: "/films", want: headers{"Content-Range": "*/*"}},
		exchange{name: "function", target: "/rpc/film_titles", want: headers{"Content-Range": "*/*"}, body: `[]`},
		exchange{name: "value", target: "/rpc/add?a=1", body: `null`},
	)
}

// page is a request for a page of the films and its answer.
type page struct {
	name, query, rows, count string // rows is the Range header
	status                   int    // 200
	contentRange, ids        string
}

func runPages(t *testing.T, api http.Handler, pages []page) {
	t.Helper()
	var exchanges []exchange
	for _, p := range pages {
		send := headers{}
		if p.rows != "" {
			send["Range"] = p.rows
		}
		if p.count != "" {
			send["Prefer"] = "count=" + p.count
		}
		exchanges = append(exchanges, exchange{
			name: p.name, target: "/films?select=id&order=id&" + p.query, send: send, status: p.status,
			want: headers{"Content-Range": p.contentRange}, body: filterCase{ids: p.ids}.rows(),
		})
	}
	run(t, api, exchanges...)
}
