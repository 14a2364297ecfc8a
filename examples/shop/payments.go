package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/examples/shop/payment"
	"github.com/pgrest-go/pgrest/examples/shop/provider"
)

// demoFaults are those of the demo's payment provider.
var demoFaults = provider.Settings{
	Delay: 3 * time.Second, FailTwiceInThree: true, CallbackTwice: true,
	Decline: func(_ int64, amount json.Number) string {
		if value, err := amount.Float64(); err != nil || value >= 100 {
			return "the card's limit is 100"
		}
		return ""
	},
}

// payments are what carries them, and the demo's provider. A shop of your own has another.
type payments struct {
	provider *provider.Provider
	hooks    []pgrest.Hook // for the API
	database *database
	with     settings
}

// configurePayments tells the database who the provider is. Key and secret stay those of the
// first start: requests that are under way have them.
func configurePayments(ctx context.Context, superuser *pgx.Conn, with settings) (payment.Provider, error) {
	p := payment.Provider{URL: with.address + "/provider/charges", Carrier: with.carrier}
	err := superuser.QueryRow(ctx, `SELECT api_key, callback_secret FROM private.payment_provider`).Scan(&p.APIKey, &p.CallbackSecret)
	if errors.Is(err, pgx.ErrNoRows) {
		p.APIKey, p.CallbackSecret = rand.Text(), rand.Text()
	} else if err != nil {
		return p, err
	}
	return p, payment.Configure(ctx, superuser, p)
}

func openPayments(ctx context.Context, db *database, with settings) (*payments, error) {
	p := &payments{database: db, with: with}
	if with.carrier == payment.River {
		if err := payment.MigrateRiver(ctx, db.carriers, with.logger); err != nil {
			return nil, err
		}
		hook, err := payment.RiverHook()
		if err != nil {
			return nil, err
		}
		p.hooks = append(p.hooks, hook)
	}
	faults := with.faults
	faults.APIKey, faults.Secret, faults.Logger = db.apiKey, db.callbackSecret, with.logger
	faults.Callback = with.address + "/api/rpc/payment_callback"
	p.provider = provider.New(faults)
	return p, nil
}

// work carries payments until ctx is done.
func (p *payments) work(ctx context.Context) (err error) {
	defer p.provider.Close()
	var worker interface{ Close() }
	if p.with.carrier == payment.River {
		worker, err = payment.StartRiver(ctx, p.database.carriers, payment.RiverOptions{Logger: p.with.logger})
	} else {
		worker, err = payment.Start(ctx, p.database.carriers, payment.Options{Logger: p.with.logger})
	}
	if err != nil {
		return err
	}
	defer worker.Close()
	<-ctx.Done()
	return nil
}
