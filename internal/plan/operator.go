package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/suggest"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// Operator is an operator or a function of the host's, applied to a field and arguments.
type Operator struct {
	Name string
	// SQL is a template, in which $0 is the field and $1 the first argument.
	SQL string
	// Columns are the types that the field may have; none is any.
	Columns []string
	// Arguments are the names of the arguments, and Types their types in SQL.
	Arguments, Types []string
	// Returns is the type in SQL of what it gives.
	Returns string
}

// Condition reports an operator that gives a truth value.
func (o *Operator) Condition() bool { return isBoolean(o.Returns) }

func isBoolean(name string) bool {
	switch strings.ToLower(name) {
	case "boolean", "bool", "pg_catalog.bool":
		return true
	}
	return false
}

// signature gives the operator as requests write it, with the types of its arguments.
func (o *Operator) signature() string {
	arguments := make([]string, len(o.Arguments))
	for i, name := range o.Arguments {
		arguments[i] = name + " " + o.Types[i]
	}
	return o.Name + "(" + strings.Join(arguments, ", ") + ")"
}

// applied resolves the call of a field whose column is resolved. Where the operator isn't for it,
// the field says why.
func (p *Planner) applied(f *Field) {
	o, ok := p.config.Operators[f.Call.Name]
	if !ok {
		near, _ := suggest.NewSet(slices.Sorted(maps.Keys(p.config.Operators))).Best(f.Call.Name, tableSimilarity)
		f.refused = apierror.UnknownOperator(f.Call.Name, near)
		return
	}
	if f.refused = o.refuse(f); f.refused != nil {
		return
	}
	f.Operator, f.Returned, f.Operands = o, p.returned(o), make([]value.Arg, len(o.Arguments))
	for i, argument := range f.Call.Arguments {
		index, _ := argument.(apirequest.Operand)
		f.Operands[i] = value.Arg{From: value.FromOperand, Index: int(index)}
	}
}

// refuse says why the operator can't be applied to a field, nil if it can.
func (o *Operator) refuse(f *Field) error {
	own := filter.Field{Name: f.Name, Path: f.Path}
	column := *f
	column.Cast, column.Operator = nil, nil
	switch kind, of := kindOf(own), column.typeOf(); {
	case len(f.Call.Arguments) != len(o.Arguments):
		return apierror.OperatorArguments(o.Name, o.signature(), len(o.Arguments), len(f.Call.Arguments))
	case kind == TextValue && !o.takes("text"):
		return apierror.OperatorColumn(o.Name, own.String(), "text", o.Columns)
	case kind == JSONValue && !o.takes("jsonb", "json"):
		return apierror.OperatorColumn(o.Name, own.String(), "jsonb", o.Columns)
	case kind == TypedValue && of != nil && len(o.Columns) > 0 && !of.Named(o.Columns...):
		return apierror.OperatorColumn(o.Name, f.Name, of.Name, o.Columns)
	}
	return nil
}

// takes reports an operator for fields of a type that has one of the names.
func (o *Operator) takes(names ...string) bool {
	return len(o.Columns) == 0 || slices.ContainsFunc(o.Columns, func(column string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(column, name) })
	})
}

// returned is the type of what an operator gives, nil where the schema cache doesn't have it.
func (p *Planner) returned(o *Operator) *introspect.Type {
	if schema, local, ok := strings.Cut(o.Returns, "."); ok {
		t, _ := p.cache.Type(introspect.QualifiedName{Schema: schema, Name: local})
		return t
	}
	return p.cache.CastType(o.Returns).Type
}

// refusedIn finds the first field of a node, or of those below it, that an operator isn't for,
// and says why.
func refusedIn(n *Node) error {
	for i := range n.Columns {
		if err := n.Columns[i].Field.refused; err != nil {
			return err
		}
	}
	for i := range n.Order {
		if err := n.Order[i].Field.refused; err != nil {
			return err
		}
		if err := n.Order[i].Output.refused(); err != nil {
			return err
		}
	}
	for _, predicates := range [][]Predicate{n.Where, n.Having} {
		if err := refusedOf(predicates); err != nil {
			return err
		}
	}
	for _, e := range n.Embeds {
		if err := refusedIn(e.Node); err != nil {
			return err
		}
	}
	return nil
}

// refusedOf finds the first field of predicates that an operator isn't for.
func refusedOf(predicates []Predicate) error {
	for _, predicate := range predicates {
		var err error
		switch predicate := predicate.(type) {
		case Compare:
			err = predicate.Field.refused
		case CompareOutput:
			err = predicate.Output.refused()
		case CompareRelated:
			err = predicate.Field.refused
		case Some:
			err = refusedOf([]Predicate{predicate.Of})
		case Group:
			err = refusedOf(predicate.Of)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *Output) refused() error {
	if o == nil || o.Column == nil {
		return nil
	}
	return o.Column.Field.refused
}
