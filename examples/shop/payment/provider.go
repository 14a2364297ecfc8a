package payment

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Carrier is who makes the calls to the provider.
type Carrier string

const (
	// Outbox has net.http_post ask for them: pg_net makes them, or a Worker.
	Outbox Carrier = "outbox"
	// River has the jobs of RiverHook ask for them, and a River makes them.
	River Carrier = "river"
)

// Provider is the payment provider, and how it is asked. It is kept in the database, where the
// state of payments is decided.
type Provider struct {
	// URL takes charges by POST.
	URL string
	// APIKey is sent as a bearer token.
	APIKey string
	// CallbackSecret is what the provider signs its callbacks with: 16 bytes or more.
	CallbackSecret string
	// Carrier is who makes the calls. Payments that are under way when it changes are asked
	// for again by the new one.
	Carrier Carrier
	// Timeout is how long a call may take. 0 is ten seconds.
	Timeout time.Duration
	// MaxAttempts is how many attempts without an end make a dead letter. 0 is 10.
	MaxAttempts int
	// FirstPause is about how long the first pause between attempts is. Each is twice as long
	// as the one before, up to LongestPause. 0 is a second, and five minutes.
	FirstPause, LongestPause time.Duration
}

// Configure writes down who the provider is. db is that of an owner of the schema, such as the
// one who migrates. It fails if the database does, or refuses a value.
func Configure(ctx context.Context, db interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}, p Provider) error {
	p = p.withDefaults()
	_, err := db.Exec(ctx, `
		INSERT INTO private.payment_provider AS p (url, api_key, callback_secret, carrier,
			timeout_milliseconds, max_attempts, first_pause, longest_pause)
		VALUES (@url, @api_key, @callback_secret, @carrier, @timeout, @max_attempts, @first_pause, @longest_pause)
		ON CONFLICT (only_row) DO UPDATE SET (url, api_key, callback_secret, carrier,
			timeout_milliseconds, max_attempts, first_pause, longest_pause)
		= (excluded.url, excluded.api_key, excluded.callback_secret, excluded.carrier,
			excluded.timeout_milliseconds, excluded.max_attempts, excluded.first_pause, excluded.longest_pause)`,
		pgx.NamedArgs{
			"url": p.URL, "api_key": p.APIKey, "callback_secret": p.CallbackSecret, "carrier": string(p.Carrier),
			"timeout": p.Timeout.Milliseconds(), "max_attempts": p.MaxAttempts,
			"first_pause": p.FirstPause, "longest_pause": p.LongestPause,
		})
	return err
}

func (p Provider) withDefaults() Provider {
	if p.Carrier == "" {
		p.Carrier = Outbox
	}
	if p.Timeout == 0 {
		p.Timeout = 10 * time.Second
	}
	if p.MaxAttempts == 0 {
		p.MaxAttempts = 10
	}
	if p.FirstPause == 0 {
		p.FirstPause = time.Second
	}
	if p.LongestPause == 0 {
		p.LongestPause = 5 * time.Minute
	}
	return p
}
