package executor_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/executor"
)

// A host's own SQL runs in the transaction, as its role, between the commands.
func TestTx_Pgx(t *testing.T) {
	t.Parallel()
	pool := written(t)
	backend := backendOf(t, pool)
	tx := begin(t, pool, writer)
	host := tx.Pgx()
	require.Equal(t, backend, int(host.Conn().PgConn().PID()))

	var who, sub string
	require.NoError(t, host.QueryRow(t.Context(), `SELECT current_user, current_setting('request.jwt.claims')::json ->> $1`, "sub").Scan(&who, &sub))
	require.Equal(t, curator+" ada", who+" "+sub)
	within(t, tx, insert(1))
	tag, err := host.Exec(t.Context(), `INSERT INTO reels SELECT 5, n, n FROM generate_series($1::int, 3) AS n`, 2)
	require.NoError(t, err)
	require.EqualValues(t, 2, tag.RowsAffected())
	require.Equal(t, [][]string{{"3"}}, within(t, tx, sql(`SELECT count(*) FROM reels WHERE film_id = 5`)))

	n, err := host.CopyFrom(t.Context(), pgx.Identifier{"reels"}, []string{"film_id", "number", "position"}, pgx.CopyFromRows([][]any{{5, 4, 4}}))
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO reels VALUES (5, $1, $1)`, 5)
	batch.Queue(`SELECT count(*) FROM reels WHERE film_id = 5`)
	results := host.SendBatch(t.Context(), batch)
	_, err = results.Exec()
	require.NoError(t, err)
	var count int
	require.NoError(t, results.QueryRow().Scan(&count))
	require.Equal(t, 5, count)
	require.NoError(t, results.Close())
	_, err = host.Prepare(t.Context(), "pgx_test", `SELECT max(number) FROM reels WHERE film_id = $1`)
	require.NoError(t, err)
	rows, err := host.Query(t.Context(), "pgx_test", 5)
	require.NoError(t, err)
	most, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
	require.NoError(t, err)
	require.Equal(t, 5, most)
	objects := host.LargeObjects()
	oid, err := objects.Create(t.Context(), 0)
	require.NoError(t, err)
	object, err := objects.Open(t.Context(), oid, pgx.LargeObjectModeWrite)
	require.NoError(t, err)
	_, err = object.Write([]byte("reel"))
	require.NoError(t, err)
	require.NoError(t, object.Close())
	require.NoError(t, objects.Unlink(t.Context(), oid))

	require.NoError(t, tx.End(t.Context(), nil))
	require.Equal(t, "1 at 1, 2 at 2, 3 at 3, 4 at 4, 5 at 5", reels(t, pool))
	requireUsable(t, pool, backend)
}

// A savepoint is the host's to commit or roll back, and commands run within it, too.
func TestTx_Pgx_savepoints(t *testing.T) {
	t.Parallel()
	pool := written(t)
	tx := begin(t, pool, writer)
	within(t, tx, insert(1))
	reason := errors.New("as told")
	require.Equal(t, reason, pgx.BeginFunc(t.Context(), tx.Pgx(), func(outer pgx.Tx) error {
		within(t, tx, insert(2))
		require.NoError(t, pgx.BeginFunc(t.Context(), outer, func(pgx.Tx) error {
			within(t, tx, insert(3))
			return nil
		}))
		return reason
	}))
	nested, err := tx.Pgx().Begin(t.Context())
	require.NoError(t, err)
	_, err = nested.Exec(t.Context(), `SELECT 1/0`)
	require.Equal(t, "22012", sqlstate(err))
	_, err = tx.Run(t.Context(), insert(4))
	require.ErrorIs(t, err, executor.ErrFailed)
	require.NoError(t, nested.Rollback(t.Context()))
	require.NoError(t, pgx.BeginFunc(t.Context(), tx.Pgx(), func(pgx.Tx) error {
		within(t, tx, insert(5))
		return nil
	}))
	require.NoError(t, tx.End(t.Context(), nil))
	require.Equal(t, "1 at 1, 5 at 5", reels(t, pool))
}

// The transaction isn't the host's to end.
func TestTx_Pgx_ends(t *testing.T) {
	t.Parallel()
	pool := written(t)
	tx := begin(t, pool, writer)
	within(t, tx, insert(1))
	require.Equal(t, executor.ErrNotYours, tx.Pgx().Commit(t.Context()))
	require.Equal(t, executor.ErrNotYours, tx.Pgx().Rollback(t.Context()))
	within(t, tx, insert(2))
	require.NoError(t, tx.End(t.Context(), nil))
	require.Equal(t, "1 at 1, 2 at 2", reels(t, pool))
	require.Equal(t, executor.ErrNotYours, tx.Pgx().Commit(t.Context()))
}

// Behind its end nobody who has kept a part of it reaches the connection any more.
func TestTx_Pgx_kept(t *testing.T) {
	t.Parallel()
	pool := written(t)
	for _, verdict := range []error{nil, errors.New("as told")} {
		tx := begin(t, pool, writer)
		host := tx.Pgx()
		nested, err := host.Begin(t.Context())
		require.NoError(t, err)
		objects := host.LargeObjects()
		require.Equal(t, verdict, tx.End(context.Background(), verdict))
		for _, kept := range []pgx.Tx{host, nested, tx.Pgx()} {
			_, err = kept.Exec(t.Context(), `INSERT INTO visitors_book (entry) VALUES ('kept')`)
			require.ErrorIs(t, err, pgx.ErrTxClosed)
			_, err = kept.Begin(t.Context())
			require.ErrorIs(t, err, pgx.ErrTxClosed)
			require.ErrorIs(t, kept.QueryRow(t.Context(), `SELECT 1`).Scan(new(int)), pgx.ErrTxClosed)
		}
		_, err = objects.Create(t.Context(), 0)
		require.ErrorIs(t, err, pgx.ErrTxClosed)
		late := begin(t, pool, writer)
		require.NoError(t, late.End(t.Context(), nil))
		_, err = late.Pgx().Exec(t.Context(), `SELECT 1`)
		require.ErrorIs(t, err, pgx.ErrTxClosed)
	}
}
