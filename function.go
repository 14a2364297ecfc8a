package pgrest

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// The functions that options name, as "function" or "schema.function".

// unqualified is a function's name without its schema: it is looked up in the
// request's.
func unqualified(function string) string {
	if _, name, ok := strings.Cut(function, "."); ok {
		return name
	}
	return function
}

// preRequest is the statement that calls the pre-request function, empty for none. A
// function without a schema is looked up in the request's search path.
func (o Options) preRequest() string {
	if o.PreRequest == "" {
		return ""
	}
	schema, name, qualified := strings.Cut(o.PreRequest, ".")
	if !qualified {
		schema, name = "", o.PreRequest
	}
	return "SELECT " + strings.ReplaceAll(sqlfrag.Qualified(schema, name), "??", "?") + "()"
}
