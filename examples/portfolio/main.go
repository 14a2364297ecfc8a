// Command portfolio is a public API about a portfolio of coins, made of a
// PostgreSQL schema: views for everybody, one view for those who report trades,
// and private tables behind them. It shows the library mounted in a chi router,
// beside a page and a middleware of the host's own.
//
//	go run ./examples/portfolio
//
// It uses the server whose superuser's URL is in DATABASE_URL, or starts one for
// as long as it runs, and listens on port 3000 of this machine, or on PORT.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "portfolio:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", cmp.Or(os.Getenv("PORT"), "3000")))
	if err != nil {
		return err
	}
	defer listener.Close()
	// A program of your own has its PostgreSQL server, and only opens a pool here.
	postgres, err := pgtest.Open(ctx, "DATABASE_URL")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, postgres.Close()) }()
	return serve(ctx, listener, postgres.URL(), os.Stdout, slog.Default())
}

// serve answers requests until ctx is done. What to try is written to out.
func serve(ctx context.Context, listener net.Listener, databaseURL string, out io.Writer, logger *slog.Logger) error {
	site, err := openSite(ctx, databaseURL, logger)
	if err != nil {
		return err
	}
	defer site.close()
	if _, err := io.WriteString(out, tourText("http://"+listener.Addr().String(), site.token)); err != nil {
		return err
	}

	server := &http.Server{Handler: site.handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// Requests that are under way get some time to finish.
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(patience)
}
