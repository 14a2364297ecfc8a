package response

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/introspect"
)

// library is what the tests plan against: books, notes without a primary key, and
// functions of each kind, which are named after what they return.
func library() *introspect.SchemaCache {
	named := func(name string) introspect.QualifiedName {
		return introspect.QualifiedName{Schema: "library", Name: name}
	}
	number := &introspect.Type{OID: 23, Name: "integer", Schema: "pg_catalog", Local: "int4", BaseOID: 23}
	row := &introspect.Type{OID: 70000, Name: "library.books", Schema: "library", Local: "books", BaseOID: 70000, Relation: named("books")}
	table := func(name string, key ...string) *introspect.Table {
		return &introspect.Table{
			Name: named(name), PrimaryKey: key, Insertable: true, Updatable: true, Deletable: true,
			Columns: []introspect.Column{{Name: "id", Type: number}, {Name: "pages", Type: number}},
		}
	}
	function := func(name string, v introspect.Volatility, returns introspect.Result) *introspect.Routine {
		return &introspect.Routine{Name: named(name), Volatility: v, Returns: returns}
	}
	return introspect.New(introspect.Catalog{
		Schemas: []string{"library"},
		Tables:  []*introspect.Table{table("books", "id"), table("notes")},
		Types:   []*introspect.Type{number, row},
		Routines: []*introspect.Routine{
			function("nothing", introspect.Volatile, introspect.Result{Void: true}),
			function("number", introspect.Stable, introspect.Result{Type: number}),
			function("numbers", introspect.Stable, introspect.Result{Type: number, Set: true}),
			function("volatile_numbers", introspect.Volatile, introspect.Result{Type: number, Set: true}),
			function("book", introspect.Stable, introspect.Result{Type: row}),
			function("books", introspect.Stable, introspect.Result{Type: row, Set: true}),
		},
	})
}

// asking is a request, in few words.
type asking struct {
	method, target string
	prefer, accept string
	proto          apirequest.Proto
}

// plan parses and plans the request.
func (a asking) plan(t *testing.T) (*apirequest.Request, plan.Runnable) {
	t.Helper()
	r := httptest.NewRequest(a.method, a.target, nil)
	if a.method == http.MethodPost || a.method == http.MethodPut || a.method == http.MethodPatch {
		body := `{"id": 1}`
		if strings.HasPrefix(a.target, "/rpc/") {
			body = `{}`
		}
		r = httptest.NewRequest(a.method, a.target, strings.NewReader(body))
	}
	for name, value := range map[string]string{"Prefer": a.prefer, "Accept": a.accept} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"library"}})
	require.NoError(t, err)
	req.Proto = a.proto
	p, err := plan.New(library(), plan.Config{Plans: true, Encoded: map[string]bool{"text/tab-separated-values": true}}).Build(&req.Shape)
	require.NoError(t, err)
	require.Implements(t, (*plan.Runnable)(nil), p)
	return req, p.(plan.Runnable)
}

// What each kind of response says of an outcome, by what the client prefers.
func TestKind(t *testing.T) {
	t.Parallel()
	whole := func(rows, total int64) outcome { return outcome{rows: rows, total: total, ended: true} }
	three := whole(3, unknown)
	const (
		get, head, post, put, patch, del = http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
		planned                          = "application/vnd.pgrst.plan+json"
		strict                           = "handling=strict, max-affected=5"
		everything                       = "resolution=merge-duplicates, missing=default, return=minimal, count=exact, handling=strict, timezone=UTC, max-affected=5"
	)
	for _, tt := range []struct {
		name string
		asking
		outcome outcome
		status  int
		says    string // the headers that differ, as in "Content-Range: 0-2/*"
		body    bool   // or the headers of one
	}{
		// A read shows its rows, and says where in the whole they are.
		{"read", asking{get, "/books?select=id&id=gt.1", "", "", 0}, three, 200, "Content-Location: /books?id=gt.1&select=id|Content-Range: 0-2/*", true},
		{"read_of_nothing", asking{get, "/books", "", "", 0}, whole(0, unknown), 200, "Content-Location: /books|Content-Range: */*", true},
		{"read_counted", asking{get, "/books", "count=exact", "", 0}, whole(3, 3), 200, "Content-Location: /books|Content-Range: 0-2/3|Preference-Applied: count=exact", true},
		{"read_of_a_page", asking{get, "/books?limit=3", "count=exact", "", 0}, whole(3, 13), 206, "Content-Location: /books?limit=3|Content-Range: 0-2/13|Preference-Applied: count=exact", true},
		{"read_estimated", asking{get, "/books", "count=estimated", "", 0}, whole(3, 1000), 206, "Content-Location: /books|Content-Range: 0-2/1000|Preference-Applied: count=estimated", true},
		{"read_by_HEAD", asking{head, "/books", "count=exact", "", 0}, whole(3, 3), 200, "Content-Location: /books|Content-Range: 0-2/3|Preference-Applied: count=exact", true},
		{"read_of_one", asking{get, "/books", "", mediatype.Object, 0}, whole(1, unknown), 200, "Content-Location: /books|Content-Range: 0-0/*", true},
		{"read_with_all_preferences", asking{get, "/books", everything, "", 0}, whole(3, 3), 200, "Content-Location: /books|Content-Range: 0-2/3|Preference-Applied: count=exact, handling=strict, timezone=UTC", true},
		{"read_streamed", asking{get, "/books", "", "", 0}, outcome{total: unknown}, 200, "Content-Location: /books|Trailer: Content-Range", true},
		{"read_streamed_over_HTTP_2", asking{get, "/books", "", "", apirequest.HTTP2}, outcome{total: unknown}, 200, "Content-Location: /books", true},
		{"read_streamed_and_counted", asking{get, "/books", "count=exact", "", 0}, outcome{rows: 3, total: 13}, 206, "Content-Location: /books|Content-Range: 0-2/13|Preference-Applied: count=exact", true},

		// A write says what has become of the rows.
		{"insert", asking{post, "/books", "", "", 0}, whole(1, unknown), 201, "Content-Range: */*", false},
		{"insert_counted", asking{post, "/books", "count=exact", "", 0}, whole(1, unknown), 201, "Content-Range: */1|Preference-Applied: count=exact", false},
		{"insert_minimal", asking{post, "/books", "return=minimal", "", 0}, whole(1, unknown), 201, "Content-Range: */*|Preference-Applied: return=minimal", false},
		{"insert_shown", asking{post, "/books", "return=representation", "", 0}, whole(1, unknown), 201, "Content-Range: */*|Preference-Applied: return=representation", true},
		{"insert_with_its_URL", asking{post, "/books", "return=headers-only", "", 0}, outcome{rows: 1, total: unknown, ended: true, location: "/books?id=eq.1"}, 201,
			"Content-Range: */*|Location: /books?id=eq.1|Preference-Applied: return=headers-only", false},
		{"insert_without_an_URL", asking{post, "/notes", "return=headers-only", "", 0}, whole(1, unknown), 201, "Content-Range: */*|Preference-Applied: return=headers-only", false},
		{"insert_with_all_preferences", asking{post, "/books", everything, "", 0}, outcome{rows: 1, total: unknown, ended: true, inserted: true}, 201,
			"Content-Range: */1|Preference-Applied: resolution=merge-duplicates, missing=default, return=minimal, count=exact, handling=strict, timezone=UTC", false},
		{"merge_that_inserted", asking{post, "/books", "resolution=merge-duplicates", "", 0}, outcome{rows: 1, total: unknown, ended: true, inserted: true}, 201,
			"Content-Range: */*|Preference-Applied: resolution=merge-duplicates", false},
		{"merge_that_updated", asking{post, "/books", "resolution=merge-duplicates", "", 0}, whole(1, unknown), 200, "Content-Range: */*|Preference-Applied: resolution=merge-duplicates", false},
		{"duplicates_ignored", asking{post, "/books", "resolution=ignore-duplicates", "", 0}, whole(0, unknown), 201, "Content-Range: */*|Preference-Applied: resolution=ignore-duplicates", false},
		{"merge_without_a_key", asking{post, "/notes", "resolution=merge-duplicates", "", 0}, whole(1, unknown), 200, "Content-Range: */*", false},
		{"merge_on_a_column", asking{post, "/notes?on_conflict=id", "resolution=merge-duplicates", "", 0}, whole(1, unknown), 200,
			"Content-Range: */*|Preference-Applied: resolution=merge-duplicates", false},
		{"update", asking{patch, "/books", "", "", 0}, three, 204, "Content-Range: 0-2/*", false},
		{"update_of_nothing", asking{patch, "/books", "", "", 0}, whole(0, unknown), 204, "Content-Range: */*", false},
		{"update_counted", asking{patch, "/books", "count=exact", "", 0}, three, 204, "Content-Range: 0-2/3|Preference-Applied: count=exact", false},
		{"update_shown", asking{patch, "/books", "return=representation", "", 0}, three, 200, "Content-Range: 0-2/*|Preference-Applied: return=representation", true},
		{"update_with_all_preferences", asking{patch, "/books", everything, "", 0}, three, 204,
			"Content-Range: 0-2/3|Preference-Applied: missing=default, return=minimal, count=exact, handling=strict, timezone=UTC, max-affected=5", false},
		{"deletion", asking{del, "/books", "", "", 0}, three, 204, "Content-Range: */*", false},
		{"deletion_shown_and_counted", asking{del, "/books", "return=representation, count=exact", "", 0}, three, 200, "Content-Range: */3|Preference-Applied: return=representation, count=exact", true},
		{"deletion_with_all_preferences", asking{del, "/books", everything, "", 0}, three, 204,
			"Content-Range: */3|Preference-Applied: return=minimal, count=exact, handling=strict, timezone=UTC, max-affected=5", false},
		{"put", asking{put, "/books?id=eq.1", "", "", 0}, whole(1, unknown), 204, "", false},
		{"put_that_inserted", asking{put, "/books?id=eq.1", "", "", 0}, outcome{rows: 1, total: unknown, ended: true, inserted: true}, 204, "", false},
		{"put_shown", asking{put, "/books?id=eq.1", "return=representation", "", 0}, whole(1, unknown), 200, "Preference-Applied: return=representation", true},
		{"put_that_inserted_shown", asking{put, "/books?id=eq.1", "return=representation", "", 0}, outcome{rows: 1, total: unknown, ended: true, inserted: true}, 201,
			"Preference-Applied: return=representation", true},

		// A call shows what the function returns: of one that returns no set, always one row.
		{"call", asking{get, "/rpc/numbers", "", "", 0}, three, 200, "Content-Range: 0-2/*", true},
		{"call_of_a_page", asking{get, "/rpc/books?limit=3", "count=exact", "", 0}, whole(3, 13), 206, "Content-Range: 0-2/13|Preference-Applied: count=exact", true},
		{"call_by_POST", asking{post, "/rpc/volatile_numbers", "return=representation", "", 0}, three, 200, "Content-Range: 0-2/*", true},
		{"call_of_a_value", asking{get, "/rpc/number?limit=0", "", "", 0}, whole(0, unknown), 200, "Content-Range: 0-0/*", true},
		{"call_for_nothing", asking{post, "/rpc/nothing", "", "", 0}, whole(1, unknown), 204, "Content-Range: 0-0/*", false},
		{"call_with_all_preferences", asking{post, "/rpc/numbers", everything, "", 0}, whole(3, 3), 200,
			"Content-Range: 0-2/3|Preference-Applied: count=exact, handling=strict, timezone=UTC, max-affected=5", true},

		// An explanation is of all of these, and says nothing of them.
		{"explained_read", asking{get, "/books?limit=3", "count=exact", planned, 0}, three, 200, "", true},
		{"explained_read_by_HEAD", asking{head, "/books", everything, planned, 0}, three, 200, "", true},
		{"explained_insert", asking{post, "/books", "return=headers-only", planned, 0}, whole(1, unknown), 200, "", true},
		{"explained_put", asking{put, "/books?id=eq.1", "return=minimal", planned, 0}, three, 200, "", true},
		{"explained_deletion", asking{del, "/books", strict, planned, 0}, three, 200, "", true},
		{"explained_call", asking{post, "/rpc/nothing", "", planned, 0}, three, 200, "", true},
		{"explained_read_streamed", asking{get, "/books", "", planned, 0}, outcome{total: unknown}, 200, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, p := tt.asking.plan(t)
			w := httptest.NewRecorder()
			r := newResponse(w, req, p, &executor.Result{}, Config{})
			bodyFollows, err := r.writeHead(tt.outcome)
			require.NoError(t, err)
			require.Equal(t, tt.status, w.Code)
			want := http.Header{"Vary": {"Accept, Prefer, Range"}}
			for _, header := range strings.Split(tt.says, "|") {
				if name, value, found := strings.Cut(header, ": "); found {
					want.Set(name, value)
				}
			}
			if tt.body {
				want.Set("Content-Type", r.plan.Media.ContentType())
			}
			if tt.outcome.ended && tt.method != head && tt.status != 204 {
				want.Set("Content-Length", "0")
			}
			require.Equal(t, want, w.Header())
			require.Equal(t, tt.body, r.content.hasBody())
			require.Equal(t, tt.status != 204 && tt.method != head, bodyFollows)
		})
	}
}

// What the body is made of.
func TestKind_content(t *testing.T) {
	t.Parallel()
	const get, post, patch = http.MethodGet, http.MethodPost, http.MethodPatch
	for _, tt := range []struct {
		name string
		asking
		want content
	}{
		{"rows", asking{get, "/books", "", "", 0}, contentRows},
		{"rows_as_CSV", asking{get, "/books", "", "text/csv", 0}, contentRows},
		{"rows_of_the_host's", asking{get, "/books", "", "text/tab-separated-values", 0}, contentRows},
		{"row", asking{get, "/books", "", mediatype.Object, 0}, contentRow},
		{"row_of_a_function", asking{get, "/rpc/book", "", "", 0}, contentRow},
		{"value_of_a_function", asking{get, "/rpc/number", "", "", 0}, contentRow},
		{"values_of_a_function", asking{get, "/rpc/numbers", "", "", 0}, contentRows},
		{"function_without_a_value", asking{post, "/rpc/nothing", "", "", 0}, contentNone},
		{"write", asking{patch, "/books", "", "", 0}, contentNone},
		{"write_shown", asking{patch, "/books", "return=representation", "", 0}, contentRows},
		{"row_written", asking{post, "/books", "return=representation", mediatype.Object, 0}, contentRow},
		{"key_written", asking{post, "/books", "return=headers-only", "", 0}, contentKey},
		{"explanation", asking{get, "/books", "", "application/vnd.pgrst.plan", 0}, contentLines},
		{"explanation_of_a_row", asking{get, "/books", "", `application/vnd.pgrst.plan; for="application/vnd.pgrst.object+json"`, 0}, contentLines},
		{"explanation_of_a_write", asking{post, "/books", "return=headers-only", "application/vnd.pgrst.plan", 0}, contentLines},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, p := tt.asking.plan(t)
			require.Equal(t, tt.want, kindOf(p).content())
		})
	}
	require.Equal(t, contentAggregate, read{&plan.Answer{Format: plan.FormatAggregated}}.content())
}
