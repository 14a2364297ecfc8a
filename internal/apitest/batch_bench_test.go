package apitest_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

// What a batch of reads of one row costs, and what as many requests of their own do.
func BenchmarkBatch(b *testing.B) {
	api := serve(b)
	for _, n := range []int{1, 10, 100} {
		requests := "[" + strings.TrimSuffix(strings.Repeat(`{"method": "GET", "path": "/films?id=eq.1&select=id,title"},`, n), ",") + "]"
		b.Run(fmt.Sprint(n, "_in_a_batch"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("POST", "/", strings.NewReader(requests))
				r.Header.Set("Content-Type", batchType)
				if w := answer(api, r); w.Code != 200 {
					b.Fatal(w.Body)
				}
			}
		})
		b.Run(fmt.Sprint(n, "_alone"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for range n {
					if w := answer(api, httptest.NewRequest("GET", "/films?id=eq.1&select=id,title", nil)); w.Code != 200 {
						b.Fatal(w.Body)
					}
				}
			}
		})
	}
}
