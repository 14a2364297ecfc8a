// Command shop is a shop whose server is a database: a catalogue, orders, payments, articles for
// subscribers, and what operators need to see. There is no code in Go about products or orders.
//
//	go run ./examples/shop
//
// It uses the PostgreSQL server whose superuser's URL is in DATABASE_URL, or starts one for as
// long as it runs, and listens on port 3000 of this machine, or on PORT. With the argument
// migrate it brings the database of DATABASE_URL up to date, and ends.
//
// # What the database does
//
// All of the shop's rules, in the folder migrations. Constraints and triggers say what a product
// and an order have to be like, and a JSON Schema in the database what a product's attributes
// have to be. place_order takes stock and credit and makes the order, or does nothing of it.
// Policies say who sees which rows by the claims of their token. login checks a password,
// counts the wrong ones, and signs the token. A migration that changes one of these changes the
// API: each ends in a notification, at which the API reads the schema anew.
//
// # What Go does
//
// It is a server after all, but a small one that knows nothing of shops, or little:
//
//   - this package starts the API, with the options that a shop needs, and serves the files of
//     the page, which knows no more than the API tells (site.go);
//   - it refuses calls of login that would undo the count of their attempts (guesses.go);
//   - it takes the rows out of the messages of errors, and puts in the words that a constraint's
//     comment has (errors.go), since PostgreSQL's own messages are for developers;
//   - it applies migrations (package migrations) and keeps the secret that tokens are signed with
//     (database.go);
//   - it carries the calls to the payment provider (package payment, which compares the ways to do
//     that), for a database should not wait for somebody else's server in a transaction. What
//     comes of an answer, and when to try again, the database decides.
//
// The demo has a payment provider of its own (package provider), which takes three seconds, fails
// twice in three calls, tells of some charges twice, and declines what costs 100 or more. With
// -payments=river jobs of River's make the calls in place of the outbox's worker.
//
// What neither does: tell by address who tries very many passwords, send mail, or keep card
// numbers. A shop has other services for these.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/pgrest-go/pgrest/examples/shop/payment"
	"github.com/pgrest-go/pgrest/examples/shop/provider"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	url := os.Getenv("DATABASE_URL")
	carrier := flags.String("payments", string(payment.Outbox), "who carries payments to the provider: outbox or river")
	seeds := flags.Bool("seed", url == "", "fill an empty shop with the demo's products, orders and accounts, whose passwords everybody knows")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	switch command := flags.Arg(0); {
	case command == "migrate" && url == "":
		return errors.New("migrate wants to know which database, by DATABASE_URL")
	case command == "migrate":
		n, err := migrate(ctx, url, slog.Default())
		if err == nil {
			fmt.Println("applied", n, "migrations")
		}
		return err
	case command != "":
		return fmt.Errorf("there is no command %s", command)
	}
	return demo(ctx, *seeds, payment.Carrier(*carrier))
}

// demo serves the shop on the server of DATABASE_URL, or on one of its own.
func demo(ctx context.Context, seeds bool, carrier payment.Carrier) (err error) {
	if carrier != payment.Outbox && carrier != payment.River {
		return fmt.Errorf("payments are carried by outbox or river, and not by %s", carrier)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", cmp.Or(os.Getenv("PORT"), "3000")))
	if err != nil {
		return err
	}
	defer listener.Close()
	postgres, err := openServer(ctx, "DATABASE_URL")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, postgres.Close()) }()
	return serve(ctx, listener, settings{url: postgres.URL(), seeds: seeds, carrier: carrier, faults: demoFaults,
		out: os.Stdout, logger: slog.Default()})
}

// settings say what to serve.
type settings struct {
	url     string // a superuser's
	seeds   bool   // fill an empty shop
	carrier payment.Carrier
	faults  provider.Settings // of the demo's payment provider
	address string            // that the shop is served at
	out     io.Writer
	logger  *slog.Logger
}

// serve answers requests, and does what goes on beside them, until ctx is done. What to try is
// written to settings.out.
func serve(ctx context.Context, listener net.Listener, with settings) error {
	with.address = "http://" + listener.Addr().String()
	shop, err := openShop(ctx, with)
	if err != nil {
		return err
	}
	defer shop.close()
	server := &http.Server{Handler: shop.handler, ReadHeaderTimeout: 10 * time.Second}
	if _, err := io.WriteString(with.out, tourText(with.address)); err != nil {
		return err
	}

	ctx, cancel := context.WithCancelCause(ctx)
	var running sync.WaitGroup
	// What fails ends the program, and the end of ctx ends all of it.
	start := func(task func(context.Context) error) {
		running.Go(func() {
			if err := task(ctx); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		})
	}
	start(func(context.Context) error { return server.Serve(listener) })
	for _, task := range shop.tasks {
		start(task)
	}
	<-ctx.Done()
	// Requests that are under way get some time to finish.
	patience, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	err = server.Shutdown(patience)
	running.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}
