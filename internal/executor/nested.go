package executor

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/query"
)

// sendAll queues statements that give nothing.
func (r *Result) sendAll(list []query.Statement) {
	for i := range list {
		r.pipe.send(r.tx.role(), list[i].SQL, r.cmd.Values.Bind(list[i].Args))
	}
}

// skipAll reads their results.
func (r *Result) skipAll(list []query.Statement) error {
	for i := range list {
		if err := r.pipe.skip(1); err != nil {
			return r.inBody(&list[i], apierror.OfStatement(list[i].SQL, err))
		}
	}
	return nil
}

// inBody says where in a body of rows within rows an error of a statement is: which object it is
// about, if there is one alone or if PostgreSQL tells enough, or else which level. Errors of other
// statements it gives as they are.
func (r *Result) inBody(s *query.Statement, err error) error {
	var refusal *pgconn.PgError
	if s.Level == 0 || !errors.As(err, &refusal) {
		return err
	}
	values, level := r.cmd.Values, s.Level-1
	if place := objectOf(refusal, &values.Levels[level], s); place > 0 {
		return apierror.AtPointer(values.Pointer(level, place), err)
	}
	return apierror.AtLevel(values.LevelName(level), err)
}
