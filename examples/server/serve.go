package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest"
)

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	// drainTimeout is how long requests may go on after the server was told to stop.
	drainTimeout = 30 * time.Second
)

// server is the API with its pool and its listeners.
type server struct {
	sources  sources
	config   *config // of file and environment, at the start
	logs     logs
	level    *slog.LevelVar // of logs
	metrics  *metrics
	warned   map[warning]bool // what was said already
	pool     *countingPool
	hears    *pgrest.Listener // of all instances
	recovery *recovery

	listener net.Listener // nil until there may be one
	admin    net.Listener // nil without an admin server
	address  atomic.Pointer[net.Addr]

	configured chan struct{} // closed when there is an instance
	mayListen  chan struct{} // there is a schema, so requests may come
	notified   chan struct{} // a notification asks for a new configuration
	reloaded   chan struct{} // the schema was loaded, and so the configuration is due

	mu      sync.RWMutex
	current *instance
	past    pgrest.Stats // of instances that have been retired
	retired sync.WaitGroup
}

// open makes the server listen. The database need not be up: requests wait for
// it, for a while. A server that shares its port listens when it has the schema.
func open(ctx context.Context, from sources, c *config, l logs, level *slog.LevelVar) (_ *server, err error) {
	s := &server{sources: from, config: c, logs: l, level: level, warned: map[warning]bool{}, recovery: newRecovery(),
		configured: make(chan struct{}), mayListen: make(chan struct{}, 1), notified: make(chan struct{}, 1), reloaded: make(chan struct{}, 1)}
	s.recovery.off.Store(!c.recovers)
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if !c.main.reusePort {
		if err := s.listen(ctx); err != nil {
			return nil, err
		}
	}
	if c.admin.enabled() {
		if s.admin, err = c.admin.listen(ctx); err != nil {
			return nil, fmt.Errorf("listen as admin-server-host, -port and -unix-socket say: %w", err)
		}
	}
	c.pool.ConnConfig.OnPgError = s.recovery.told
	s.logs.connections(c.pool)
	// The pool outlives ctx: requests that are under way at its end finish.
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), c.pool)
	if err != nil {
		return nil, fmt.Errorf("open the connection pool: %w", err)
	}
	s.pool = &countingPool{Pool: pool, failed: s.recovery.failed}
	s.metrics = newMetrics(s.pool, s.stats)
	s.hears, err = pgrest.NewListener(s.pool, pgrest.ListenerOptions{AcquireTimeout: c.api.AcquireTimeout, Logger: s.logs.faults})
	if err != nil {
		return nil, err
	}
	s.warn(c)
	return s, nil
}

func (s *server) listen(ctx context.Context) error {
	listener, err := s.config.main.listen(ctx)
	if err != nil {
		return fmt.Errorf("listen as server-host, -port and -unix-socket say: %w", err)
	}
	address := listener.Addr()
	s.listener = listener
	s.address.Store(&address)
	return nil
}

// serve answers requests until ctx is done, or a listener fails. Then it
// finishes what is under way, and closes everything.
func (s *server) serve(ctx context.Context, asked signals) error {
	defer s.close()
	var background sync.WaitGroup
	defer background.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 3)
	background.Go(func() {
		if err := s.configures(ctx, asked); err != nil {
			failed <- err
		}
	})
	var main, admin *http.Server
	mayListen := s.mayListen // nil once it listens
	if s.admin != nil {
		admin = s.start(s.admin, s.adminHandler(), failed)
		s.logs.notices.Info("admin server listening", "address", s.admin.Addr().String())
	}
	if s.listener != nil {
		main, mayListen = s.startMain(failed), nil
	}
	for {
		select {
		case <-ctx.Done():
			s.logs.notices.Info("stopping")
			return stop(main, admin)
		case err := <-failed:
			return errors.Join(err, stop(main, admin))
		case err := <-s.recovery.ended:
			return errors.Join(err, stop(main, admin))
		case <-mayListen:
			mayListen = nil
			if err := s.listen(ctx); err != nil {
				return errors.Join(err, stop(admin))
			}
			main = s.startMain(failed)
		}
	}
}

func (s *server) startMain(failed chan<- error) *http.Server {
	s.logs.notices.Info("listening", "address", s.listener.Addr().String())
	slow := pace{patience: bodyPatience, rate: s.config.bodyRate}
	return s.start(s.listener, slow.kept(reported(s, s.logs.access.report, s.metrics.observe)), failed)
}

// start serves a listener in the background. What ends that goes to failed. There is no
// time within which a request has to be read and answered: bodies have their pace, and
// the library gives clients time for each part of a large answer.
func (s *server) start(listener net.Listener, handler http.Handler, failed chan<- error) *http.Server {
	hs := &http.Server{
		Handler:           handler,
		MaxHeaderBytes:    s.config.maxHeader,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(s.logs.faults.Handler(), slog.LevelError),
	}
	go func() {
		if err := hs.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve %s: %w", listener.Addr(), err)
		}
	}()
	return hs
}

// stop lets the servers that there are finish their requests, one server after the
// other, so that the admin server can tell of the first one's end.
func stop(servers ...*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	var faults []error
	for _, hs := range servers {
		if hs == nil {
			continue
		}
		if err := hs.Shutdown(ctx); err != nil {
			faults = append(faults, fmt.Errorf("break off requests that took longer than %s: %w", drainTimeout, err), hs.Close())
		}
	}
	return errors.Join(faults...)
}

// close closes what open has opened. Listeners that were served are closed by
// then, and closing them again does nothing.
func (s *server) close() {
	for _, listener := range []net.Listener{s.listener, s.admin} {
		if listener != nil {
			_ = listener.Close()
		}
	}
	s.retired.Wait()
	if i := s.running(); i != nil {
		i.api.Close()
	}
	if s.hears != nil {
		s.hears.Close()
	}
	if s.pool != nil {
		s.pool.Close()
	}
}
