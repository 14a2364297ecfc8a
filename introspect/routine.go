package introspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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
	// PostOnly reports a function that is called neither with GET nor, in the same way,
	// with QUERY, as its arguments are not for URLs. New sets it.
	PostOnly bool
	// Settings are the function's own SET clauses, in their order.
	Settings []Setting
	// MediaType is the media type that the function makes by itself, since it returns
	// a single value of a domain of that name: "image/png", as the domain spells it,
	// or "*/*" for a function that answers every media type. It is empty for other
	// functions. New sets it.
	MediaType string

	rows *Table // of the result where no exposed relation serves; see SchemaCache.ResultTable
}

// derive sets what follows from the rest of the routine, and from the exposed relations.
func (r *Routine) derive(exposed map[QualifiedName]*Table) {
	for i := range r.Params {
		r.Params[i].TypeName = r.Params[i].Type.CastName()
	}
	r.MediaType = mediaType(r.Returns)
	r.rows = resultTable(r, exposed)
}

// OffersGET reports whether clients are told that the routine can be called with GET: it
// changes nothing, and its arguments may be in a URL.
func (r *Routine) OffersGET() bool { return r.Volatility != Volatile && !r.PostOnly }

// resultTable makes a relation of a routine's result. It is nil where an exposed
// relation serves, and where the result has no columns of its own.
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

// resultName names the rows of a routine's result after their type, record
// included. One OUT or TABLE column makes no type, and may have the routine's name.
func resultName(r *Routine) string {
	switch t := r.Returns.Type; {
	case t.Relation.Name != "":
		return t.Relation.Name
	case t.Kind == CompositeType || t.OID == recordOID:
		return t.Local
	}
	return r.Name.Name
}

// Isolation gives the isolation level that the routine itself asks for, by SET
// default_transaction_isolation: "REPEATABLE READ", "SERIALIZABLE", or empty for
// READ COMMITTED. It is not ok when the routine asks for none.
func (r *Routine) Isolation() (level string, ok bool) {
	for _, s := range r.Settings {
		if strings.EqualFold(s.Name, isolationParameter) {
			return isolationLevel(s.Value), true
		}
	}
	return "", false
}

// Body gives the parameter that takes a request's body whole: the routine's only
// one, unnamed, of type json, jsonb, text, xml or bytea.
func (r *Routine) Body() (*Param, bool) {
	if len(r.Params) == 1 && r.Params[0].Name == "" && takesBody(r.Params[0].Type) {
		return &r.Params[0], true
	}
	return nil, false
}

// Callable reports whether a client can call the routine by its name and the names
// of its parameters: those without a default have a name. A parameter that is alone
// and has none takes a request's body whole, with or without a default; see
// Routine.Body. As in PostgREST, several can't be left out together where no argument
// of the routine has a name, its results included.
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
	// TypeName is the type as SQL text can name it in a cast that keeps values
	// whole, whatever the search path: Type.Name, but for character and bit, which
	// mean a length of 1. New sets it.
	TypeName string
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

// Composite reports rows rather than values: those of a relation or composite type,
// or of a domain over one, those that OUT, INOUT or TABLE columns make, even a
// single one, and those of record, whose columns only the function knows.
func (r *Result) Composite() bool {
	if len(r.Columns) > 0 {
		return true
	}
	return r.Type != nil && (r.Type.Kind == CompositeType || r.Type.OID == recordOID)
}

// Scalar reports a value, or a set of values, that are not composite. It is true of
// functions that return void.
func (r *Result) Scalar() bool { return !r.Composite() }

// ResultColumn is a named column of a routine's result.
type ResultColumn struct {
	Name string
	Type *Type
}
