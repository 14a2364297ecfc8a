package apitest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// What rows with ten within each cost, and what two plain inserts of as many do, of which the
// client knows the keys.
func BenchmarkNested(b *testing.B) {
	db := pgtest.Clone(b)
	_, err := db.Superuser(b).Exec(b.Context(), shop+`;
		DROP TRIGGER add_up ON archive.lines;
		INSERT INTO archive.orders (id) SELECT -n FROM generate_series(1, 1000) n`)
	require.NoError(b, err)
	api := open(b, db.Pool(b, pgtest.MaxConns(1)), func(o *pgrest.Options) { o.TxEnd = pgrest.TxRollback })
	post := func(b *testing.B, x write) {
		b.Helper()
		if w := answer(api, x.request(b)); w.Code != http.StatusCreated {
			b.Fatal(w.Body)
		}
	}
	for _, n := range []int{1, 1000} {
		nested := nestedOrders(n, 10)
		for _, prefer := range []string{"return=minimal", representation} {
			b.Run(fmt.Sprint(n, "_nested_", prefer), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					post(b, write{target: "/orders?select=id,lines(place)", prefer: prefer, send: headers{"Content-Type": nestedType}, payload: nested})
				}
			})
		}
		var orders, lines []string
		for i := range n {
			orders = append(orders, fmt.Sprintf(`{"note": "%d"}`, i))
			for j := range 10 {
				lines = append(lines, fmt.Sprintf(`{"order_id": %d, "place": %d, "sku": "p", "amount": %d}`, -1-i, j, i+1))
			}
		}
		b.Run(fmt.Sprint(n, "_plain"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				post(b, write{target: "/orders", payload: "[" + strings.Join(orders, ",") + "]"})
				post(b, write{target: "/lines", payload: "[" + strings.Join(lines, ",") + "]"})
			}
		})
	}
}
