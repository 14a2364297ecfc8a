package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/examples/shop/migrations"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

//go:embed seed.sql
var seed string

// The roles that the migrations make.
const (
	authenticator = "authenticator"
	anonymous     = "shop_anon"
	operator      = "shop_operator"
	carrier       = "shop_payments"
)

// openServer finds the server whose URL is in an environment variable, or starts one. A shop of
// your own has its server, and needs nothing of this.
func openServer(ctx context.Context, variable string) (*pgtest.Server, error) {
	server, err := pgtest.Open(ctx, variable, preloaded)
	if err == nil {
		return server, nil
	}
	// The extension comes with PostgreSQL, but on some systems in a package of its own.
	server, plainErr := pgtest.Open(ctx, variable)
	if plainErr != nil {
		return nil, plainErr
	}
	slog.Default().Warn("the server runs without pg_stat_statements", "error", err)
	return server, nil
}

// preloaded has the server count what its statements cost, for api.top_queries.
const preloaded = "shared_preload_libraries=pg_stat_statements"

// migrate brings the database up to date, and logs what a migration says that it leaves out.
func migrate(ctx context.Context, url string, logger *slog.Logger) (int, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return 0, fmt.Errorf("read the database's URL: %w", err)
	}
	config.OnNotice = func(_ *pgconn.PgConn, notice *pgconn.Notice) {
		if notice.Routine == raise { // PostgreSQL's own are about what is there already
			logger.Info("migration", "notice", notice.Message)
		}
	}
	return migrations.Apply(ctx, config, migrations.FS)
}

// database is the shop's database, as the program works with it.
type database struct {
	pool     *pgxpool.Pool // the authenticator's
	carriers *pgxpool.Pool // of those who carry payments
	secret   []byte        // that the database signs tokens with
	// apiKey is what the shop shows the payment provider, which signs with callbackSecret.
	apiKey, callbackSecret string
}

func (d *database) close() {
	d.pool.Close()
	d.carriers.Close()
}

// openDatabase migrates the database behind a superuser's URL, and opens it.
//
// The library should never have a superuser's connections, since a request may do on a
// connection whatever the pool's user may. The authenticator has no rights but to become one of
// the shop's roles. To let it log in, openDatabase gives it a new password at each start; then
// it closes the superuser's connection. Where passwords come from a vault, only the pool below
// is needed, and the secret, which the vault has too.
func openDatabase(ctx context.Context, with settings) (*database, error) {
	if _, err := migrate(ctx, with.url, with.logger); err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(with.url)
	if err != nil {
		return nil, fmt.Errorf("read the database's URL: %w", err)
	}
	superuser, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	defer superuser.Close(context.WithoutCancel(ctx))
	if with.seeds {
		if err := fill(ctx, superuser); err != nil {
			return nil, fmt.Errorf("fill the shop: %w", err)
		}
	}
	secret, err := tokenSecret(ctx, superuser)
	if err != nil {
		return nil, fmt.Errorf("find the tokens' secret: %w", err)
	}
	charges, err := configurePayments(ctx, superuser, with)
	if err != nil {
		return nil, fmt.Errorf("write down the payment provider: %w", err)
	}
	pool, err := openPool(ctx, superuser, config, authenticator)
	if err != nil {
		return nil, err
	}
	carriers, err := openPool(ctx, superuser, config, carrier)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &database{pool: pool, carriers: carriers, secret: secret, apiKey: charges.APIKey, callbackSecret: charges.CallbackSecret}, nil
}

// openPool gives a login role a new password, and opens a pool with it.
func openPool(ctx context.Context, superuser *pgx.Conn, config *pgxpool.Config, role string) (*pgxpool.Pool, error) {
	password := rand.Text() // letters and digits, so that it can be quoted as it is
	if _, err := superuser.Exec(ctx, `ALTER ROLE `+pgx.Identifier{role}.Sanitize()+` PASSWORD '`+password+`'`); err != nil {
		return nil, fmt.Errorf("give %s a password: %w", role, err)
	}
	config = config.Copy()
	config.ConnConfig.User, config.ConnConfig.Password = role, password
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the pool of %s: %w", role, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("log in as %s: %w", role, err)
	}
	return pool, nil
}

// fill puts the demo's rows into an empty shop, all or nothing.
func fill(ctx context.Context, superuser *pgx.Conn) error {
	return pgx.BeginFunc(ctx, superuser, func(tx pgx.Tx) error {
		var empty bool
		err := tx.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM api.products)`).Scan(&empty)
		if err != nil || !empty {
			return err
		}
		_, err = tx.Exec(ctx, seed) // without arguments a text may hold many statements
		return err
	})
}

// tokenSecret gives the secret that login signs tokens with. The first to ask makes it.
func tokenSecret(ctx context.Context, superuser *pgx.Conn) (secret []byte, err error) {
	_, err = superuser.Exec(ctx, `INSERT INTO private.token_settings (secret) VALUES ($1) ON CONFLICT DO NOTHING`,
		rand.Text()+rand.Text()) // 32 bytes are the least that a key may have
	if err == nil {
		err = superuser.QueryRow(ctx, `SELECT secret::bytea FROM private.token_settings`).Scan(&secret)
	}
	return secret, err
}

// commentOf finds the comment on a constraint, which says what is wrong when it is violated;
// empty if there is none. Everybody may read the catalog.
func (d *database) commentOf(ctx context.Context, schema, table, constraint string) (comment string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err = d.pool.QueryRow(ctx, `
		SELECT coalesce(obj_description(c.oid, 'pg_constraint'), '')
		FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid JOIN pg_namespace AS s ON s.oid = t.relnamespace
		WHERE s.nspname = $1 AND t.relname = $2 AND c.conname = $3`, schema, table, constraint).Scan(&comment)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return comment, err
}
