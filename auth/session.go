package auth

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Beginner begins transactions, as a *pgxpool.Pool, a *pgxpool.Conn and a
// *pgx.Conn do.
type Beginner interface {
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
}

// Begin begins a transaction for a host's own SQL that runs as id, under the same grants
// and policies as id's requests to the API. It makes the settings, in their order, and
// then sets the role and request.jwt.claims. The settings that Settings gives are those of
// a request to the API. All of them end with the transaction, which the caller has to
// commit or roll back. It is READ COMMITTED and READ WRITE, whatever
// the database's defaults are.
//
// An error of PostgreSQL, such as that the role doesn't exist, is wrapped. The error for
// the role "none" is an *Error. With an error there is no transaction, and no connection
// is held.
//
// The SQL must be the host's and not the requester's, since SQL can change the role back.
//
// A host that has a pgrest.Handler calls its method Begin with a request instead, which
// finds the identity and all settings itself.
func Begin(ctx context.Context, conn Beginner, id Identity, settings []Setting) (pgx.Tx, error) {
	if id.isNone() {
		return nil, errNoRole(id.Role)
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return nil, fmt.Errorf("begin as role %q: %w", id.Role, err)
	}
	if err := become(ctx, tx, id, settings); err != nil {
		_ = tx.Rollback(ctx) // if it fails, pgx closes the connection, and so ends the role
		return nil, fmt.Errorf("become role %q: %w", id.Role, err)
	}
	return tx, nil
}

// become makes the settings of a transaction that has just begun. It makes the transaction
// READ WRITE if the session's default is not, except on a standby, where none can be.
func become(ctx context.Context, tx pgx.Tx, id Identity, settings []Setting) error {
	if conn := tx.Conn(); conn != nil {
		status := conn.PgConn().ParameterStatus
		if status("default_transaction_read_only") == "on" && status("in_hot_standby") != "on" {
			if _, err := tx.Exec(ctx, "SET TRANSACTION READ WRITE"); err != nil {
				return err
			}
		}
	}
	statement, arguments := makeSettings(id, settings)
	_, err := tx.Exec(ctx, statement, arguments...)
	return err
}

// makeSettings gives the statement that makes the settings, and sets the role and claims
// of id.
func makeSettings(id Identity, settings []Setting) (statement string, arguments []any) {
	var b strings.Builder
	set := func(name, value string) {
		separator := ", "
		if len(arguments) == 0 {
			separator = "SELECT "
		}
		arguments = append(arguments, name, value)
		fmt.Fprintf(&b, "%spg_catalog.set_config($%d, $%d, true)", separator, len(arguments)-1, len(arguments))
	}
	for _, s := range settings {
		set(s.Name, s.Value)
	}
	set("role", id.Role)
	set("request.jwt.claims", id.claimsText())
	return b.String(), arguments
}
