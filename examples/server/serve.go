package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
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
	config   *config
	logs     logs
	pool     *pgxpool.Pool
	api      *pgrest.Handler
	listener net.Listener
	admin    net.Listener // nil without an admin server
}

// open makes the server listen. The database need not be up: requests wait for
// it, for a while.
func open(ctx context.Context, c *config, l logs) (_ *server, err error) {
	s := &server{config: c, logs: l}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.listener, err = listen(ctx, c.host, c.port); err != nil {
		return nil, fmt.Errorf("listen as PGRST_SERVER_HOST and PGRST_SERVER_PORT say: %w", err)
	}
	if c.adminPort != noPort {
		if s.admin, err = listen(ctx, c.adminHost, c.adminPort); err != nil {
			return nil, fmt.Errorf("listen as PGRST_ADMIN_SERVER_HOST and PGRST_ADMIN_SERVER_PORT say: %w", err)
		}
	}
	// The pool outlives ctx: requests that are under way at its end finish.
	if s.pool, err = pgxpool.NewWithConfig(context.WithoutCancel(ctx), c.pool); err != nil {
		return nil, fmt.Errorf("open the connection pool: %w", err)
	}
	options := c.api
	options.Logger = l.faults
	if s.api, err = pgrest.New(s.pool, options); err != nil {
		return nil, err
	}
	return s, nil
}

// anyHost has the words for all addresses of a family, or of both, and their
// networks. Where both are listened to at once, none needs to be preferred.
var anyHost = map[string]string{"*": "tcp", "*4": "tcp", "!4": "tcp4", "*6": "tcp", "!6": "tcp6"}

func listen(ctx context.Context, host string, port int) (net.Listener, error) {
	network, ok := anyHost[host]
	if ok {
		host = ""
	} else {
		network = "tcp"
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return new(net.ListenConfig).Listen(ctx, network, net.JoinHostPort(host, strconv.Itoa(port)))
}

// serve answers requests until ctx is done, or a listener fails. Then it
// finishes what is under way, and closes everything. Whatever comes from reload
// makes it read the schema anew.
func (s *server) serve(ctx context.Context, reload <-chan os.Signal) error {
	defer s.close()
	failed := make(chan error, 2)
	servers := []*http.Server{s.start(s.listener, s.handler(), failed)}
	s.logs.notices.Info("listening", "address", s.listener.Addr().String())
	if s.admin != nil {
		servers = append(servers, s.start(s.admin, s.adminHandler(), failed))
		s.logs.notices.Info("admin server listening", "address", s.admin.Addr().String())
	}
	for {
		select {
		case <-ctx.Done():
			s.logs.notices.Info("stopping")
			return stop(servers)
		case err := <-failed:
			return errors.Join(err, stop(servers))
		case <-reload:
			_ = s.api.Reload(ctx) // the handler logs a failure, and tries again
		}
	}
}

// start serves a listener in the background. What ends that goes to failed.
func (s *server) start(listener net.Listener, handler http.Handler, failed chan<- error) *http.Server {
	hs := &http.Server{
		Handler:           handler,
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

// stop lets the servers finish their requests, one server after the other, so
// that the admin server can tell of the first one's end.
func stop(servers []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	var faults []error
	for _, hs := range servers {
		if err := hs.Shutdown(ctx); err != nil {
			faults = append(faults, fmt.Errorf("break off requests that took longer than %s: %w", drainTimeout, err), hs.Close())
		}
	}
	return errors.Join(faults...)
}

func (s *server) handler() http.Handler {
	api := cors(s.config.corsOrigins, s.api)
	return logged(s.logs.requests, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", applicationName)
		api.ServeHTTP(w, r)
	}))
}

func (s *server) adminHandler() http.Handler {
	return admin(
		func(ctx context.Context) bool { return accepts(ctx, s.listener.Addr()) },
		func() bool { return s.api.SchemaCache() != nil },
	)
}

// close closes what open has opened. Listeners that were served are closed by
// then, and closing them again does nothing.
func (s *server) close() {
	for _, listener := range []net.Listener{s.listener, s.admin} {
		if listener != nil {
			_ = listener.Close()
		}
	}
	if s.api != nil {
		s.api.Close()
	}
	if s.pool != nil {
		s.pool.Close()
	}
}
