package introspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/oid"
)

// Volatility is a function's volatility class.
type Volatility byte

// The volatility classes, by their letter in pg_proc.provolatile.
const (
	Volatile  Volatility = 'v'
	Stable    Volatility = 's'
	Immutable Volatility = 'i'
)

// String gives the class in the word that declares it, such as "stable".
func (v Volatility) String() string {
	switch v {
	case Volatile:
		return "volatile"
	case Stable:
		return "stable"
	case Immutable:
		return "immutable"
	}
	return fmt.Sprintf("Volatility(%d)", byte(v))
}

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
	// PostOnly reports a function that can't be called with GET, since its arguments must
	// not be in URLs, such as a password. It can't be called with QUERY either, which has
	// them in the same form. New sets it.
	PostOnly bool
	// Settings are the function's own SET clauses, in their order.
	Settings []Setting
	// MediaType is the media type that the function answers in, since it returns a single
	// value of a domain of that name: "image/png", as the domain spells it, or "*/*" for a
	// function that answers in every media type. It is empty for other functions. New
	// sets it.
	MediaType string

	// rows is the relation that is made of the result; nil if an exposed relation serves
	// as that. See SchemaCache.ResultTable.
	rows *Table
}

// derive sets the fields that follow from others, and from the exposed relations.
func (r *Routine) derive(exposed map[QualifiedName]*Table) {
	for i := range r.Params {
		r.Params[i].TypeName = r.Params[i].Type.CastName()
	}
	r.MediaType = mediaType(r.Returns)
	r.rows = resultTable(r, exposed)
}

// OffersGET reports whether documents describe a call with GET: the routine changes
// nothing, and its arguments may be in a URL.
func (r *Routine) OffersGET() bool { return r.Volatility != Volatile && !r.PostOnly }

// resultTable makes a relation of a routine's result. It is nil where an exposed
// relation serves as that, and where the result has no columns of its own.
func resultTable(r *Routine, exposed map[QualifiedName]*Table) *Table {
	t := r.Returns.Type
	if t == nil {
		return nil
	}
	name := QualifiedName{r.Name.Schema, resultName(r)}
	relation, isExposed := exposed[t.Relation]
	_, isNamesake := exposed[name]
	var columns []Column
	switch {
	case isExposed && (name == t.Relation || !isNamesake):
		return nil
	case isExposed:
		columns = relation.Columns
	case t.Attributes != nil:
		columns = t.Attributes
	case len(r.Returns.Columns) > 0:
		columns = make([]Column, len(r.Returns.Columns))
		for i, c := range r.Returns.Columns {
			columns[i] = Column{Name: c.Name, Type: c.Type, TypeName: c.Type.Name, Nullable: true}
		}
	default:
		return nil
	}
	return &Table{Name: name, Columns: columns, index: indexColumns(columns)}
}

// resultName names a routine's result after its type, even if that is record. A result
// of a single OUT or TABLE column has no type of its own, and the routine's name.
func resultName(r *Routine) string {
	switch t := r.Returns.Type; {
	case t.Relation.Name != "":
		return t.Relation.Name
	case t.Kind == CompositeType || t.OID == oid.Record:
		return t.Local
	}
	return r.Name.Name
}

// Isolation gives the isolation level that the routine's SET
// default_transaction_isolation asks for: "REPEATABLE READ", "SERIALIZABLE", or empty for
// READ COMMITTED. It is not ok when the routine has no such setting.
func (r *Routine) Isolation() (level string, ok bool) {
	for _, s := range r.Settings {
		if strings.EqualFold(s.Name, isolationParameter) {
			return isolationLevel(s.Value), true
		}
	}
	return "", false
}

// Body gives the parameter that takes a whole request body: the routine's only
// parameter, unnamed, of type json, jsonb, text, xml or bytea.
func (r *Routine) Body() (*Param, bool) {
	if len(r.Params) == 1 && r.Params[0].Name == "" && takesBody(r.Params[0].Type) {
		return &r.Params[0], true
	}
	return nil, false
}

// Callable reports whether a client can call the routine by its name and the names of
// its parameters: every parameter without a default has a name. A single unnamed
// parameter has to take a whole request body; see Routine.Body. As in PostgREST, a
// routine of several parameters, none of which has a name, is not callable, even if all
// have defaults, unless it declares result columns.
func (r *Routine) Callable() bool {
	if len(r.Params) == 1 && r.Params[0].Name == "" {
		return takesBody(r.Params[0].Type)
	}
	named := len(r.Params) == 0 || len(r.Returns.Columns) > 0
	for i := range r.Params {
		if p := &r.Params[i]; p.Name != "" {
			named = true
		} else if p.Required {
			return false
		}
	}
	return named
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
	// TypeName is the type as SQL can name it in a cast that doesn't shorten values,
	// whatever the search path: Type.Name, except for character and bit, which mean a
	// length of 1. New sets it.
	TypeName string
	// Required is false for a parameter with a default.
	Required bool
	// Variadic reports the VARIADIC parameter; Type is the array type.
	Variadic bool
}

// Result describes what a routine returns. If Columns is empty and Type.Relation is not,
// it returns rows of that relation.
type Result struct {
	// Type is the declared type. For several OUT parameters it is record, and for a single
	// one the parameter's type.
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

// Composite reports whether the routine returns rows rather than values: rows of a
// relation or composite type, or of a domain over one; rows of OUT, INOUT or TABLE
// columns, even of a single one; or records, whose columns only the function knows.
func (r *Result) Composite() bool {
	if len(r.Columns) > 0 {
		return true
	}
	return r.Type != nil && (r.Type.Kind == CompositeType || r.Type.OID == oid.Record)
}

// Scalar reports whether the routine returns a value, or a set of values, rather than
// rows. It is true for void.
func (r *Result) Scalar() bool { return !r.Composite() }

// ResultColumn is a named column of a routine's result.
type ResultColumn struct {
	Name string
	Type *Type
}
