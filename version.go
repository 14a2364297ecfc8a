package pgrest

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/introspect"
)

// versionColumns finds the relations of Options.VersionColumns, and tells of names that no
// relation has, and of columns that a relation hasn't got.
func (h *Handler) versionColumns(cache *introspect.SchemaCache) map[introspect.QualifiedName]string {
	columns := h.options.VersionColumns
	if len(columns) == 0 {
		return nil
	}
	of := map[introspect.QualifiedName]string{}
	names := slices.SortedFunc(maps.Keys(columns), func(a, b string) int { // those with a schema last
		return strings.Count(a, ".") - strings.Count(b, ".")
	})
	for _, name := range names {
		found := relationsNamed(cache, name)
		if len(found) == 0 {
			h.options.Logger.Warn("VersionColumns names a relation that is in no exposed schema", "relation", name)
		}
		for _, relation := range found {
			t, _ := cache.Table(relation)
			if _, ok := t.Column(columns[name]); !ok && columns[name] != "" {
				h.options.Logger.Warn("VersionColumns names a column that the relation hasn't got", "relation", relation.String(), "column", columns[name])
			}
			of[relation] = columns[name]
		}
	}
	return of
}

// versionKey says whose versions a role may not read.
type versionKey struct {
	role     string
	relation introspect.QualifiedName
}

const (
	versionlessLifetime = time.Minute
	maxVersionless      = 10_000
)

func (x *exchange) versionKey() versionKey {
	return versionKey{x.identity.Role, introspect.QualifiedName{Schema: x.request.Schema, Name: x.request.Name}}
}

// build plans the request, without the version of its row if the role couldn't read that when
// it was tried last.
func (x *exchange) build(schema *snapshot) (plan.Plan, *query.Program, error) {
	if x.request.IsNested() {
		if err := x.nest(schema); err != nil {
			return nil, nil, err
		}
	}
	p, program, err := schema.programs.Build(schema.planner, &x.request.Shape)
	if err != nil || program == nil || !program.Version {
		return p, program, err
	}
	if until, ok := schema.versionless.get(x.versionKey()); !ok || time.Now().After(until) {
		return p, program, nil
	}
	x.request.Versionless = true
	return schema.programs.Build(schema.planner, &x.request.Shape)
}

// nest reads the body of rows within rows, which takes a schema.
func (x *exchange) nest(schema *snapshot) error {
	nesting, err := schema.planner.Nesting(&x.request.Shape)
	if err != nil {
		return err
	}
	return x.request.Nest(nesting)
}

// withoutVersion answers the request without the version of its row, if err may be about
// nothing else: a role with grants on columns alone may not read PostgreSQL's own. Other
// errors it returns.
func (x *exchange) withoutVersion(schema *snapshot, err error) error {
	if x.program == nil || !x.program.Version || errors.Is(err, executor.ErrForgotten) {
		return err
	}
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) || refusal.Where != "" { // that is within a function
		return err
	}
	switch {
	case refusal.Code == "42501" && refusal.Routine == "aclcheck_error": // and not a policy's
	case refusal.Code == "0A000": // feature_not_supported, as of tables that aren't PostgreSQL's own
	default:
		return err
	}
	if x.batch != nil { // each of whose requests is planned anew
		schema.versionless.put(x.batch.last.versionKey(), time.Now().Add(versionlessLifetime))
		if err = x.answer(schema); err == nil {
			return nil
		}
		return x.withoutVersion(schema, err)
	}
	x.request.Versionless = true
	if err = x.answer(schema); err == nil {
		schema.versionless.put(x.versionKey(), time.Now().Add(versionlessLifetime))
	}
	return err
}
