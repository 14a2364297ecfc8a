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

// Begin begins a transaction for a host's own SQL that runs as id, under the
// grants and policies that id's requests to the API are under: first the settings
// are made, in their order, then the role, and request.jwt.claims. None of it
// outlives the transaction, which the caller has to commit or roll back.
//
// An error of PostgreSQL, such as that there is no such role, is wrapped; an id
// whose role is "none" gets an *Error. Either way there is no transaction, and no
// connection is held.
//
// The SQL must be the host's, not the requester's: SQL can change the role back.
func Begin(ctx context.Context, conn Beginner, id Identity, settings []Setting) (pgx.Tx, error) {
	if id.Role == noRole {
		return nil, errNoRole()
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return nil, fmt.Errorf("begin as role %q: %w", id.Role, err)
	}
	statement, arguments := makeSettings(id, settings)
	if _, err := tx.Exec(ctx, statement, arguments...); err != nil {
		_ = tx.Rollback(ctx) // when it fails, pgx closes the connection, and the role ends with that
		return nil, fmt.Errorf("become role %q: %w", id.Role, err)
	}
	return tx, nil
}

// makeSettings is the statement that makes settings and becomes id.
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
