package filter_test

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// quoting resolves every field to a column of its name.
var quoting = filter.ResolverFunc(func(f filter.Field) (filter.Operand, error) {
	return filter.Operand{SQL: sqlfrag.Ident(f.Name)}, nil
})
