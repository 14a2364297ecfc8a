package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	r := startServer(t, pgtest.Clone(t))
	require.Equal(t, http.StatusOK, r.status(t, "/genres?name=eq.secret"))
	require.Equal(t, http.StatusNotFound, r.status(t, "/rpc/nothing_of_this_name"))
	query, err := http.NewRequestWithContext(t.Context(), "QUERY", "http://"+(*r.address.Load()).String()+"/genres", http.NoBody)
	require.NoError(t, err)
	query.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	queried, err := r.client.Do(query)
	require.NoError(t, err)
	require.NoError(t, queried.Body.Close())
	response, body := fetch(t, r.client, "http://"+r.admin.Addr().String()+"/metrics")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, response.Header.Get("Content-Type"), "text/plain")
	for _, line := range []string{
		`(?m)^# TYPE pgrst_schema_cache_query_time_seconds gauge$`,
		`(?m)^pgrst_schema_cache_query_time_seconds [0-9.e-]+$`,
		`(?m)^# TYPE pgrst_schema_cache_loads_total counter$`,
		`(?m)^pgrst_schema_cache_loads_total\{status="SUCCESS"\} [1-9]`,
		`(?m)^pgrst_schema_cache_loads_total\{status="FAIL"\} 0$`,
		`(?m)^pgrst_db_pool_timeouts_total 0$`,
		`(?m)^pgrst_db_pool_available [0-9]+$`,
		`(?m)^pgrst_db_pool_waiting 0$`,
		`(?m)^pgrst_db_pool_max 10$`,
		`(?m)^pgrst_jwt_cache_requests_total 0$`,
		`(?m)^pgrst_jwt_cache_hits_total 0$`,
		`(?m)^pgrst_jwt_cache_evictions_total 0$`,
		`(?m)^go_goroutines [0-9]+$`,
		`(?m)^pgrst_http_request_duration_seconds_count\{method="GET",resource="relation",status="2xx"\} 1$`,
		`(?m)^pgrst_http_request_duration_seconds_count\{method="GET",resource="rpc",status="4xx"\} 1$`,
		`(?m)^pgrst_http_request_failures_total\{code="PGRST202",resource="rpc"\} 1$`,
		`(?m)^pgrst_http_request_duration_seconds_count\{method="QUERY",resource="relation",status="2xx"\} 1$`,
	} {
		require.Regexp(t, line, body)
	}
	require.NotContains(t, body, "genres")
	require.NotContains(t, body, "nothing_of_this_name")
}

func TestSchemaCache(t *testing.T) {
	t.Parallel()
	r := startServer(t, pgtest.Clone(t))
	require.Equal(t, http.StatusOK, r.status(t, "/genres"))
	response, body := fetch(t, r.client, "http://"+r.admin.Addr().String()+"/schema_cache")
	require.Equal(t, http.StatusOK, response.StatusCode)
	requireSchemaCache(t, body)
}
