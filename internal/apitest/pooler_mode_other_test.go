//go:build !unix

package apitest_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

func connectThroughPooler(float64, string) func(*testing.T, *pgxpool.Config) {
	return func(t *testing.T, _ *pgxpool.Config) {
		t.Helper()
		t.Skip("PgBouncer is run by these tests on Unix alone")
	}
}
