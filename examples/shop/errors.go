package main

import (
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest"
)

// raise is the function of PostgreSQL's that runs RAISE: an error or notice from there has the
// words of the shop's own SQL.
const raise = "exec_stmt_raise"

// explain makes PostgreSQL's errors ones for customers. What the shop's SQL raises is that
// already. Others quote whole rows in their details, such as "Failing row contains (…)", which
// nobody is told. A constraint that is violated speaks by its comment in the database, where
// rule and words are side by side.
func (s *shop) explain(r *http.Request, e *pgrest.Error) *pgrest.Error {
	var cause *pgconn.PgError
	if !errors.As(e, &cause) || cause.Routine == raise {
		return nil // as it is
	}
	e.Details = nil
	const notNull = "23502"
	switch {
	case cause.ConstraintName != "":
		comment, err := s.database.commentOf(r.Context(), cause.SchemaName, cause.TableName, cause.ConstraintName)
		if err != nil {
			s.logger.WarnContext(r.Context(), "find a constraint's comment", "constraint", cause.ConstraintName, "error", err)
		}
		if comment != "" {
			e.Message = comment
		}
	case cause.Code == notNull && cause.ColumnName != "":
		e.Message = "The " + cause.ColumnName + " is missing."
	}
	return e
}
