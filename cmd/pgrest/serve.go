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
	config   *config // of file and environment, as they were at the start
	logs     logs
	level    *slog.LevelVar // of logs
	metrics  *metrics
	warned   map[warning]bool // those that were logged already
	pool     *countingPool
	replicas []*pgxpool.Pool  // which answer reads
	notifier *pgrest.Listener // hears notifications for all instances
	recovery *recovery

	listener net.Listener // nil until the server listens
	admin    net.Listener // nil without an admin server
	address  atomic.Pointer[net.Addr]

	configured chan struct{} // closed when there is an instance
	mayListen  chan struct{} // signals that the first schema is loaded
	notified   chan struct{} // signals that a notification asks for a new configuration
	reloaded   chan struct{} // signals that the schema was loaded, and so the configuration is due

	mu      sync.RWMutex
	current *instance
	past    pgrest.Stats // of instances that have been retired
	retired sync.WaitGroup
}

// open makes the server listen. The database need not be up: requests wait for it, for a
// while. A server with server-reuseport listens only when it has the schema, since another
// server answers requests until then.
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
	c.pool.ConnConfig.OnPgError = s.recovery.onPgError
	s.logs.connections(c.pool)
	// The pool outlives ctx, so that requests that are under way at its end can finish.
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), c.pool)
	if err != nil {
		return nil, fmt.Errorf("open the connection pool: %w", err)
	}
	s.pool = &countingPool{Pool: pool, failed: s.recovery.failed}
	for _, replica := range c.replicas {
		s.logs.connections(replica)
		pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), replica)
		if err != nil {
			return nil, fmt.Errorf("open the connection pool of a replica: %w", err)
		}
		s.replicas = append(s.replicas, pool)
	}
	s.metrics = newMetrics(s.pool, s.stats)
	s.notifier, err = pgrest.NewListener(s.pool, pgrest.ListenerOptions{AcquireTimeout: c.api.AcquireTimeout, Logger: s.logs.faults})
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
		if err := s.runConfiguration(ctx, asked); err != nil {
			failed <- err
		}
	})
	var main, admin *http.Server
	mayListen := s.mayListen // nil once the server listens
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
	return s.start(s.listener, slow.enforce(reported(s, s.logs.access.report, s.metrics.observe)), failed)
}

// start serves a listener in the background. Its error goes to failed. The server has no
// ReadTimeout and no WriteTimeout: pace bounds the time for bodies, and the library that for
// each part of a large response.
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

// stop lets the servers finish their requests, one server after the other, so that the admin
// server still tells the state while the main server stops. Servers may be nil.
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

// close closes what open has opened. Listeners that were served are closed already, and
// closing them again does no harm.
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
	if s.notifier != nil {
		s.notifier.Close()
	}
	for _, replica := range s.replicas {
		replica.Close()
	}
	if s.pool != nil {
		s.pool.Close()
	}
}
