package apitest_test

import (
	"context"
	"testing"
	"time"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A request whose error shows that the schema has changed is done again with its hooks, and
// nothing of the first try is left.
func TestHook_of_a_stale_schema(t *testing.T) {
	t.Parallel()
	var calls int
	api, pool := hooking(t, []pgrest.Hook{
		{AsLogin: true, After: auditing, Before: func(ctx context.Context, tx driver.Tx, _ *pgrest.Request) error {
			calls++
			_, err := tx.Exec(ctx, `INSERT INTO extra.audit (what) VALUES ('begun')`)
			return err
		}},
	})
	_, err := pool.Exec(t.Context(), `ALTER TABLE archive.stamps DROP COLUMN told`)
	require.NoError(t, err)
	x := exchange{method: "POST", target: "/stamps", data: `{"id": 1}`, send: headers{"Prefer": representation}, status: 201, body: `[{"id": 1, "name": "x"}]`}
	x.check(t, ask(t, api, x))
	require.Equal(t, 2, calls)
	require.Equal(t, []string{"begun", "insert stamps 1"}, audited(t, pool))

}

// So is a read whose columns have another type than before.
func TestHook_of_a_stale_read(t *testing.T) {
	t.Parallel()
	var calls int
	api, pool := hooking(t, []pgrest.Hook{{
		For:    func(*pgrest.Request) bool { return true },
		Before: func(context.Context, driver.Tx, *pgrest.Request) error { calls++; return nil },
	}})
	x := exchange{target: "/films?select=released&id=eq.1", body: `[{"released": "1927-01-10"}]`}
	for _, change := range []string{``, `ALTER TABLE archive.films ALTER released TYPE text`} {
		_, err := pool.Exec(t.Context(), change)
		require.NoError(t, err)
		if change != "" {
			_, err := pool.Exec(t.Context(), `UPDATE archive.films SET released = 'then' WHERE id = 1`)
			require.NoError(t, err)
			x.body = `[{"released": "then"}]`
		}
		x.check(t, ask(t, api, x))
	}
	require.Contains(t, []int{3, 4}, calls, "the prepared statement may be found to be stale, too")
}

// Options that a hook can't have.
func TestHook_refused(t *testing.T) {
	t.Parallel()
	_, err := pgrest.New(pgtest.Fixture(t).Pool(t), pgrest.Options{Hooks: []pgrest.Hook{{AsLogin: true}}})
	require.EqualError(t, err, "pgrest: Hooks[0] has no function")
}

// Under clients whose backends are killed there are as many audit rows as writes that were
// committed: those that clients were told of, and no others without a row.
func TestStory_audit_rows_equal_committed_writes(t *testing.T) {
	t.Parallel()
	hooks := []pgrest.Hook{
		{Before: func(ctx context.Context, tx driver.Tx, r *pgrest.Request) error {
			_, err := tx.Exec(ctx, `SELECT 1`)
			return err
		}},
		{AsLogin: true, Rows: true, After: func(ctx context.Context, tx driver.Tx, _ *pgrest.Request, done *pgrest.Outcome) error {
			_, err := tx.Exec(ctx, `INSERT INTO public.audit SELECT (r->>'client')::int, (r->>'entry')::int FROM jsonb_array_elements($1::jsonb) r`,
				"["+string(done.Rows[0].New)+"]")
			return err
		}},
	}
	for name, share := range map[string]string{"some": "0.2", "all": "2"} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t, func(o *pgtest.OwnedServer) {
				conn, err := driver.Connect(t.Context(), o.URL())
				require.NoError(t, err)
				_, err = conn.Exec(t.Context(), `CREATE TABLE public.audit (client int, entry int); GRANT INSERT ON public.audit TO authenticator`)
				require.NoError(t, err)
				require.NoError(t, conn.Close(t.Context()))
			}, func(o *pgrest.Options) { o.Hooks = hooks })
			s.await(t)
			l := begin(s, readItem, writeEntry)
			for range 10 {
				time.Sleep(100 * time.Millisecond)
				s.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'authenticator' AND random() < `+share)
			}
			l.watch()
			require.Eventually(t, func() bool { return l.firstSuccess() > 0 }, returnPatience, time.Millisecond)
			l.end(t)
			s.requireWritten(t, l)
			conn, err := driver.Connect(t.Context(), s.URL())
			require.NoError(t, err)
			defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
			var written, audited, both int
			require.NoError(t, conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM api.log), (SELECT count(*) FROM public.audit),
				(SELECT count(*) FROM api.log JOIN public.audit USING (client, entry))`).Scan(&written, &audited, &both))
			t.Logf("%d writes, %d audit rows", written, audited)
			require.Equal(t, written, audited)
			require.Equal(t, written, both)
		})
	}
}
