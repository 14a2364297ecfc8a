package pgrest

import (
	"context"
	"net/http"

	"github.com/jackc/pgx/v5"

	"github.com/pgrest-go/pgrest/internal/executor"
)

// Within is a Handler whose requests run within a transaction that the host has begun, which
// Handler.In makes. It is for tests: what requests have written, and what the host has, each
// sees of the other, and all of it is gone when the host rolls its transaction back.
type Within struct {
	handler  *Handler
	executor *executor.Executor
}

// In has requests run within tx, which stays the host's to commit or roll back. tx has to
// be able to become the roles that requests run as, as the pool is.
//
// Each request has a savepoint: one that fails, or only reads, is rolled back to it, so
// that it leaves nothing behind, and tx can go on. When one has written, deferred constraints
// are checked as if it committed, and are deferred again. Its settings are set back: the
// role, request.*, response.*, the search path, and whatever else it began with. What SQL
// sets by itself meanwhile, such as a function by set_config, stays until the end of tx.
//
// Requests wait for each other, for there is one connection, and the host must not use tx
// while one is under way. They have the isolation level of tx. A request whose context is
// cancelled while it waits for PostgreSQL costs the connection, and so does a client that
// leaves in the middle of a large response. The schema is that of the Handler, which knows
// nothing of tables that tx has made.
func (h *Handler) In(tx pgx.Tx) *Within { return &Within{h, h.executor.Within(tx)} }

// ServeHTTP answers one request to the API within the transaction.
func (w *Within) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.handler.serve(w.executor, rw, r)
}

// Begin is as Handler.Begin, by a savepoint: its Commit releases it, and its Rollback rolls
// back to it.
func (w *Within) Begin(ctx context.Context, r *http.Request) (pgx.Tx, error) {
	return w.handler.begin(ctx, w.executor, r)
}
