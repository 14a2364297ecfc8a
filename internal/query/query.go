// Package query renders plans as SQL. Rendering is pure and can't fail: names
// were resolved by the plan, and values travel as arguments.
//
//	program := query.Build(p)
//	fmt.Println(program.Main.SQL) // SELECT "films"."title" FROM "api"."films" WHERE …
package query

import (
	"strconv"
	"strings"

	"github.com/Masterminds/squirrel"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// Statement is final SQL: placeholders are numbered, and arguments are the text
// forms of the values, whose types PostgreSQL infers.
type Statement struct {
	SQL  string
	Args [][]byte
}

// Program is what a plan sends to the database.
type Program struct {
	// Main yields the rows, or, when CountsRows, their number in one row.
	Main       Statement
	CountsRows bool
	// Columns are those of Main's rows.
	Columns []Column
	// Count yields the number of rows without limit and offset; nil when nobody
	// asked. Explain yields the planner's estimate of it as JSON.
	Count, Explain *Statement
}

// Build renders the program of a read.
func Build(p *plan.Read) *Program {
	program := &Program{CountsRows: p.HeadersOnly}
	main := read(p.Root, p.Format, &program.Columns)
	if p.HeadersOnly {
		main = wrap("SELECT pg_catalog.count(*) FROM (", main, ") rows")
	}
	program.Main = number(main)
	switch p.Count {
	case plan.CountExact:
		program.Count = statement(count(p.Root, 0))
	case plan.CountPlanned:
		program.Explain = statement(explain(p.Root))
	case plan.CountEstimated:
		program.Count = statement(count(p.Root, p.MaxRows))
		program.Explain = statement(explain(p.Root))
	}
	return program
}

// read renders a node's rows, in the columns that the format wants.
func read(n *plan.Node, format plan.Format, columns *[]Column) *fragment {
	f := &fragment{}
	f.add("SELECT ")
	*columns = make([]Column, len(n.Columns))
	for i := range n.Columns {
		if i > 0 {
			f.add(", ")
		}
		(*columns)[i] = column(f, n, &n.Columns[i], format)
	}
	f.source(n)
	for i, term := range n.Order {
		if i == 0 {
			f.add(" ORDER BY ")
		} else {
			f.add(", ")
		}
		f.sqlizer(orderBy(n, term))
	}
	f.window(n)
	if format == plan.GeoJSON {
		*columns = []Column{{Encoding: Verbatim}}
		return wrap("SELECT ST_AsGeoJSON(rows)::text FROM (", f, ") rows")
	}
	return f
}

// column renders one output column and tells how to encode it.
func column(f *fragment, n *plan.Node, c *plan.Column, format plan.Format) Column {
	out := Column{Name: c.Name, Encoding: Text}
	asJSON := false
	if format == plan.Array || format == plan.Object {
		out.Encoding, asJSON = encoding(c)
	}
	switch {
	case asJSON && n.StripNulls:
		f.add("pg_catalog.json_strip_nulls(pg_catalog.to_json(")
	case asJSON:
		f.add("pg_catalog.to_json(")
	case n.StripNulls && out.Encoding == Verbatim && holdsJSON(c):
		f.add("pg_catalog.json_strip_nulls((")
	}
	if c.Cast != nil {
		f.add("CAST(")
	}
	f.field(n, c.Field)
	if c.Cast != nil {
		f.add(" AS " + castName(c.Cast) + ")")
	}
	switch {
	case asJSON && n.StripNulls:
		f.add("))")
	case asJSON:
		f.add(")")
	case n.StripNulls && out.Encoding == Verbatim && holdsJSON(c):
		f.add(")::json)")
	}
	if format == plan.GeoJSON {
		f.add(" AS " + sqlfrag.Ident(c.Name))
	}
	return out
}

// encoding is how a column becomes JSON, and whether PostgreSQL has to do it.
func encoding(c *plan.Column) (Encoding, bool) {
	switch {
	case c.Cast != nil && c.Cast.Type == nil:
		return Verbatim, true
	case c.Cast != nil:
		enc, toJSON := EncodingOf(c.Cast.Type)
		return enc, toJSON
	case c.Kind == plan.JSONValue:
		return Verbatim, false
	case c.Kind == plan.TextValue:
		return Text, false
	case c.Type == nil:
		return Verbatim, true
	}
	return EncodingOf(c.Type)
}

func holdsJSON(c *plan.Column) bool {
	if c.Cast != nil {
		return c.Cast.Type != nil && isJSON(c.Cast.Type)
	}
	return c.Kind == plan.JSONValue || c.Type != nil && isJSON(c.Type)
}

// castName names the type of a cast. A name that the catalogs don't have is
// quoted as it is, for PostgreSQL to refuse in its own words.
func castName(c *plan.Cast) string {
	if c.Type != nil {
		return sqlfrag.Qualified(c.Type.Schema, c.Type.Local)
	}
	return sqlfrag.Ident(c.Name)
}

// count renders the number of a node's rows without its window, counting no
// further than one row beyond limit if there is one.
func count(n *plan.Node, limit int64) *fragment {
	f := &fragment{}
	if limit == 0 {
		f.add("SELECT pg_catalog.count(*)")
		f.source(n)
		return f
	}
	f.add("SELECT")
	f.source(n)
	f.add(" LIMIT ?", strconv.FormatInt(limit+1, 10))
	return wrap("SELECT pg_catalog.count(*) FROM (", f, ") rows")
}

func explain(n *plan.Node) *fragment {
	f := &fragment{}
	f.add("EXPLAIN (FORMAT JSON) SELECT")
	f.source(n)
	return f
}

func orderBy(n *plan.Node, term filter.OrderTerm) squirrel.Sqlizer {
	s, _ := filter.BindOrder(term, resolver{n}) // resolver never fails
	return s
}

// number turns ? into $1, $2, … and values into their text form.
func number(f *fragment) Statement {
	sql, _ := squirrel.Dollar.ReplacePlaceholders(f.sql.String()) // fails on no input
	s := Statement{SQL: sql}
	if len(f.args) > 0 {
		s.Args = make([][]byte, len(f.args))
		for i, arg := range f.args {
			s.Args[i] = text(arg)
		}
	}
	return s
}

func statement(f *fragment) *Statement {
	s := number(f)
	return &s
}

// text is the text form of an argument. The grammar yields strings alone.
func text(arg any) []byte {
	s, _ := arg.(string)
	return []byte(s)
}

// fragment is SQL in the making, with a ? for each argument.
type fragment struct {
	sql  strings.Builder
	args []any
}

func (f *fragment) add(sql string, args ...any) {
	f.sql.WriteString(sql)
	f.args = append(f.args, args...)
}

func (f *fragment) sqlizer(s squirrel.Sqlizer) {
	sql, args, _ := s.ToSql() // bound predicates never fail
	f.add(sql, args...)
}

func (f *fragment) field(n *plan.Node, field filter.Field) {
	s, _ := filter.BindField(field, resolver{n}) // resolver never fails
	f.sqlizer(s)
}

// source renders FROM and WHERE.
func (f *fragment) source(n *plan.Node) {
	f.add(" FROM " + sqlfrag.Qualified(n.Table.Name.Schema, n.Table.Name.Name))
	for i, node := range n.Where {
		if i == 0 {
			f.add(" WHERE ")
		} else {
			f.add(" AND ")
		}
		s, _ := filter.Bind(node, resolver{n}) // resolver never fails
		f.sqlizer(s)
	}
}

// window renders LIMIT and OFFSET, as arguments: a page's size is no part of a
// statement's shape.
func (f *fragment) window(n *plan.Node) {
	if n.Range.Limit != plan.Unlimited {
		f.add(" LIMIT ?", strconv.FormatInt(n.Range.Limit, 10))
	}
	if n.Range.Offset != 0 {
		f.add(" OFFSET ?", strconv.FormatInt(n.Range.Offset, 10))
	}
}

func wrap(before string, f *fragment, after string) *fragment {
	w := &fragment{args: f.args}
	w.sql.Grow(len(before) + f.sql.Len() + len(after))
	w.sql.WriteString(before)
	w.sql.WriteString(f.sql.String())
	w.sql.WriteString(after)
	return w
}
