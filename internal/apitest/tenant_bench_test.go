package apitest_test

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// BenchmarkTenants has a schema, with five tables, and a handler for each of many tenants, as
// many as PGREST_TENANTS says, on one pool and one listener. It tells what a handler takes of
// memory with nothing asked and with something, how long one takes to start beside the
// others, and how long all take to have a new schema after a notification.
//
//	PGREST_TENANTS=1000 go test ./internal/apitest -run '^$' -bench Tenants -benchtime 1x
func BenchmarkTenants(b *testing.B) {
	tenants, err := strconv.Atoi(os.Getenv("PGREST_TENANTS"))
	if err != nil {
		tenants = 20
	}
	db := pgtest.Clone(b)
	admin, pool := db.Superuser(b), db.Pool(b, pgtest.MaxConns(8))
	for i := range tenants {
		_, err := admin.Exec(b.Context(), tenantSQL(i))
		require.NoError(b, err)
	}
	l, err := pgrest.NewListener(pool, pgrest.ListenerOptions{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	b.Cleanup(l.Close)
	start := func(i int) *pgrest.Handler {
		api, err := pgrest.New(pool, pgrest.Options{
			Schemas: []string{tenantName(i)}, ExtraSearchPath: []string{}, AnonRole: anon, Listener: l, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(b, err)
		return api
	}
	for b.Loop() {
		apis := make([]*pgrest.Handler, tenants)
		before, began := heap(), time.Now()
		for i := range apis {
			apis[i] = start(i)
		}
		for _, api := range apis {
			require.NoError(b, api.Ready(b.Context()))
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/start-of-all")
		b.ReportMetric(float64(heap()-before)/float64(tenants)/1024, "KiB/handler")
		b.ReportMetric(float64(runtime.NumGoroutine())/float64(tenants), "goroutines/handler")
		for _, api := range apis {
			require.Equal(b, 200, ask(b, api, exchange{target: "/t1?select=id,t0(id)&id=eq.1"}).StatusCode)
		}
		b.ReportMetric(float64(heap()-before)/float64(tenants)/1024, "KiB/handler-in-use")

		began = time.Now()
		apis[0].Close()
		apis[0] = start(0)
		require.NoError(b, apis[0].Ready(b.Context()))
		b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms/start-of-one")

		loads := make([]uint64, tenants)
		for i, api := range apis {
			loads[i] = api.Stats().SchemaLoads
		}
		began = time.Now()
		_, err := admin.Exec(b.Context(), "SELECT pg_notify('pgrst', 'reload schema')")
		require.NoError(b, err)
		for i, api := range apis {
			for api.Stats().SchemaLoads == loads[i] {
				time.Sleep(time.Millisecond)
			}
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/reload-of-all")
		for _, api := range apis {
			api.Close()
		}
	}
}

func tenantName(i int) string { return fmt.Sprintf("tenant_%d", i) }

// tenantSQL makes the schema of a tenant.
func tenantSQL(i int) string {
	var sql strings.Builder
	schema := tenantName(i)
	fmt.Fprintf(&sql, "CREATE SCHEMA %s; GRANT USAGE ON SCHEMA %[1]s TO %s;", schema, anon)
	for n := range 5 {
		fmt.Fprintf(&sql, "CREATE TABLE %s.t%d (id int PRIMARY KEY, name text, made timestamptz, amount numeric, parent int REFERENCES %[1]s.t0);", schema, n)
	}
	fmt.Fprintf(&sql, "GRANT ALL ON ALL TABLES IN SCHEMA %s TO %s;", schema, anon)
	return sql.String()
}

// heap is how much of memory is in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
