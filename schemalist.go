package pgrest

import (
	"errors"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/enum"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// SchemaList says which schemas a client is told of that names one which isn't exposed.
type SchemaList uint8

// The lists of Options.SchemaList.
const (
	SchemasExposed SchemaList = iota // all that are exposed, as the reference does
	SchemasUsable                    // those of them that the request's role may use
	SchemasHidden                    // none
)

var schemaLists = [...]string{SchemasExposed: "exposed", SchemasUsable: "usable", SchemasHidden: "hidden"}

// String gives the list in a word.
func (l SchemaList) String() string { return enum.Name(schemaLists[:], l) }

// withUsable gives the error of a request that can't be read. If that is for its schema, and
// clients are to be told of those that they may use, the database says which these are.
func (x *exchange) withUsable(err error) error {
	var e *apierror.Error
	if x.options.SchemaList != SchemasUsable || !errors.As(err, &e) || e.Code != apierror.CodeSchemaNotExposed {
		return err
	}
	session := executor.Session{Identity: x.identity, Context: auth.Context{Method: x.r.Method, AppSettings: x.settings}, ReadOnly: true}
	result, failed := x.executor.Once(x.r.Context(), session, executor.Command{
		Program: query.BuildUsableSchemas(filter.ArrayText(x.options.Schemas)), Expect: plan.Expectation{MaxAffected: -1},
	})
	if failed != nil {
		return err // which is wrong with the request in any case
	}
	defer result.Close()
	var usable []string
	for result.Next() {
		usable = append(usable, string(result.Values()[0]))
	}
	if result.Err() != nil || len(usable) == 0 {
		return err
	}
	listed := *e
	listed.Hint = apierror.ExposedSchemas(usable)
	return &listed
}
