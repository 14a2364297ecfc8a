package plan_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/introspect"
)

// large is a schema of many tables, each with foreign keys to the one before it
// and to the one ten before it.
func large(tables int) *introspect.SchemaCache {
	catalog := introspect.Catalog{Schemas: []string{"archive"}}
	for i := range tables {
		keys := []introspect.ForeignKey{
			references(fmt.Sprintf("near_%d", i), "near", fmt.Sprintf("table_%d", (i+tables-1)%tables), "id"),
			references(fmt.Sprintf("far_%d", i), "far", fmt.Sprintf("table_%d", (i+tables-10)%tables), "id"),
		}
		catalog.Tables = append(catalog.Tables, relation(fmt.Sprintf("table_%d", i), "id", "id int4, near int4, far int4, name text, note text", keys...))
	}
	return introspect.New(catalog)
}

// BenchmarkBuild plans reads in a schema of 3,000 tables and 6,000 foreign keys.
func BenchmarkBuild(b *testing.B) {
	planner := plan.New(large(3000), plan.Config{MaxRows: 1000})
	for _, bm := range []struct{ name, target string }{
		{"plain", "/table_500?select=id,name&note=eq.x&order=name&limit=10"},
		{"embed", "/table_500?select=id,name,table_499(id,name)"},
		{"three_levels", "/table_500?select=id,name,table_499(id,name,table_498(id,name,table_497(id,name)))&table_499.table_498.name=eq.x&order=table_499(name)"},
		{"three_levels_to_many", "/table_500?select=*,table_501(*,table_502(*,table_503(*)))&table_501.table_502.order=name&table_501.limit=5"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			req := request(b, http.MethodGet, bm.target)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := planner.Build(req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
