package query_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// What a write tells the host of the rows that it has written: as they are, and as they
// were where PostgreSQL knows.
func TestBuild_written_rows(t *testing.T) {
	t.Parallel()
	const row = `pg_catalog.row_to_json(CAST("directors".* AS "archive"."directors"))`
	const old = `pg_catalog.row_to_json(CAST("pgrst old".* AS "archive"."directors"))`
	json := func(now, before string) string {
		return `pg_catalog.json_build_object('new', ` + now + `, 'old', ` + before + `)::text AS "pgrst written"`
	}
	for name, tt := range map[string]struct {
		method, target, prefer string
		version                int
		written                query.Written
		want                   string
	}{
		"insert":       {"POST", "/directors", "", 150000, query.WrittenInRows, ` RETURNING ` + json(row, "NULL")},
		"update":       {"PATCH", "/directors", "", 150000, query.WrittenInRows, ` RETURNING ` + json(row, "NULL")},
		"delete":       {"DELETE", "/directors", "", 150000, query.WrittenInRows, ` RETURNING ` + json("NULL", row)},
		"insert_in_18": {"POST", "/directors", "", 180000, query.WrittenInRows, ` RETURNING WITH (OLD AS "pgrst old") ` + json(row, old)},
		"update_in_18": {"PATCH", "/directors", "", 180000, query.WrittenInRows, ` RETURNING WITH (OLD AS "pgrst old") ` + json(row, old)},
		"delete_in_18": {"DELETE", "/directors", "", 180000, query.WrittenInRows, ` RETURNING ` + json("NULL", row)},
		"shown":        {"PATCH", "/directors?select=name", "return=representation", 180000, query.WrittenInRows, ` RETURNING WITH (OLD AS "pgrst old") "directors"."name", ` + json(row, old)},
		"ordered": {"PATCH", "/directors?select=name&order=name", "return=representation", 180000, query.WrittenBefore,
			` RETURNING WITH (OLD AS "pgrst old") "directors"."name", ` + json(row, old) + `) SELECT CASE WHEN pg_catalog.row_number() OVER () = 1 THEN written.rows END, page.mark, page.c1 FROM`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tt.method, tt.target, strings.NewReader(`{"name": "x"}`))
			r.Header.Set("Prefer", tt.prefer)
			if tt.method == http.MethodDelete {
				r.Body = http.NoBody
			}
			req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"archive"}})
			require.NoError(t, err)
			req.ReportRows = true
			cache := schema(t, "archive")
			cache.ServerVersion = tt.version
			p, err := plan.New(cache, config).Build(&req.Shape)
			require.NoError(t, err)
			program := query.Build(p.(plan.Runnable))
			require.Contains(t, program.Main.SQL, tt.want)
			require.Equal(t, tt.written, program.Written)
		})
	}
}
