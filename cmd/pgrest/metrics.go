package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pgrest-go/pgrest"
)

// metrics are the server's figures for Prometheus, under the names of the reference
// (https://docs.postgrest.org/en/stable/references/observability.html#metrics),
// with those of Go's runtime and of requests.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	failures *prometheus.CounterVec
}

func newMetrics(pool *countingPool, stats func() pgrest.Stats) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pgrst_http_request_duration_seconds",
			Help: "The time to answer requests",
			// From a cached read to what a proxy gives up on.
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "resource", "status"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pgrst_http_request_failures_total",
			Help: "Requests that were answered with an error or broken off, by PostgREST's code or the class of PostgreSQL's",
		}, []string{"resource", "code"}),
	}
	m.registry.MustRegister(m.requests, m.failures, figures{pool, stats},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// observe counts a request by its shape: labels made of URLs would have no bounds.
func (m *metrics) observe(x *exchange) {
	method := x.request.Method
	if !slices.Contains(allMethods, method) {
		method = "other"
	}
	status := strconv.Itoa(x.status/100) + "xx"
	if x.aborted {
		status = "aborted"
	}
	m.requests.WithLabelValues(method, x.event.Resource.String(), status).Observe(x.duration.Seconds())
	if code := x.event.CodeClass(); code != "" {
		m.failures.WithLabelValues(x.event.Resource.String(), code).Inc()
	}
}

// figures collects the counts that the pool and the library keep.
type figures struct {
	pool  *countingPool
	stats func() pgrest.Stats
}

var (
	loadTime    = figure("pgrst_schema_cache_query_time_seconds", "The query time in seconds of the last schema cache load")
	loads       = figure("pgrst_schema_cache_loads_total", "The total number of times the schema cache was loaded", "status")
	poolTimeout = figure("pgrst_db_pool_timeouts_total", "The total number of pool connection timeouts")
	poolFree    = figure("pgrst_db_pool_available", "Available connections in the pool")
	poolWaiting = figure("pgrst_db_pool_waiting", "Requests waiting to acquire a pool connection")
	poolMax     = figure("pgrst_db_pool_max", "Max pool connections")
	jwtRequests = figure("pgrst_jwt_cache_requests_total", "The total number of JWT cache lookups")
	jwtHits     = figure("pgrst_jwt_cache_hits_total", "The total number of JWT cache hits")
	jwtEvicted  = figure("pgrst_jwt_cache_evictions_total", "The total number of JWT cache evictions")
)

func figure(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe and Collect make figures a prometheus.Collector.
func (f figures) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		loadTime, loads, poolTimeout, poolFree, poolWaiting, poolMax, jwtRequests, jwtHits, jwtEvicted,
	} {
		descriptions <- d
	}
}

// Collect reads the figures.
func (f figures) Collect(found chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64) {
		found <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	counter := func(d *prometheus.Desc, value uint64, labels ...string) {
		found <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
	}
	s, pool := f.stats(), f.pool.Stat()
	gauge(loadTime, s.SchemaLoadTime.Seconds())
	counter(loads, s.SchemaLoads, "SUCCESS")
	counter(loads, s.SchemaLoadFailures, "FAIL")
	counter(poolTimeout, f.pool.timeouts.Load())
	gauge(poolFree, float64(pool.IdleConns()))
	gauge(poolWaiting, float64(f.pool.waiting.Load()))
	gauge(poolMax, float64(pool.MaxConns()))
	counter(jwtRequests, s.TokenCache.Requests)
	counter(jwtHits, s.TokenCache.Hits)
	counter(jwtEvicted, s.TokenCache.Evictions)
}

// countingPool counts the callers that wait for a connection, and those that timed out.
type countingPool struct {
	*pgxpool.Pool
	failed   func(error) // called with the error of each failed Acquire
	waiting  atomic.Int64
	timeouts atomic.Uint64
}

// Acquire takes a connection out of the pool.
func (p *countingPool) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	conn, err := p.Pool.Acquire(ctx)
	if err != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		p.timeouts.Add(1)
	}
	if err != nil {
		p.failed(err)
	}
	return conn, err
}
