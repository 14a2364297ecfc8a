package pgtest

import (
	"context"
	"log"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// ExamplePool opens a pool on the fixture for an example, which has no testing.TB.
// The example has to call done at its end.
func ExamplePool(options ...PoolOption) (pool *pgxpool.Pool, done func()) {
	t := &exampleTB{}
	return Fixture(t).Pool(t, options...), func() {
		for _, cleanup := range t.cleanups {
			cleanup()
		}
	}
}

// exampleTB has as much of a testing.TB as Fixture and Pool need.
type exampleTB struct {
	testing.TB
	cleanups []func()
}

func (*exampleTB) Helper()                           {}
func (*exampleTB) Context() context.Context          { return context.Background() }
func (*exampleTB) Fatalf(format string, args ...any) { log.Panicf(format, args...) }
func (t *exampleTB) Cleanup(f func())                { t.cleanups = append(t.cleanups, f) }

// ExampleVariant opens a pool on the fixture as [Variant] has it, for an example.
func ExampleVariant(sql string, options ...PoolOption) (pool *pgxpool.Pool, done func()) {
	t := &exampleTB{}
	return Variant(t, sql).Pool(t, options...), func() {
		for _, cleanup := range t.cleanups {
			cleanup()
		}
	}
}

// HasExtension reports that the server has an extension to create.
func HasExtension(ctx context.Context, name string) (bool, error) {
	c, err := shared.open(ctx)
	if err != nil {
		return false, err
	}
	var there bool
	err = c.admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = $1)`, name).Scan(&there)
	return there, err
}
