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
	// schemaTimeout how long loading the schema for a new one.
	loadTimeout, schemaTimeout = 10 * time.Second, time.Minute
	// configuredTimeout is how long a request waits for the first configuration.
	configuredTimeout      = 10 * time.Second
	minBackoff, maxBackoff = 250 * time.Millisecond, 32 * time.Second
)

// signals ask for reloads: of the schema, and of the configuration.
type signals struct{ schema, config chan os.Signal }

// runConfiguration makes the first instance, and then those that signals and notifications
// ask for, until ctx is done. It fails only if there can't be a first instance: a later
// configuration that is wrong is logged, and the old one stays.
func (s *server) runConfiguration(ctx context.Context, asked signals) error {
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
			if !s.reconfigure(ctx) {
				// The settings of roles are configuration, too, and are loaded with the schema.
				_ = s.running().api.Reload(ctx)
			}
		case <-s.notified:
			s.reconfigure(ctx)
		case <-s.reloaded:
			s.reconfigure(ctx)
		}
	}
}

// configureFirst makes the first instance. It tries again until the configuration, a part
// of which may be in the database, can be read and is right. It gives up at a wrong
// password, which another attempt doesn't mend.
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

// load reads the configuration, and logs warnings about settings.
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

// warn logs each warning about a setting once.
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

// newInstance starts the API with a configuration. It serves with the schema in cache, if
// that isn't nil, until it has loaded its own.
func (s *server) newInstance(c *config, cache *introspect.SchemaCache) (*instance, error) {
	options := c.api
	options.SchemaCache = cache
	options.Logger = s.logs.faults
	options.Observe = observe
	options.RequireSchemas = true
	for _, replica := range s.replicas {
		options.Replicas.Pools = append(options.Replicas.Pools, pgrest.Replica{Pool: replica})
	}
	if !options.DisableListener {
		options.Listener = s.notifier
		options.OnConfigNotify = func() { wake(s.notified) }
	}
	if options.OpenAPI == pgrest.OpenAPIDisabled {
		options.RootSpec = "" // the function isn't called then
	}
	first := true
	options.OnSchemaLoad = func(*introspect.SchemaCache) {
		if first {
			first = false
			wake(s.mayListen)
			return
		}
		s.pool.Reset() // the settings of the role that logs in apply only to new connections
		for _, replica := range s.replicas {
			replica.Reset()
		}
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

// wake sends without waiting. The channel has room for one: a signal that was not received
// yet stands for both.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// traced adds the trace header to responses, for those to preflight requests, which the API
// doesn't answer itself.
func traced(name string, next http.Handler) http.Handler {
	if name == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(name, r.Header.Get(name))
		next.ServeHTTP(w, r)
	})
}

// reconfigure reads the configuration again, and reports whether it changed. If that fails,
// it logs the error, and the old one stays.
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

// replace has a new instance take the place of the old one if the configuration differs.
// It does so at once, with the schema of the old one. Only if the schemas differ, these
// take effect when they are loaded; all other settings still do so at once.
func (s *server) replace(ctx context.Context) (changed bool, err error) {
	old := s.running()
	c, err := s.load(ctx, old.config)
	if err != nil || c.same(old.config) {
		return false, err
	}
	cache := old.api.SchemaCache()
	if cache == nil || c.sameSchemas(old.config) { // without a schema requests are waiting anyway
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

// errUnconfigured says that a request has waited for the first configuration too long.
var errUnconfigured = errors.New("no configuration yet")

// enter gives the present instance, and counts the request among those that the instance
// waits for before it is closed. Before the first instance, it waits for that.
func (s *server) enter(ctx context.Context) (*instance, error) {
	select {
	case <-s.configured:
	default:
		ctx, cancel := context.WithTimeout(ctx, configuredTimeout)
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
