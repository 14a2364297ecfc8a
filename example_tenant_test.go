package pgrest_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// tenants has a handler for each tenant's schema, all of them on one pool and one listener.
type tenants struct {
	pool     pgrest.Pool
	listener *pgrest.Listener

	mu       sync.RWMutex
	handlers map[string]*pgrest.Handler
}

// add makes a tenant's handler, whose schema is there already.
func (t *tenants) add(schema string) error {
	api, err := pgrest.New(t.pool, pgrest.Options{
		Schemas:  []string{schema},
		AnonRole: "pgrest_test_anon",
		Listener: t.listener,
		Channel:  schema, // a migration of one tenant notifies one
	})
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handlers[schema] = api
	return nil
}

// drop ends a tenant's handler, before its schema goes. Requests that are under way finish.
func (t *tenants) drop(schema string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if api := t.handlers[schema]; api != nil {
		api.Close()
		delete(t.handlers, schema)
	}
}

// ServeHTTP finds the tenant by the first part of the path.
func (t *tenants) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	schema, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	t.mu.RLock()
	api := t.handlers[schema]
	t.mu.RUnlock()
	if api == nil {
		http.NotFound(w, r)
		return
	}
	http.StripPrefix("/"+schema, api).ServeHTTP(w, r)
}

// Tenants with a schema each have a handler each, which comes and goes while others run. With
// a listener they share, they cost one connection beside the pool's, and some 30 KiB of
// memory each.
func ExampleNew_tenants() {
	pool, done := pgtest.ExamplePool()
	defer done()
	listener, err := pgrest.NewListener(pool, pgrest.ListenerOptions{})
	if err != nil {
		log.Print(err)
		return
	}
	defer listener.Close()

	all := &tenants{pool: pool, listener: listener, handlers: map[string]*pgrest.Handler{}}
	get := func(target string) {
		w := httptest.NewRecorder()
		all.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		fmt.Println(target, w.Code)
	}
	for _, schema := range []string{"archive", "archive_v2"} {
		if err := all.add(schema); err != nil {
			log.Print(err)
			return
		}
	}
	get("/archive/films?limit=1")
	get("/archive_v2/reviews?limit=1")
	get("/archive_v2/genres") // which only the other has
	all.drop("archive")
	get("/archive/films?limit=1")
	all.drop("archive_v2")
	// Output:
	// /archive/films?limit=1 200
	// /archive_v2/reviews?limit=1 200
	// /archive_v2/genres 404
	// /archive/films?limit=1 404
}

// databases is a Pool of many databases, of which a request's context names one.
type databases struct {
	pools map[string]*pgxpool.Pool
	first string // from which the schema is loaded
}

// tenantKey is the key of the tenant's name in a request's context.
type tenantKey struct{}

// Acquire borrows a connection to the database that the context names.
func (d *databases) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	name, ok := ctx.Value(tenantKey{}).(string)
	if !ok { // the handler's own: it loads the schema
		name = d.first
	}
	pool, ok := d.pools[name]
	if !ok {
		return nil, fmt.Errorf("no database of the tenant %q", name)
	}
	return pool.Acquire(ctx)
}

// One handler serves many databases of one shape, by a Pool that chooses among theirs. They
// have to be copies of one template (CREATE DATABASE … TEMPLATE …), since types are known by
// their OIDs. The schema is that of the first, so that a migration of all of them is over
// when that is migrated, the last, and asks for a reload.
func ExamplePool() {
	acme, done := pgtest.ExamplePool()
	defer done()
	globex, done := pgtest.ExamplePool() // another database in earnest
	defer done()

	api, err := pgrest.New(&databases{pools: map[string]*pgxpool.Pool{"acme": acme, "globex": globex}, first: "acme"}, pgrest.Options{
		Schemas:         []string{"archive"},
		AnonRole:        "pgrest_test_anon",
		DisableListener: true, // or a Listener on the pool of the first
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	byHost := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tenant, _, _ := strings.Cut(r.Host, ".")
		api.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), tenantKey{}, tenant)))
	})
	for _, host := range []string{"acme.example", "globex.example"} {
		r := httptest.NewRequest(http.MethodGet, "/films?select=title&id=eq.2", nil)
		r.Host = host
		w := httptest.NewRecorder()
		byHost.ServeHTTP(w, r)
		fmt.Println(host, w.Code, w.Body)
	}
	// Output:
	// acme.example 200 [{"title":"M"}]
	// globex.example 200 [{"title":"M"}]
}
