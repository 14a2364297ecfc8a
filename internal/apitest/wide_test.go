package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Tables may be as wide as PostgreSQL has them, in every way to read and to write them:
// functions take 100 arguments, and a table has 1,600 columns.
func TestWideTable(t *testing.T) {
	t.Parallel()
	for _, width := range []int{50, 51, 100, 101, 250, 1599} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			columns, names := make([]string, width), []string{"id"}
			for i := range columns {
				name := fmt.Sprintf("c%d", i)
				columns[i], names = fmt.Sprintf("%s int DEFAULT %d", name, i), append(names, name)
			}
			_, err := db.Superuser(t).Exec(t.Context(), `CREATE TABLE archive.wide (id int PRIMARY KEY, `+strings.Join(columns, ", ")+`); GRANT ALL ON archive.wide TO pgrest_test_anon`)
			require.NoError(t, err)
			api := open(t, db.Pool(t), func(o *pgrest.Options) { o.JWTSecret = nil })
			every := "columns=" + strings.Join(names, ",")
			for i, x := range []exchange{
				{method: "POST", target: "/wide?" + every, send: headers{"Prefer": "missing=default, return=representation"}, data: `[{"id": 1, "c7": 70}]`, status: 201},
				{method: "POST", target: "/wide?" + every, send: headers{"Prefer": "missing=default, return=representation"}, data: `{"id": 2, "c7": 70}`, status: 201},
				{method: "PATCH", target: "/wide?id=eq.2&" + every, send: headers{"Prefer": "missing=default, return=representation"}, data: `{"id": 2, "c7": 71}`},
				{method: "POST", target: "/wide?" + every, send: headers{"Prefer": "return=representation, resolution=merge-duplicates, missing=default"}, data: `[{"id": 2, "c7": 72}]`},
				{method: "GET", target: "/wide?id=eq.2"},
				{method: "HEAD", target: "/wide?id=eq.2", send: headers{"Prefer": "count=exact"}},
			} {
				got := ask(t, api, x)
				body := read(t, got)
				require.Equal(t, max(x.status, http.StatusOK), got.StatusCode, "%s %s: %.200s", x.method, x.target[:10], body)
				if x.method == http.MethodHead {
					continue
				}
				var rows []map[string]int
				require.NoError(t, json.Unmarshal([]byte(body), &rows))
				require.Len(t, rows, 1)
				require.Len(t, rows[0], width+1)
				require.Equal(t, width-1, rows[0][names[width]])
				require.Equal(t, []int{70, 70, 71, 72, 72}[i], rows[0]["c7"])
			}
			whole := make([]string, len(names)) // every value as text
			for i, name := range names {
				whole[i] = fmt.Sprintf(`"%s": %d`, name, i)
			}
			x := exchange{method: "POST", target: "/wide?select=id,c7", send: headers{"Prefer": "return=representation"}, data: `{` + strings.Replace(strings.Join(whole, ", "), `"id": 0`, `"id": 9`, 1) + `}`,
				status: 201, body: `[{"id": 9, "c7": 8}]`}
			x.check(t, ask(t, api, x))
			x = exchange{method: "PATCH", target: "/wide?id=gt.5&select=id,c7", send: headers{"Prefer": "return=representation"}, data: `{` + strings.Join(whole[1:], ", ") + `}`,
				body: `[{"id": 9, "c7": 8}]`}
			x.check(t, ask(t, api, x))
		})
	}
}
