package executor

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/pgrest-go/pgrest/internal/dbpool"
)

// lease is a connection that a transaction has for a while: a *pgxpool.Conn, or that of a
// host's transaction.
type lease interface {
	Conn() *pgx.Conn
	Release()
}

// ErrOpenTransaction says that the pool has handed out a connection on which a transaction
// is under way: to end that isn't for a request to do.
var ErrOpenTransaction = errors.New("the pool has handed out a connection with an open transaction, which a request would end: " +
	"for requests within a transaction of your own use Handler.In")

// lend gives a connection to the transaction.
func (tx *Tx) lend(ctx context.Context, pool dbpool.Pool) (lease, error) {
	if tx.nested() {
		return tx.executor.host.lend(ctx)
	}
	conn, err := tx.acquire(ctx, pool)
	if err != nil {
		return nil, err
	}
	if pg := conn.Conn().PgConn(); pg.TxStatus() != idle && !pg.IsClosed() {
		conn.Release()
		return nil, ErrOpenTransaction
	}
	return conn, nil
}
