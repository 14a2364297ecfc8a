package payment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/shop/provider"
)

// A process with these variables works on the payments of a database until it is killed, or
// kills itself: at a step, but not before another has been seen.
const (
	workerVariable = "SHOP_TEST_WORKER"     // the carrier
	urlVariable    = "SHOP_TEST_URL"        // of the database
	atVariable     = "SHOP_TEST_DIES_AT"    // the step
	afterVariable  = "SHOP_TEST_DIES_AFTER" // the step before
)

// stepCalling is while a call is under way: the provider has it, and answers later.
const stepCalling step = "calling"

// providerDelay is long enough to be killed within.
const providerDelay = 200 * time.Millisecond

// A worker is killed at each of its steps, as by SIGKILL: it can't tidy up. Another finds what it
// left; each payment is charged once, and confirmed once.
func TestKilled(t *testing.T) {
	t.Parallel()
	for at, after := range map[step]step{ // where it dies, and what it has done before
		stepClaim: "", stepCall: "", stepCalling: "", stepRecord: "", stepSettle: stepRecord, stepNext: "",
		stepSend: stepNext, stepSent: stepNext,
	} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, provider.Settings{Delay: providerDelay, FailTwiceInThree: true}, killed(Outbox))
			orders := []int64{s.place(aProduct), s.place(aProduct), s.place(aProduct)}
			s.diesAt(Outbox, at, after)
			s.work(Outbox)
			s.settled()
			s.requireOnce(orders...)
		})
	}
}

// River's workers are killed one after the other, each at another step, and the last rescues the
// jobs of all. That takes some twenty seconds: a killed worker was River's leader, too, and the
// next waits until it isn't.
func TestKilledRiver(t *testing.T) {
	t.Parallel()
	s := newShop(t, provider.Settings{Delay: providerDelay, FailTwiceInThree: true}, killed(River))
	var orders []int64
	for _, at := range []step{stepClaim, stepCall, stepCalling, stepRecord, stepSettle, stepNext} {
		orders = append(orders, s.place(aProduct), s.place(aProduct))
		s.diesAt(River, at, "")
	}
	s.work(River)
	s.settled()
	s.requireOnce(orders...)
}

func killed(carrier Carrier) Provider {
	settings := quickly.by(carrier)
	settings.Timeout = time.Second
	return settings
}

// diesAt has a worker kill itself at a step, and checks that it has left something to do.
func (s *shop) diesAt(carrier Carrier, at, after step) {
	s.t.Helper()
	var died *exec.ExitError
	require.ErrorAs(s.t, s.process(carrier, at, after).Wait(), &died)
	require.Equal(s.t, syscall.SIGKILL, died.Sys().(syscall.WaitStatus).Signal(), "it died by itself")
	require.NotZero(s.t, ask[int](s, `SELECT count(*) FROM private.payments WHERE state = 'pending'`))
}

// Workers are killed at any time, again and again, while orders come in.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	settings := killed(Outbox)
	settings.MaxAttempts = 100
	s := newShop(t, provider.Settings{Delay: providerDelay, FailTwiceInThree: true,
		Callback: "/rpc/payment_callback", CallbackTwice: true}, settings)
	var orders []int64
	for range 8 {
		first, second := s.process(Outbox, "", ""), s.process(Outbox, "", "")
		for range 4 {
			orders = append(orders, s.place(aProduct))
		}
		time.Sleep(time.Duration(300+rand.IntN(700)) * time.Millisecond)
		for _, worker := range []*exec.Cmd{first, second} {
			require.NoError(t, worker.Process.Kill())
			require.Error(t, worker.Wait())
		}
	}
	s.work(Outbox)
	s.settled()
	s.requireOnce(orders...)
	t.Logf("%d calls for %d payments", s.provider.Calls(), len(orders))
}

// process starts a worker in a process of its own.
func (s *shop) process(carrier Carrier, at, after step) *exec.Cmd {
	s.t.Helper()
	program, err := os.Executable()
	require.NoError(s.t, err)
	cmd := exec.CommandContext(s.t.Context(), program)
	cmd.Env = append(os.Environ(), workerVariable+"="+string(carrier), urlVariable+"="+s.url,
		atVariable+"="+string(at), afterVariable+"="+string(after))
	cmd.Stdout, cmd.Stderr = s.t.Output(), s.t.Output()
	require.NoError(s.t, cmd.Start())
	return cmd
}

// workAsProcess is what such a process does. It gives the exit code if it fails.
func workAsProcess() int {
	err := work(context.Background(), Carrier(os.Getenv(workerVariable)), os.Getenv(urlVariable),
		step(os.Getenv(atVariable)), step(os.Getenv(afterVariable)))
	fmt.Fprintln(os.Stderr, "worker:", err)
	return 1
}

func work(ctx context.Context, carrier Carrier, url string, at, after step) error {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return err
	}
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `SET SESSION AUTHORIZATION shop_payments`)
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	var mu sync.Mutex
	seen := after == ""
	reached := func(now step) {
		mu.Lock()
		defer mu.Unlock()
		if now == at && seen {
			if own, err := os.FindProcess(os.Getpid()); err == nil {
				_ = own.Kill()
			}
			select {} // until it comes
		}
		seen = seen || now == after
	}
	client := newClient()
	client.Transport = watched{client.Transport, reached}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var worker interface{ Close() }
	if carrier == River {
		worker, err = StartRiver(ctx, pool, RiverOptions{Client: client, Logger: logger, at: reached, quick: true, RescueAfter: aWhile,
			FirstPause: quickly.FirstPause, LongestPause: quickly.LongestPause})
	} else {
		worker, err = Start(ctx, pool, Options{Client: client, Logger: logger, at: reached, Poll: 100 * time.Millisecond, Grace: time.Second})
	}
	if err != nil {
		return err
	}
	defer worker.Close()
	time.Sleep(time.Minute)
	return errors.New("nobody has killed this process in a minute")
}

// watched tells of calls that are under way.
type watched struct {
	http.RoundTripper
	reached func(step)
}

// RoundTrip makes a call.
func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	timer := time.AfterFunc(providerDelay/2, func() { w.reached(stepCalling) })
	defer timer.Stop()
	return w.RoundTripper.RoundTrip(r)
}
