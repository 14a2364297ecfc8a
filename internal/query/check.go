package query

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// check renders what makes PostgreSQL refuse a statement whose select has all columns of
// a relation, as the schema cache knows them, if the relation has more by now: a row of
// so many columns is cast to the relation's type. Nobody reads it, so that PostgreSQL
// does no more than parse it, which it does anew when the relation has changed. A column
// that is gone, or has another name, is refused where the select names it.
func check(p plan.Planned) fragment {
	if m, ok := p.(*plan.Mutate); ok && m.Return != plan.Representation {
		return fragment{}
	}
	var c checks
	c.add(p.Answered().Root, nil)
	if len(c.relations) == 0 {
		return fragment{}
	}
	rows := make([]string, len(c.relations))
	for i, t := range c.relations {
		columns := strings.TrimSuffix(strings.Repeat("NULL, ", len(t.Columns)), ", ")
		rows[i] = "CAST(ROW(" + columns + ") AS " + sqlfrag.Qualified(t.Name.Schema, t.Name.Name) + ")"
	}
	f := sql("WITH " + sqlfrag.Ident(checkName) + " AS (SELECT " + strings.Join(rows, ", "))
	for i, t := range c.unnamed {
		separator := ", "
		if i == 0 {
			separator = " FROM "
		}
		f.add(separator + sqlfrag.Qualified(t.Name.Schema, t.Name.Name))
	}
	f.add(")")
	return f
}

// checkName is that of a row source which nobody reads.
const checkName = "pgrst check"

// checks are the relations to check, and those among them that the statement has no
// other mention of: PostgreSQL parses a statement anew for the relations that it names.
type checks struct{ relations, unnamed []*introspect.Table }

func (c *checks) add(n *plan.Node, e *plan.Embed) {
	var function *introspect.Routine
	switch {
	case n.Call != nil:
		function = n.Call.Routine
	case e != nil:
		function = e.Relationship.Function
	}
	// A function may return rows of a relation whose schema the role may not use.
	if n.All && n.Exposed() && (function == nil || function.Name.Schema == n.Table.Name.Schema) && !slices.Contains(c.relations, n.Table) {
		c.relations = append(c.relations, n.Table)
		if function != nil {
			c.unnamed = append(c.unnamed, n.Table)
		}
	}
	for _, e := range n.Embeds {
		c.add(e.Node, e)
	}
}

// checked puts a check before a statement.
func checked(check, main fragment) fragment {
	if rest, ok := strings.CutPrefix(string(main.sql), with); ok {
		return fragment{append(append(check.sql, ", "...), rest...), main.args}
	}
	return fragment{append(append(check.sql, ' '), main.sql...), main.args}
}

const with = "WITH "

// ColumnAt reads the column that stands at a place in Main, given as PostgreSQL's errors
// do: in characters, the first of which is 1.
func (p *Program) ColumnAt(position int) (alias, column string, ok bool) {
	text := p.Main.SQL
	for range position - 1 {
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
	}
	alias, text, _ = sqlfrag.CutIdent(text)
	column, _, ok = sqlfrag.CutIdent(strings.TrimPrefix(text, "."))
	return alias, column, ok
}

// Unchecked is the program without its check.
func (p *Program) Unchecked() *Program {
	if p.Check == "" {
		return p
	}
	unchecked := *p
	main := p.Main.SQL[len(p.Check):]
	if rest, ok := strings.CutPrefix(main, ", "); ok {
		main = with + rest
	}
	unchecked.Main.SQL, unchecked.Check = strings.TrimPrefix(main, " "), ""
	return &unchecked
}
