package filter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/squirrel"
)

// Resolver says what the fields of a query are in the database.
type Resolver interface {
	// Resolve returns the column that the field names, without the field's
	// JSON path. Of a field with a Call it returns what the operator makes of the column,
	// its JSON path included. Its errors come back from Bind as they are. A field with Related
	// is a column of another relation, and one with a Cast needs Operand.Cast, unless that is
	// text: both are there with Options.Filters alone.
	Resolve(f Field) (Operand, error)
}

// ResolverFunc is a function that is a Resolver.
type ResolverFunc func(Field) (Operand, error)

// Resolve calls the function.
func (r ResolverFunc) Resolve(f Field) (Operand, error) { return r(f) }

// Operand is a column as SQL sees it.
type Operand struct {
	// SQL is the reference to the column, quoted, such as "films"."title". It
	// has to stand by itself next to any operator, and a question mark in it is
	// written twice if it isn't a placeholder.
	SQL string
	// Args are the values of SQL's placeholders, if it has any.
	Args []any
	// JSON says that the column is json or jsonb, so that a JSON path applies to
	// it as it is. Other columns are turned to jsonb first.
	JSON bool
	// TSVector says that the column is a tsvector, so that full-text operators
	// apply to it as it is. Other columns are turned to one first.
	TSVector bool
	// Parse is the quoted name of a function that turns text into a value of the
	// column's type, for the values that it is compared with; empty for none. It
	// is not called for patterns, searches, and values inside of JSON.
	Parse string
	// Cast is the type that the field is cast to, as SQL has it; empty for none.
	Cast string
}

// Bind turns a condition or a group into SQL. It fails where the resolver does,
// with the resolver's error, and on a node that Parse doesn't make: nil, an
// operator that does not exist, Holds without a Call, or a condition on an aggregate, which is
// BindHaving's. What it returns never fails. Equal shapes, of
// which only the values differ, give equal SQL.
//
// The SQL has squirrel's placeholders. Literal question marks, which can only
// come from quoted names, are written twice, as every PlaceholderFormat of
// squirrel but Question expects it.
func Bind(n Node, r Resolver) (squirrel.Sqlizer, error) { return bind(n, r, false) }

// bind does it, with conditions on aggregates if having is set.
func bind(n Node, r Resolver, having bool) (squirrel.Sqlizer, error) {
	switch n := n.(type) {
	case Condition:
		if !n.exists() {
			return nil, fmt.Errorf("filter: bind condition on %q: no such operator, aggregate or value of is", n.Field.Name)
		}
		if n.Aggregate != NoAggregate && !having {
			return nil, fmt.Errorf("filter: bind condition on %q: it is about an aggregate", n.Field.Name)
		}
		operand, field, err := n.Aggregate.resolve(n.Field, r)
		if err != nil {
			return nil, err
		}
		return n.Comparison().Bind(field, operand, n.Argument()), nil
	case Group:
		parts := make([]squirrel.Sqlizer, len(n.Nodes))
		for i, member := range n.Nodes {
			var err error
			if parts[i], err = bind(member, r, having); err != nil {
				return nil, err
			}
		}
		return Join(n.Negated, n.Any, parts...), nil
	default:
		return nil, fmt.Errorf("filter: bind %T: not a Condition or a Group", n)
	}
}

// BindField turns a field with its JSON path into SQL. The keys and indexes of
// the path are arguments. It fails where the resolver does, with its error.
func BindField(f Field, r Resolver) (squirrel.Sqlizer, error) {
	operand, err := r.Resolve(f)
	if err != nil {
		return nil, err
	}
	if operand, err = operand.castAs(f); err != nil {
		return nil, err
	}
	return f.Bind(operand), nil
}

// BindOrder turns a term into SQL for ORDER BY. The resolver is asked for the
// term's field, which may be that of a related relation. BindOrder fails where the
// resolver does, with its error.
func BindOrder(t OrderTerm, r Resolver) (squirrel.Sqlizer, error) {
	operand, field, err := t.Aggregate.resolve(t.Field, r)
	if err != nil {
		return nil, err
	}
	t.Field, t.Aggregate = field, NoAggregate
	return t.Bind(operand), nil
}

// Bind turns the field into SQL, where o is its column.
func (f Field) Bind(o Operand) squirrel.Sqlizer {
	var b binder
	b.field(f, o)
	return b.fragment()
}

// Bind turns the term into SQL for ORDER BY, where o is the column of its field, or of the
// field that its aggregate is of.
func (t OrderTerm) Bind(o Operand) squirrel.Sqlizer {
	var b binder
	if t.Aggregate != NoAggregate {
		t.Field, o = Field{}, t.Aggregate.of(t.Field, o)
	}
	if t.IgnoreCase {
		b.sql.WriteString("lower(")
	}
	b.field(t.Field, o)
	if t.IgnoreCase {
		b.sql.WriteByte(')')
	}
	switch t.Direction {
	case Asc:
		b.sql.WriteString(" ASC")
	case Desc:
		b.sql.WriteString(" DESC")
	}
	switch t.Nulls {
	case NullsFirst:
		b.sql.WriteString(" NULLS FIRST")
	case NullsLast:
		b.sql.WriteString(" NULLS LAST")
	}
	return b.fragment()
}

// Bind turns the comparison of a field with a value into SQL, where o is the field's
// column. The value becomes an argument as it is, so that it may stand for one that comes
// later; a Condition's is what its Argument gives. The operator has to be one that there
// is.
func (c Comparison) Bind(f Field, o Operand, value any) squirrel.Sqlizer {
	var b binder
	if len(f.Path) > 0 && f.Call == nil || o.Cast != "" {
		o.Parse, o.TSVector = "", false // a value inside of the column has another type
	}
	if c.Negated {
		b.sql.WriteString("NOT (")
	}
	switch {
	case c.Operator == Holds:
		b.field(f, o)
	case c.Operator.fullText():
		b.search(c, f, o, value)
	case c.Operator == In:
		b.field(f, o)
		b.sql.WriteString(" = ")
		if c.Empty {
			b.sql.WriteString("ANY ('{}')")
		} else { // one array makes the statement the same for every number of elements
			b.quantified("ANY", value, o.Parse)
		}
	case c.Operator == Is:
		b.field(f, o)
		b.sql.WriteString(" IS ")
		b.sql.WriteString(isValues[c.Is].sql)
	case c.Operator.jsonPath():
		b.jsonPath(c, f, o, value)
	default:
		b.comparison(c, f, o, value)
	}
	if c.Negated {
		b.sql.WriteByte(')')
	}
	return b.fragment()
}

// Join turns the members of a group, each of them SQL already, into the SQL of the group.
// No member fails.
func Join(negated, anyOf bool, members ...squirrel.Sqlizer) squirrel.Sqlizer {
	var b binder
	joint, empty := " AND ", "TRUE"
	if anyOf {
		joint, empty = " OR ", "FALSE"
	}
	if negated {
		b.sql.WriteString("NOT ")
	}
	b.sql.WriteByte('(')
	if len(members) == 0 {
		b.sql.WriteString(empty)
	}
	for i, member := range members {
		if i > 0 {
			b.sql.WriteString(joint)
		}
		sql, args, _ := member.ToSql()
		b.sql.WriteString(sql)
		b.args = append(b.args, args...)
	}
	b.sql.WriteByte(')')
	return b.fragment()
}

// fragment is finished SQL.
type fragment struct {
	sql  string
	args []any
}

// ToSql returns the SQL and its arguments, and no error.
//
//lint:ignore ST1003 the name is squirrel's
func (f fragment) ToSql() (string, []any, error) { return f.sql, f.args, nil }

// binder writes SQL.
type binder struct {
	sql  strings.Builder
	args []any
}

func (b *binder) fragment() fragment {
	return fragment{sql: b.sql.String(), args: slices.Clip(b.args)}
}

// argument writes a placeholder.
func (b *binder) argument(value any) {
	b.sql.WriteByte('?')
	b.args = append(b.args, value)
}

// field writes a field with its JSON path, cast if it is.
func (b *binder) field(f Field, o Operand) {
	if f.Call != nil { // which the operand is all of
		f.Path = nil
	}
	if o.Cast != "" {
		b.sql.WriteString("CAST(")
		defer func() { b.sql.WriteString(" AS " + o.Cast + ")") }()
	}
	convert := len(f.Path) > 0 && !o.JSON
	if convert {
		b.sql.WriteString("to_jsonb(")
	}
	b.sql.WriteString(o.SQL)
	b.args = append(b.args, o.Args...)
	if convert {
		b.sql.WriteByte(')')
	}
	for _, step := range f.Path {
		b.sql.WriteString("->")
		if step.Text {
			b.sql.WriteByte('>')
		}
		b.argument(step.Key)
		if step.Index {
			b.sql.WriteString("::int")
		}
	}
}

// comparison writes an operator that has one value.
func (b *binder) comparison(c Comparison, f Field, o Operand, value any) {
	parse := o.Parse
	switch c.Operator {
	case Like, ILike, Match, IMatch:
		parse = "" // a pattern is no value of the column's type
	}
	b.field(f, o)
	b.sql.WriteByte(' ')
	b.sql.WriteString(operators[c.Operator].sql)
	b.sql.WriteByte(' ')
	switch c.Quantifier {
	case QuantifierAny:
		b.quantified("ANY", value, parse)
	case QuantifierAll:
		b.quantified("ALL", value, parse)
	default:
		b.parsed(value, parse)
	}
}

// parsed writes a value, by way of the function that parses it if there is one.
func (b *binder) parsed(value any, parse string) {
	if parse == "" {
		b.argument(value)
		return
	}
	b.sql.WriteString(parse)
	b.sql.WriteByte('(')
	b.argument(value)
	b.sql.WriteByte(')')
}

// quantified writes ANY or ALL of the elements of an array literal.
func (b *binder) quantified(quantifier string, array any, parse string) {
	b.sql.WriteString(quantifier)
	if parse == "" {
		b.sql.WriteString(" (")
		b.argument(array)
		b.sql.WriteByte(')')
		return
	}
	b.sql.WriteString(" (SELECT ")
	b.sql.WriteString(parse)
	b.sql.WriteString("(unnest(")
	b.argument(array)
	b.sql.WriteString("::text[])))")
}

// search writes a full-text operator.
func (b *binder) search(c Comparison, f Field, o Operand, value any) {
	if o.TSVector {
		b.field(f, o)
	} else {
		b.sql.WriteString("to_tsvector(")
		b.language(c.Language)
		b.field(f, o)
		b.sql.WriteByte(')')
	}
	b.sql.WriteString(" @@ ")
	b.sql.WriteString(operators[c.Operator].sql)
	b.sql.WriteByte('(')
	b.language(c.Language)
	b.argument(value)
	b.sql.WriteByte(')')
}

// language writes the first argument of a full-text function, if there is one.
func (b *binder) language(name string) {
	if name != "" {
		b.argument(name)
		b.sql.WriteString(", ")
	}
}

// ArrayText returns the text form of a PostgreSQL array of text, with every
// element quoted, so that no element can end it or be taken for NULL.
func ArrayText(elements []string) string {
	size := 2
	for _, e := range elements {
		size += len(e) + 3
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteByte('{')
	for i, e := range elements {
		if i > 0 {
			b.WriteByte(',')
		}
		writeQuoted(&b, e)
	}
	b.WriteByte('}')
	return b.String()
}
