//go:build unix

package apitest_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// connectThroughPooler has the connections go through a PgBouncer.
func connectThroughPooler(t *testing.T, config *pgxpool.Config) {
	t.Helper()
	db := &pgtest.Database{AuthenticatorURL: config.ConnString()}
	bouncer(t, db, bouncerProgram(t, 1.21), "max_prepared_statements = 20\n")(config)
}
