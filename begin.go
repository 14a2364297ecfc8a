package pgrest

import (
	"context"
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/executor"
)

// Identify tells who makes a request, as the API finds it: by the bearer token, or by
// Options.Authenticate. It is for routes of the host's own beside the API. Its errors are
// an *auth.Error, or what Options.Authenticate returns.
func (h *Handler) Identify(r *http.Request) (auth.Identity, error) { return h.identify(r) }

// Begin begins a transaction for SQL of the host's own on behalf of whoever makes a request,
// for routes beside the API: as the role that a request to the API would have, under the same
// grants and policies, with the same claims, settings of the role and of
// Options.AppSettings, isolation level, and search path, that of the first of
// Options.Schemas. request.method, request.path, request.headers and request.cookies are
// those of r, and Options.PreRequest has run. auth.Begin is for hosts that have an identity,
// and no Handler.
//
// Commit and Rollback are the caller's, as with a pgx.Tx of pgxpool: one of them has to be
// called, for the transaction holds a connection, and behind the other a deferred Rollback
// does nothing. The transaction can write, whatever the request's method, unless
// PostgreSQL is a standby. Options.TxEnd and hooks have no part in it.
//
// Its errors are *Error, with the status that the API answers in such a case: errors.As
// finds an *auth.Error or a *pgconn.PgError in them. The SQL must be the host's and not the
// requester's, since SQL can change the role back.
func (h *Handler) Begin(ctx context.Context, r *http.Request) (pgx.Tx, error) {
	return h.begin(ctx, h.executor, r)
}

func (h *Handler) begin(ctx context.Context, e *executor.Executor, r *http.Request) (pgx.Tx, error) {
	id, err := h.identify(r)
	if err != nil {
		return nil, h.forHost(err, id)
	}
	schema, err := h.schema(ctx)
	if err != nil {
		return nil, h.forHost(err, id)
	}
	role := schema.cache.RoleSettings(id.Role)
	tx, err := e.Begin(ctx, executor.Session{
		Identity: id, Context: h.contextOf(r, role.Settings), PreRequest: h.preRequest, Isolation: role.Isolation,
	})
	if err != nil {
		return nil, h.forHost(err, id)
	}
	return &ownTx{tx.Pgx(), tx}, nil
}

// forHost gives an error to the host, as its client would see it.
func (h *Handler) forHost(err error, id auth.Identity) error {
	e := newError(apierror.From(err, id.Anonymous))
	if e.Cause == nil {
		e.Cause = err
	}
	return e
}

// ownTx is a transaction that its user ends.
type ownTx struct {
	pgx.Tx
	tx *executor.Tx
}

// Commit commits, unless the transaction has failed.
func (t *ownTx) Commit(ctx context.Context) error {
	err := t.tx.End(ctx, nil)
	switch {
	case errors.Is(err, executor.ErrEnded):
		return pgx.ErrTxClosed
	case errors.Is(err, executor.ErrFailed):
		return errors.Join(pgx.ErrTxCommitRollback, err)
	}
	return err
}

// errRolledBack is the verdict of who rolls back.
var errRolledBack = errors.New("rolled back by its user")

// Rollback rolls back.
func (t *ownTx) Rollback(ctx context.Context) error {
	if err := t.tx.End(ctx, errRolledBack); errors.Is(err, executor.ErrEnded) {
		return pgx.ErrTxClosed
	}
	return nil
}
