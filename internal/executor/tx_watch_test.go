package executor_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// PostgreSQL's silence ends a command of a transaction, and the connection with it.
func TestTx_silence(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	g := shut(t, db)
	pool := db.Pool(t, pgtest.MaxConns(1))
	e, lost := executor.New(pool, true), 0
	e.Lost = func() { lost++ }
	tx, err := e.Begin(t.Context(), writer)
	require.NoError(t, err)
	defer func() { _ = tx.End(t.Context(), executor.ErrUnfinished) }()
	within(t, tx, insert(1))
	e.Silence = 10 * time.Millisecond
	_, err = tx.Run(t.Context(), sql(g.blocked(0)))
	require.Equal(t, 504, apierror.From(err, true).Status)
	e.Silence = 0
	require.ErrorIs(t, tx.End(t.Context(), nil), executor.ErrFailed)
	require.Zero(t, lost, "the wait was ended here")
	g.requireWaiting(t, 0)
	require.Empty(t, reels(t, pool))
}

// The loss of a connection in a transaction is told.
func TestTx_lost(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool := db.Pool(t, pgtest.MaxConns(1))
	e, lost := executor.New(pool, true), 0
	e.Lost = func() { lost++ }
	tx, err := e.Begin(t.Context(), writer)
	require.NoError(t, err)
	within(t, tx, insert(1))
	terminate(t, db.Superuser(t))
	require.Equal(t, 503, apierror.From(tx.End(t.Context(), nil), true).Status)
	require.Positive(t, lost)
	require.Empty(t, reels(t, pool))
}

// statements are what a tracer was told of.
type tracedStatements struct{ begun, ended []string }

func (s *tracedStatements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.begun = append(s.begun, data.SQL)
	return ctx
}

func (s *tracedStatements) TraceQueryEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	s.ended = append(s.ended, data.CommandTag.String())
}

// A tracer is told of all that a transaction sends, and of the host's own SQL by pgx.
func TestTx_traced(t *testing.T) {
	t.Parallel()
	told := &tracedStatements{}
	pool := pgtest.Clone(t).Pool(t, pgtest.MaxConns(1), func(c *pgxpool.Config) { c.ConnConfig.Tracer = told })
	tx := begin(t, pool, writer)
	require.Len(t, told.begun, 2)
	require.Equal(t, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", told.begun[0])
	require.Contains(t, told.begun[1], "set_config('role'")
	*told = tracedStatements{}
	within(t, tx, insert(1))
	require.Equal(t, insert(1).Program.Main.SQL, told.begun[0])
	_, err := tx.Pgx().Exec(t.Context(), `SELECT 'host'`)
	require.NoError(t, err)
	require.NoError(t, tx.End(t.Context(), nil))
	require.Equal(t, []string{"INSERT 0 1", "SELECT 1", "SELECT 1", "SELECT 1", "COMMIT"}, told.ended, "the role is set back before the end")
	require.Len(t, told.begun, 5)
}
