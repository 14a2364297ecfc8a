package payment

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/examples/shop/migrations"
	"github.com/pgrest-go/pgrest/examples/shop/provider"
	"github.com/pgrest-go/pgrest/pgresttest"
)

var server = pgresttest.Server{Migrate: migrate}

// TestMain runs the tests; or, in a process that a test has started, a worker.
func TestMain(m *testing.M) {
	if os.Getenv(workerVariable) != "" {
		os.Exit(workAsProcess())
	}
	os.Exit(server.Main(m))
}

func migrate(ctx context.Context, url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	_, err = migrations.Apply(ctx, config, migrations.FS)
	return err
}

// What a test's shop has: one customer with a large credit, and a product for 10 and one for 666.
const (
	aCustomer   = 1
	aProduct    = 1
	anExpensive = 2
	aSecret     = "the provider's secret"
	anAPIKey    = "the shop's key"
)

// shop is a database with the shop's schema, its API, and a payment provider.
type shop struct {
	t        *testing.T
	url      string        // of the database
	db       *pgxpool.Pool // as its owner
	payments *pgxpool.Pool // as those who carry payments
	provider *provider.Provider
	customer *pgresttest.Client
	operator *pgresttest.Client
	nobody   *pgresttest.Client // such as the provider
}

// newShop opens a shop whose payments are carried as settings.Carrier says, by a worker that the
// test starts.
func newShop(t *testing.T, faults provider.Settings, settings Provider) *shop {
	t.Helper()
	return openShop(t, server.Clone(t), faults, settings)
}

func openShop(t *testing.T, database *pgresttest.Database, faults provider.Settings, settings Provider) *shop {
	t.Helper()
	s := &shop{t: t, url: database.URL, db: database.Pool(t, ""), payments: database.Pool(t, "shop_payments")}
	var hooks []pgrest.Hook
	if settings.Carrier == River {
		require.NoError(t, MigrateRiver(t.Context(), s.payments, logger(t)))
		hook, err := RiverHook()
		require.NoError(t, err)
		hooks = append(hooks, hook)
	}
	api := pgresttest.New(t, database.Pool(t, "authenticator"), pgrest.Options{
		Schemas: []string{"api"}, Hooks: hooks,
		Authenticate: func(r *http.Request) (auth.Identity, error) {
			role := r.Header.Get("Test-Role")
			return auth.Identity{Role: role, Anonymous: role == "shop_anon", Claims: fmt.Appendf(nil, `{"role": %q, "sub": "%d"}`, role, aCustomer)}, nil
		},
	})
	s.nobody = pgresttest.NewClient(t, api).With("Test-Role", "shop_anon")
	s.customer = s.nobody.With("Test-Role", "shop_customer")
	s.operator = s.nobody.With("Test-Role", "shop_operator")
	callbacks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Test-Role", "shop_anon")
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(callbacks.Close)

	if faults.Callback != "" {
		faults.Callback = callbacks.URL + faults.Callback
	}
	faults.APIKey, faults.Secret, faults.Logger = anAPIKey, aSecret, logger(t)
	s.provider = provider.New(faults)
	t.Cleanup(s.provider.Close)
	charges := httptest.NewServer(s.provider)
	t.Cleanup(charges.Close)

	settings.URL, settings.APIKey, settings.CallbackSecret = charges.URL+"/charges", anAPIKey, aSecret
	require.NoError(t, Configure(t.Context(), s.db, settings))
	s.exec(`INSERT INTO private.categories (name, schema) VALUES ('things', '{"type": "object"}')`)
	s.exec(`INSERT INTO api.products (id, name, category, price, stock) VALUES ($1, 'lamp', 'things', 10, 1000), ($2, 'sofa', 'things', 666, 10)`,
		aProduct, anExpensive)
	s.exec(`INSERT INTO api.customers (id, name, email, credit) VALUES ($1, 'Ada', 'ada@example.com', 100000)`, aCustomer)
	return s
}

func logger(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func (s *shop) exec(sql string, args ...any) {
	s.t.Helper()
	_, err := s.db.Exec(s.t.Context(), sql, args...)
	require.NoError(s.t, err)
}

// ask gives the one value of a query.
func ask[T any](s *shop, sql string, args ...any) (value T) {
	s.t.Helper()
	require.NoError(s.t, s.db.QueryRow(s.t.Context(), sql, args...).Scan(&value))
	return value
}

// place orders one of a product, and gives the order's number.
func (s *shop) place(product int) int64 {
	s.t.Helper()
	var order struct{ ID int64 }
	s.customer.Post("/rpc/place_order", fmt.Sprintf(`{"lines": [{"product_id": %d, "quantity": 1}]}`, product)).
		Status(201).Decode(&order)
	return order.ID
}

// work has a worker of the shop's carrier run until the test ends, or stop is called.
func (s *shop) work(carrier Carrier) (stop func()) {
	s.t.Helper()
	var worker interface{ Close() }
	var err error
	if carrier == River {
		worker, err = StartRiver(s.t.Context(), s.payments, RiverOptions{Concurrency: 32, Logger: logger(s.t), quick: true,
			FirstPause: quickly.FirstPause, LongestPause: quickly.LongestPause, RescueAfter: aWhile})
	} else {
		worker, err = Start(s.t.Context(), s.payments, Options{Concurrency: 32, Logger: logger(s.t),
			Poll: 100 * time.Millisecond, Grace: time.Second})
	}
	require.NoError(s.t, err)
	s.t.Cleanup(worker.Close)
	return worker.Close
}

// quickly has pauses that a test can wait for.
var quickly = Provider{MaxAttempts: 30, FirstPause: 20 * time.Millisecond, LongestPause: 200 * time.Millisecond, Timeout: aWhile / 2}

// aWhile is longer than a test's provider takes.
const aWhile = 8 * time.Second

func (p Provider) by(carrier Carrier) Provider {
	p.Carrier = carrier
	return p
}

// settled waits until no payment is pending any more.
func (s *shop) settled() {
	s.t.Helper()
	s.until(func() bool { return ask[int](s, `SELECT count(*) FROM private.payments WHERE state = 'pending'`) == 0 })
}

func (s *shop) until(condition func() bool) {
	s.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			rows, err := s.db.Query(s.t.Context(), `SELECT p::text FROM private.payments AS p WHERE state = 'pending' ORDER BY id`)
			require.NoError(s.t, err)
			left, err := pgx.CollectRows(rows, pgx.RowTo[string])
			require.NoError(s.t, err)
			s.t.Fatalf("still pending: %v", left)
		}
	}
}

// requireOnce checks that each of the orders has been charged and confirmed, once, and that
// nothing else has.
func (s *shop) requireOnce(orders ...int64) {
	s.t.Helper()
	charged := map[int64]int{}
	for _, charge := range s.provider.Charges() {
		charged[charge.Order]++
	}
	confirmed := map[int64]int{}
	rows, err := s.db.Query(s.t.Context(), `SELECT p.order_id, count(*) FILTER (WHERE e.event = 'confirmed')
		FROM private.payments AS p JOIN private.payment_events AS e ON e.payment_id = p.id
		WHERE p.state = 'confirmed' AND (SELECT payment FROM api.orders AS o WHERE o.id = p.order_id) = 'confirmed'
		GROUP BY p.order_id`)
	require.NoError(s.t, err)
	var order int64
	var times int
	_, err = pgx.ForEachRow(rows, []any{&order, &times}, func() error {
		confirmed[order] = times
		return nil
	})
	require.NoError(s.t, err)
	once := map[int64]int{}
	for _, order := range orders {
		once[order] = 1
	}
	require.Equal(s.t, once, charged, "charges by order")
	require.Equal(s.t, once, confirmed, "confirmations by order")
}

// decline has the expensive ones declined.
func decline(_ int64, amount json.Number) string {
	if value, err := amount.Float64(); err == nil && value >= 500 {
		return "the card's limit"
	}
	return ""
}
