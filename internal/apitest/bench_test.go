package apitest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// discard is a ResponseWriter that keeps nothing but the status.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { return io.Discard.Write(p) }

// BenchmarkGet is a request from the handler to PostgreSQL and back, over one
// connection, without a network in front.
func BenchmarkGet(b *testing.B) {
	db := pgtest.Clone(b)
	_, err := db.Superuser(b).Exec(b.Context(), `
		CREATE TABLE archive.shelves AS SELECT * FROM archive.ticks WHERE id <= 10000;
		ALTER TABLE archive.shelves ADD PRIMARY KEY (id);
		GRANT SELECT ON archive.shelves TO pgrest_test_anon;
		ANALYZE archive.shelves`)
	require.NoError(b, err)
	api := open(b, db.Pool(b, pgtest.MaxConns(1)))
	benchmarks := []struct{ name, target, accept string }{
		{"one_row", "/shelves?id=eq.4711", "application/json"},
		{"one_object", "/shelves?select=id,name&id=eq.4711", "application/vnd.pgrst.object+json"},
		{"100_rows", "/shelves?id=gt.4711&order=id&limit=100", "application/json"},
		{"100_rows_CSV", "/shelves?id=gt.4711&order=id&limit=100", "text/csv"},
		{"10000_rows", "/shelves", "application/json"},
	}
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, bb.target, nil)
			r.Header.Set("Accept", bb.accept)
			b.ReportAllocs()
			for b.Loop() {
				w := &discard{header: http.Header{}}
				api.ServeHTTP(w, r)
				if w.status != http.StatusOK {
					b.Fatalf("status %d", w.status)
				}
			}
		})
	}
}

// BenchmarkWrite is the same for writes and calls.
func BenchmarkWrite(b *testing.B) {
	db := pgtest.Clone(b)
	_, err := db.Superuser(b).Exec(b.Context(), `
		CREATE TABLE archive.lenders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, city text, since date);
		INSERT INTO archive.lenders (name) SELECT 'lender ' || n FROM generate_series(1, 100) AS n;
		GRANT SELECT, INSERT, UPDATE ON archive.lenders TO pgrest_test_anon`)
	require.NoError(b, err)
	api := open(b, db.Pool(b, pgtest.MaxConns(1)))
	one := `{"name":"Cinémathèque","city":"Lyon","since":"1982-10-01"}`
	benchmarks := []struct {
		name, method, target, body string
		status                     int
	}{
		{"insert_one", http.MethodPost, "/lenders", one, http.StatusCreated},
		{"insert_100", http.MethodPost, "/lenders", "[" + strings.Repeat(one+",", 99) + one + "]", http.StatusCreated},
		{"update_one", http.MethodPatch, "/lenders?id=eq.42", `{"city":"Lyon"}`, http.StatusNoContent},
		{"call_by_GET", http.MethodGet, "/rpc/add?a=1&b=2", "", http.StatusOK},
		{"call_by_POST", http.MethodPost, "/rpc/add", `{"a":1,"b":2}`, http.StatusOK},
	}
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) {
			body := strings.NewReader(bb.body)
			r := httptest.NewRequest(bb.method, bb.target, nil)
			r.Header.Set("Content-Type", "application/json")
			r.Body, r.ContentLength = io.NopCloser(body), body.Size()
			b.ReportAllocs()
			for b.Loop() {
				body.Reset(bb.body)
				w := &discard{header: http.Header{}}
				api.ServeHTTP(w, r)
				if w.status != bb.status {
					b.Fatalf("status %d", w.status)
				}
			}
		})
	}
}
