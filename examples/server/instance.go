package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/introspect"
)

// instance is the API with one configuration. Another configuration makes another
// instance.
type instance struct {
	config   *config
	api      *pgrest.Handler
	handler  http.Handler
	requests sync.WaitGroup
}

const (
	// loadTimeout is how long reading the configuration may take, and
	// schemaTimeout how long reading the schema for a new one.
	loadTimeout, schemaTimeout = 10 * time.Second, time.Minute
	// patienceFor is how long a request waits for the first configuration.
	patienceFor            = 10 * time.Second
	minBackoff, maxBackoff = 250 * time.Millisecond, 32 * time.Second
)

// signals ask for reloads: of the schema, and of the configuration.
type signals struct{ schema, config chan os.Signal }

// configures makes the first instance, and then those that signals and
// notifications ask for, until ctx is done. Its error is why there can't be a first
// one; a later configuration that is wrong is logged, and the old one stays.
func (s *server) configures(ctx context.Context, asked signals) error {
	if err := s.configureFirst(ctx, asked.config); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-asked.schema:
			_ = s.running().api.Reload(ctx) // the handler logs a failure, and tries again
		case <-asked.config:
			if !s.reconfigure(ctx) { // the settings of roles are loaded with the schema
				_ = s.running().api.Reload(ctx)
			}
		case <-s.notified:
			s.reconfigure(ctx)
		case <-s.reloaded:
			s.reconfigure(ctx)
		}
	}
}

// configureFirst makes the first instance. It waits for the database, where a part
// of the configuration may be, until there is a good one. A password that is wrong
// stays so.
func (s *server) configureFirst(ctx context.Context, asked <-chan os.Signal) error {
	for backoff := minBackoff; ; backoff = min(2*backoff, maxBackoff) {
		c, err := s.load(ctx, nil)
		if err == nil {
			return s.begin(c)
		}
		if ctx.Err() != nil {
			return nil
		}
		if wrongPassword(err) || s.recovery.off.Load() {
			return fmt.Errorf("configuration: %w", err)
		}
		s.logs.notices.Warn("configuration not read", "error", err, "retry_in", backoff)
		select {
		case <-time.After(backoff):
		case <-asked:
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *server) begin(c *config) error {
	first, err := s.newInstance(c, nil)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	s.swap(first)
	close(s.configured)
	return nil
}

// load reads the configuration, and tells of what in it has no effect.
func (s *server) load(ctx context.Context, running *config) (*config, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	c, err := s.sources.load(ctx, running)
	if err != nil {
		return nil, err
	}
	s.warn(c)
	for _, name := range c.needRestart {
		s.logs.notices.Warn("setting needs a restart to have an effect", "setting", name)
	}
	return c, nil
}

// warn tells of settings that are not what they should be, once of each.
func (s *server) warn(c *config) {
	all := slices.Clone(c.warnings)
	for _, name := range c.withoutEffect {
		all = append(all, warning{name, "setting has no effect", internalRemedy})
	}
	for _, w := range all {
		if !s.warned[w] {
			w.log(s.logs.notices)
		}
		s.warned[w] = true
	}
}

// newInstance starts the API with a configuration, and with a schema for the time until
// it has its own; nil for none.
func (s *server) newInstance(c *config, cache *introspect.SchemaCache) (*instance, error) {
	options := c.api
	options.SchemaCache = cache
	options.Logger = s.logs.faults
	options.Observe = observe
	options.RequireSchemas = true
	if !options.DisableListener {
		options.Listener = s.hears
		options.OnConfigNotify = func() { wake(s.notified) }
	}
	if options.OpenAPI == pgrest.OpenAPIDisabled {
		options.RootSpec = "" // which isn't asked then
	}
	first := true
	options.OnSchemaLoad = func(*introspect.SchemaCache) {
		if first {
			first = false
			wake(s.mayListen)
			return
		}
		s.pool.Reset() // for what a role has set to hold, it has to log in anew
		if c.databaseConfig {
			wake(s.reloaded)
		}
	}
	api, err := pgrest.New(s.pool, options)
	if err != nil {
		return nil, err
	}
	return &instance{config: c, api: api, handler: traced(c.api.TraceHeader, cors(c.corsOrigins, api))}, nil
}

// wake leaves word for whoever listens next; once is enough.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// traced has the answers that the API doesn't give, those to preflight requests,
// carry the trace header too.
func traced(name string, next http.Handler) http.Handler {
	if name == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(name, r.Header.Get(name))
		next.ServeHTTP(w, r)
	})
}

// reconfigure reads the configuration anew, and reports whether there is another
// now. An error is logged, and the old one stays.
func (s *server) reconfigure(ctx context.Context) bool {
	changed, err := s.replace(ctx)
	switch {
	case err == nil && changed:
		s.logs.notices.Info("configuration reloaded")
	case err == nil:
		s.logs.notices.Info("configuration unchanged")
	case changed && ctx.Err() == nil:
		s.logs.notices.Error("configuration reloaded but for its schemas, the old ones stay", "error", err)
	case ctx.Err() == nil:
		s.logs.notices.Error("configuration not reloaded, the old one stays", "error", err)
	}
	return changed
}

// replace has a new instance take the place of the old one if the configuration
// differs: at once, with the schema that there is. Only other schemas than before wait
// until they have been read, and keep no other setting waiting.
func (s *server) replace(ctx context.Context) (changed bool, err error) {
	old := s.running()
	c, err := s.load(ctx, old.config)
	if err != nil || c.same(old.config) {
		return false, err
	}
	cache := old.api.SchemaCache()
	if cache == nil || c.sameSchemas(old.config) { // without a schema there is no harm in waiting with requests
		next, err := s.newInstance(c, cache)
		if err == nil {
			s.succeed(next)
		}
		return err == nil, err
	}
	if same := c.withSchemasOf(old.config); !same.same(old.config) {
		next, err := s.newInstance(same, cache)
		if err != nil {
			return false, err
		}
		s.succeed(next)
	}
	next, err := s.newInstance(c, nil)
	if err != nil {
		return false, err
	}
	ready, cancel := context.WithTimeout(ctx, schemaTimeout)
	defer cancel()
	if err := next.api.Ready(ready); err != nil {
		next.api.Close()
		return s.running() != old, fmt.Errorf("load the schema: %w", err)
	}
	s.succeed(next)
	return true, nil
}

// succeed has an instance take the place of the present one, which finishes its
// requests.
func (s *server) succeed(next *instance) {
	old := s.running()
	s.swap(next)
	s.retired.Go(func() { s.retire(old) })
}

// running is the present instance, nil before the first.
func (s *server) running() *instance {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.current
}

func (s *server) swap(next *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = next
	s.level.Set(next.config.logLevel)
	s.logs.access.queries.Store(next.config.logQueries)
	s.logs.access.apache.Store(next.config.logApache)
	s.recovery.off.Store(!next.config.recovers)
}

// retire ends an instance when its requests have ended. No new ones come to it.
func (s *server) retire(old *instance) {
	old.requests.Wait()
	old.api.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past = sum(s.past, old.api.Stats())
}

// stats are the figures of all instances so far.
func (s *server) stats() pgrest.Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.current == nil {
		return s.past
	}
	return sum(s.past, s.current.api.Stats())
}

// sum adds up counts. The time is that of b, if there is one.
func sum(a, b pgrest.Stats) pgrest.Stats {
	a.SchemaLoads += b.SchemaLoads
	a.SchemaLoadFailures += b.SchemaLoadFailures
	a.TokenCache.Requests += b.TokenCache.Requests
	a.TokenCache.Hits += b.TokenCache.Hits
	a.TokenCache.Evictions += b.TokenCache.Evictions
	if b.SchemaLoadTime > 0 {
		a.SchemaLoadTime = b.SchemaLoadTime
	}
	return a
}

// errUnconfigured says that a request's patience was in vain.
var errUnconfigured = errors.New("no configuration yet")

// enter gives the present instance, which then waits for the request to leave it.
// A request that comes before the first one waits for it, for a while.
func (s *server) enter(ctx context.Context) (*instance, error) {
	select {
	case <-s.configured:
	default:
		ctx, cancel := context.WithTimeout(ctx, patienceFor)
		defer cancel()
		select {
		case <-s.configured:
		case <-ctx.Done():
			return nil, errUnconfigured
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.current.requests.Add(1)
	return s.current, nil
}

// ServeHTTP answers a request with the present instance.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", applicationName)
	i, err := s.enter(r.Context())
	if err != nil {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		// The client may be gone by now.
		_, _ = w.Write([]byte(`{"code":"PGRST002","message":"` + noConfiguration + `","details":null,"hint":null}`))
		return
	}
	defer i.requests.Done()
	i.handler.ServeHTTP(w, r)
}

const noConfiguration = "Could not query the database for the configuration. Retrying."
