package apitest_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// Hooks are told how many rows were written, whichever of them the client has shown: nobody can
// hide from an audit what he writes.
func TestHook_counts_what_is_written(t *testing.T) {
	t.Parallel()
	var told []string
	for _, rows := range []bool{false, true} {
		api := serveClone(t, parts, rollingBack, func(o *pgrest.Options) {
			o.Aggregates = true
			o.Hooks = []pgrest.Hook{{Rows: rows, After: func(_ context.Context, _ driver.Tx, r *pgrest.Request, done *pgrest.Outcome) error {
				told = append(told, fmt.Sprint(r.Action, " ", done.RowsAffected, " ", done.RowsInserted))
				if rows && int64(len(done.Rows)) != done.RowsAffected {
					told = append(told, fmt.Sprint(len(done.Rows), " rows"))
				}
				return nil
			}}}
		})
		const none = "select=id,stocks!inner()&stocks.place=eq.z"
		for _, tt := range []struct {
			name, method, target, prefer, payload string
			send                                  headers
			body, want                            string
		}{
			{"shown", "PATCH", "/parts?select=id", "", `{"name": "x"}`, nil, `[{"id": 1}, {"id": 2}, {"id": 3}]`, "update 3 0"},
			{"hidden", "PATCH", "/parts?" + none, "", `{"name": "x"}`, nil, `[]`, "update 3 0"},
			{"hidden_in_part", "PATCH", "/parts?select=id,stocks!inner()", "", `{"name": "x"}`, nil, `[{"id": 1}]`, "update 3 0"},
			{"grouped", "PATCH", "/parts?select=count()&id=gt.1", "", `{"name": "x"}`, nil, `[{"count": 2}]`, "update 2 0"},
			{"grouped_nothing", "PATCH", "/parts?select=count()&id=gt.9", "", `{"name": "x"}`, nil, `[{"count": 0}]`, "update 0 0"},
			{"no_columns", "PATCH", "/parts?" + none, "", `{}`, nil, `[]`, "update 0 0"},
			{"deleted", "DELETE", "/parts?id=gt.1&" + none, "", "", nil, `[]`, "delete 2 0"},
			{"inserted", "POST", "/parts?" + none, "", `[{"id": 8, "code": "h"}, {"id": 9, "code": "i"}]`, nil, `[]`, "insert 2 2"},
			{"merged", "POST", "/parts?" + none, "resolution=merge-duplicates", `[{"id": 1, "code": "a"}, {"id": 9, "code": "i"}]`, nil, `[]`, "upsert 2 1"},
			{"merged_counted", "POST", "/parts?select=count()", "resolution=merge-duplicates", `[{"id": 1, "code": "a"}, {"id": 2, "code": "b"}, {"id": 9, "code": "i"}]`, nil, `[{"count": 3}]`, "upsert 3 1"},
			{"bulk", "PATCH", "/parts?" + none, "", `[{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]`, headers{"Content-Type": rowsType}, `[]`, "update 2 0"},
			{"bulk_leniently", "PATCH", "/parts?" + none, "handling=lenient", `[{"id": 1, "name": "x"}, {"id": 7, "name": "y"}]`, headers{"Content-Type": rowsType}, `[]`, "update 1 0"},
		} {
			told = nil
			prefer := representation
			if tt.prefer != "" {
				prefer += ", " + tt.prefer
			}
			response := answer(api, write{method: tt.method, target: tt.target, prefer: prefer, payload: tt.payload, send: tt.send}.request(t))
			require.Less(t, response.Code, http.StatusMultipleChoices, "%s: %s", tt.name, response.Body)
			require.JSONEq(t, tt.body, response.Body.String(), tt.name)
			require.Equal(t, []string{tt.want}, told, tt.name)
		}
	}
}
