package introspect

import (
	"cmp"
	"slices"
)

// Volatility is a function's volatility class.
type Volatility byte

// The volatility classes, by their letter in pg_proc.provolatile.
const (
	Volatile  Volatility = 'v'
	Stable    Volatility = 's'
	Immutable Volatility = 'i'
)

// Routine is a function that can be called.
type Routine struct {
	Name    QualifiedName
	Comment string
	// Params are the input parameters (IN, INOUT and VARIADIC) in their order.
	Params []Param
	// Returns describes the result.
	Returns Result
	// Volatility decides whether the function runs in a read-only transaction.
	Volatility Volatility
	// Settings are the function's own SET clauses, in their order.
	Settings []Setting
}

// Callable reports whether a client can call the routine by its name and the
// names of its parameters: every parameter without default has a name, or there is
// one parameter alone, unnamed, of a type that takes a request's body whole:
// json, jsonb, text, xml or bytea.
func (r *Routine) Callable() bool {
	if len(r.Params) == 1 && r.Params[0].Name == "" && takesBody(r.Params[0].Type) {
		return true
	}
	return !slices.ContainsFunc(r.Params, func(p Param) bool {
		return p.Name == "" && p.Required
	})
}

func takesBody(t *Type) bool {
	switch t.Name {
	case "json", "jsonb", "text", "xml", "bytea":
		return true
	default:
		return false
	}
}

// compareOverloads orders the routines of one name by their parameters, so that
// the order is the same in every database that has them: fewer parameters first,
// then by names and types.
func compareOverloads(a, b *Routine) int {
	if n := cmp.Compare(len(a.Params), len(b.Params)); n != 0 {
		return n
	}
	return slices.CompareFunc(a.Params, b.Params, func(p, q Param) int {
		return cmp.Or(cmp.Compare(p.Name, q.Name), cmp.Compare(p.Type.Name, q.Type.Name))
	})
}

// Param is an input parameter of a routine.
type Param struct {
	// Name is empty for an unnamed parameter.
	Name string
	Type *Type
	// Required is false for a parameter with a default.
	Required bool
	// Variadic reports the VARIADIC parameter; Type is the array type.
	Variadic bool
}

// Result is the shape of what a routine returns. Where Columns is empty and
// Type.Relation is not, the rows are those of that relation.
type Result struct {
	// Type is the declared type: record for several OUT parameters, and for one the
	// parameter's own type.
	Type *Type
	// Set reports RETURNS SETOF or RETURNS TABLE.
	Set bool
	// Rows is the planner's ROWS estimate of a set, 0 without Set; 1 promises a
	// single row.
	Rows float64
	// Void reports RETURNS void.
	Void bool
	// Columns are the OUT, INOUT and TABLE columns, when the function declares any.
	Columns []ResultColumn
}

// ResultColumn is a named column of a routine's result.
type ResultColumn struct {
	Name string
	Type *Type
}

// Setting is one configuration parameter and its value.
type Setting struct {
	Name  string
	Value string
}
