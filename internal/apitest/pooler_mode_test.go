//go:build unix

package apitest_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// connectThroughPooler has the connections go through a PgBouncer of that version or a
// later one, with these settings.
func connectThroughPooler(version float64, settings string) func(*testing.T, *pgxpool.Config) {
	return func(t *testing.T, config *pgxpool.Config) {
		t.Helper()
		db := &pgtest.Database{AuthenticatorURL: config.ConnString()}
		bouncer(t, db, bouncerProgram(t, version), settings)(config)
	}
}
