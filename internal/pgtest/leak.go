package pgtest

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// leakPatience is how long sessions and goroutines may take to end after the tests.
const leakPatience = 3 * time.Second

// checkSessions returns an error if sessions of this process, in the named
// database or, with an empty name, in any, don't end.
func (c *cluster) checkSessions(ctx context.Context, database string) error {
	query := `
		SELECT format('%s as %s in %s: %s', pid, usename, datname, query) FROM pg_stat_activity
		WHERE application_name = $1 AND ($2 = '' OR datname = $2) ORDER BY pid`
	var left []string
	err := eventually(ctx, func() (bool, error) {
		rows, err := c.admin.Query(ctx, query, c.application, database)
		if err != nil {
			return false, fmt.Errorf("look for sessions: %w", err)
		}
		left, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return len(left) == 0, err
	})
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("%d database sessions were left open (process, role, database, last statement):\n%s",
			len(left), strings.Join(left, "\n"))
	}
	return err
}

// checkGoroutines returns an error with the stacks of the goroutines of this
// module and of pgx that don't end.
func checkGoroutines() error {
	var left []string
	err := eventually(context.Background(), func() (bool, error) {
		left = ourGoroutines()
		return len(left) == 0, nil
	})
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("%d goroutines were left running:\n\n%s", len(left), strings.Join(left, "\n\n"))
	}
	return err
}

// ourGoroutines returns the stacks that have code of this module or of pgx in them, except
// for the caller's.
func ourGoroutines() []string {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	var ours []string
	for _, stack := range strings.Split(string(buf), "\n\n")[1:] { // the first is the caller's
		if strings.Contains(stack, "github.com/pgrest-go/pgrest") || strings.Contains(stack, "github.com/jackc/p") {
			ours = append(ours, stack)
		}
	}
	return ours
}

// eventually calls done again and again, until it is true or fails, or the patience or ctx
// ends.
func eventually(ctx context.Context, done func() (bool, error)) error {
	deadline := time.Now().Add(leakPatience)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		ok, err := done()
		if ok || err != nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
