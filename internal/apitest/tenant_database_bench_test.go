package apitest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// tenantDatabases is a pool of many databases, of which a request's context names one.
type tenantDatabases []*pgxpool.Pool

type tenantOfContext struct{}

func (d tenantDatabases) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	tenant, _ := ctx.Value(tenantOfContext{}).(int) // what is none's is the first's
	return d[tenant].Acquire(ctx)
}

// BenchmarkTenantDatabases has a database for each of many tenants, as many as
// PGREST_TENANT_DATABASES says, copies of one template with five tables. It compares one
// handler, whose pool chooses among them, with a handler for each: what they take of memory,
// each database with one connection that was used, how long they take to start, and a request
// to each in turn.
//
//	PGREST_TENANT_DATABASES=200 go test ./internal/apitest -run '^$' -bench TenantDatabases -benchtime 1x
func BenchmarkTenantDatabases(b *testing.B) {
	tenants, err := strconv.Atoi(os.Getenv("PGREST_TENANT_DATABASES"))
	if err != nil {
		tenants = 5
	}
	server := pgtest.OwnServer(b)
	server.Exec(b, `CREATE ROLE `+anon, `CREATE DATABASE template_of_tenants`)
	admin := connectTo(b, server, "template_of_tenants")
	_, err = admin.Exec(b.Context(), tenantSQL(0))
	require.NoError(b, err)
	admin.Close()
	began := time.Now()
	for i := range tenants {
		server.Exec(b, fmt.Sprintf(`CREATE DATABASE tenant_%d TEMPLATE template_of_tenants`, i))
	}
	b.Logf("%d databases made in %s", tenants, time.Since(began).Round(time.Millisecond))
	options := pgrest.Options{
		Schemas: []string{tenantName(0)}, ExtraSearchPath: []string{}, AnonRole: anon, DisableListener: true, Logger: slog.New(slog.DiscardHandler),
	}
	connect := func() (pools tenantDatabases) {
		for i := range tenants {
			pools = append(pools, connectTo(b, server, fmt.Sprintf("tenant_%d", i)))
		}
		return pools
	}
	ask := func(api http.Handler, tenant int) {
		r := httptest.NewRequest(http.MethodGet, "/t1?select=id,t0(id)&id=eq.1", nil)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), tenantOfContext{}, tenant)))
		if w.Code != 200 {
			b.Fatalf("tenant %d: %d %s", tenant, w.Code, w.Body)
		}
	}
	for _, bb := range []struct {
		name  string
		start func(pools tenantDatabases) (of func(tenant int) http.Handler, end func())
	}{
		{"one_handler", func(pools tenantDatabases) (func(int) http.Handler, func()) {
			api, err := pgrest.New(pools, options)
			require.NoError(b, err)
			require.NoError(b, api.Ready(b.Context()))
			return func(int) http.Handler { return api }, api.Close
		}},
		{"one_each", func(pools tenantDatabases) (func(int) http.Handler, func()) {
			apis := make([]*pgrest.Handler, tenants)
			for i, pool := range pools {
				api, err := pgrest.New(pool, options)
				require.NoError(b, err)
				apis[i] = api
			}
			for _, api := range apis {
				require.NoError(b, api.Ready(b.Context()))
			}
			return func(i int) http.Handler { return apis[i] }, func() {
				for _, api := range apis {
					api.Close()
				}
			}
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				pools := connect()
				before, began := heap(), time.Now()
				api, end := bb.start(pools)
				b.ReportMetric(time.Since(began).Seconds(), "s/start")
				for i := range tenants {
					ask(api(i), i)
				}
				b.ReportMetric(float64(heap()-before)/float64(tenants)/1024, "KiB/tenant")
				b.ReportMetric(float64(runtime.NumGoroutine())/float64(tenants), "goroutines/tenant")
				began = time.Now()
				const rounds = 10
				for range rounds {
					for i := range tenants {
						ask(api(i), i)
					}
				}
				b.ReportMetric(float64(time.Since(began).Microseconds())/float64(rounds*tenants), "us/request")
				end()
				for _, pool := range pools {
					pool.Close()
				}
			}
		})
	}
}

// connectTo gives a pool of one connection to a database, as a superuser.
func connectTo(b *testing.B, server *pgtest.OwnedServer, database string) *pgxpool.Pool {
	b.Helper()
	config, err := pgxpool.ParseConfig(server.URL())
	require.NoError(b, err)
	config.ConnConfig.Database, config.MaxConns = database, 1
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	require.NoError(b, err)
	return pool
}
