package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/pgresttest"
)

// evolution are requests that only the schema behind each of the twenty migrations answers so.
var evolution = []struct{ shows, with string }{
	{"/reviews?select=author&limit=1", `"anonymous"`},
	{"/products?select=weight&limit=1", `"weight":null`},
	{"/reviews?select=id&state=eq.hidden", `[]`},
	{"/reviews?select=stars&limit=1", `"stars":`},
	{"/reviews?select=rating&limit=1", `"rating":`},
	{"/rpc/average_stars?product=1&state=new", ``},
	{"/rpc/average_stars?product=99", `0`},
	{"/reviews?select=customers(id)&limit=1", `"customers":`},
	{"/reviews?select=votes(id)&limit=1", `"votes":[]`},
	{"/reviews?limit=1", `,"title":`},
	{"/reviews?select=title&limit=1", `"title":`},
	{"/reviews?select=state&limit=1", `"state":`},
	{"/reviews?select=id&state=eq.published", `[]`},
	{"/reviews?select=title&limit=1", `"title":`},
	{"/rpc/average_stars?category=tea", `0`},
	{"/reviews?select=excerpt&id=eq.1", `"excerpt":"Nic"`},
	{"/reviews?select=title&product_id=eq.99", `[]`},
	{"/reviews?select=excerpt&id=eq.1", `"excerpt":"Nice"`},
	{"/rpc/average_stars?product=99", `0`},
	{"/reviews?select=reply_to&limit=1", `"reply_to":`},
}

// Twenty migrations of every kind are applied one by one, while sixteen clients read and write
// what stays. No request fails, and the API follows each migration in a moment.
func TestTwentyMigrations(t *testing.T) {
	t.Parallel()
	shop := open(t)
	db := stdlib.OpenDB(*config(t, shop.url))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	steps, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("testdata/migrations"))
	require.NoError(t, err)
	apply := func() {
		t.Helper()
		result, err := steps.UpByOne(t.Context())
		require.NoError(t, err)
		t.Log(result)
	}
	apply() // the reviews that the others change
	require.Eventually(t, func() bool {
		return shop.nobody.Post("/reviews", `{"product_id": 1, "title": "Nice", "stars": 4}`).StatusCode == http.StatusCreated
	}, followsWithin, time.Millisecond)

	shop.exec(t, `UPDATE api.customers SET credit = 1e7`)
	shop.exec(t, `UPDATE api.products SET stock = 1e6`)
	clients, olga := startClients(t, shop), shop.login(t, "OLGA")
	var slowest time.Duration
	for i, step := range evolution {
		apply()
		start := time.Now()
		version := fmt.Sprintf("after %05d", 101+i)
		require.Eventually(t, func() bool {
			described := shop.nobody.Get("/").Body
			return strings.Contains(string(described), version)
		}, followsWithin, time.Millisecond, "the API doesn't follow %s", version)
		took := time.Since(start)
		slowest = max(slowest, took)
		answer := olga.Get(step.shows).Status(200)
		require.Contains(t, string(answer.Body), step.with, step.shows)
		t.Logf("%s: the API follows in %s", version, took.Round(time.Millisecond))
		clients.someMore(t)
	}
	requests := clients.stop(t)
	t.Logf("%d requests, of which none failed; the API has followed in %s at most", requests, slowest.Round(time.Millisecond))
	require.Equal(t, shop.one(t, `SELECT count(*) FROM private.product_reviews`), fmt.Sprint(clients.written.Load()+1), "each that was answered with 201 is there")
}

// followsWithin is how long the API may take to follow a migration on a machine that is busy with
// other tests. On an idle one it is a fraction of a second.
const followsWithin = 30 * time.Second

// config is the superuser's.
func config(t *testing.T, url string) *pgx.ConnConfig {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	return config
}

// clients ask for what stays, until they are stopped.
type clients struct {
	stopping chan struct{}
	running  sync.WaitGroup
	answered atomic.Int64
	written  atomic.Int64 // reviews
	mu       sync.Mutex
	failed   []string
}

// request is one of a client's, and what it has to be answered with.
type request struct {
	method, target, body string
	as                   *pgresttest.Client
	status               int
}

// startClients starts sixteen, half of which write.
func startClients(t *testing.T, shop *opened) *clients {
	t.Helper()
	alice, olga := shop.login(t, "ALICE"), shop.login(t, "OLGA")
	reads := []request{
		{"GET", "/reviews?select=id,product_id,title,stars,state&order=id.desc&limit=5", "", shop.nobody, 200},
		{"GET", "/products?select=id,name,reviews(title,stars)&reviews.limit=2&limit=3", "", shop.nobody, 200},
		{"GET", "/reviews?order=id&limit=2", "", shop.nobody, 200}, // with all columns that there are
		{"GET", "/products?limit=2", "", shop.nobody, 200},
		{"GET", "/rpc/average_stars?product=1", "", shop.nobody, 200},
		{"GET", "/orders?select=id,order_lines(quantity,products(name))&limit=2", "", alice, 200},
	}
	writes := []request{
		{"POST", "/reviews?select=id,stars", `{"product_id": 2, "title": "Good", "stars": 5}`, shop.nobody.With("Prefer", "return=representation"), 201},
		{"PATCH", "/reviews?id=eq.1", `{"stars": 3}`, shop.nobody, 204},
		{"POST", "/rpc/place_order", order(2, 1, 3, 1), alice, 201},
		{"PATCH", "/products?id=eq.4", `{"price": 37.50}`, olga, 204},
	}
	c := &clients{stopping: make(chan struct{})}
	for i := range 16 {
		requests := reads
		if i%2 == 1 {
			requests = writes
		}
		c.running.Go(func() {
			for n := i / 2; ; n++ {
				select {
				case <-c.stopping:
					return
				default:
					c.ask(requests[n%len(requests)])
				}
			}
		})
	}
	t.Cleanup(func() { c.stop(t) })
	return c
}

func (c *clients) ask(r request) {
	answer := r.as.Do(httptest.NewRequest(r.method, r.target, strings.NewReader(r.body)))
	c.answered.Add(1)
	switch {
	case answer.StatusCode != r.status:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.failed = append(c.failed, fmt.Sprint(r.method, " ", r.target, ": ", answer.StatusCode, " ", string(answer.Body)))
	case r.method == "POST" && strings.HasPrefix(r.target, "/reviews"):
		c.written.Add(1)
	}
}

// someMore waits until each of the clients may have asked for something else.
func (c *clients) someMore(t *testing.T) {
	t.Helper()
	until := c.answered.Load() + 32
	require.Eventually(t, func() bool { return c.answered.Load() >= until }, time.Minute, time.Millisecond)
}

// stop ends the clients, and gives how many requests they have made, none of which may have
// failed.
func (c *clients) stop(t *testing.T) int64 {
	t.Helper()
	select {
	case <-c.stopping:
	default:
		close(c.stopping)
	}
	c.running.Wait()
	require.Empty(t, c.failed)
	return c.answered.Load()
}
