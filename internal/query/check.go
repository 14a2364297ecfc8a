package query

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// Select * names the columns that the schema cache has. If the relation has got more of them
// since, the check makes PostgreSQL refuse the statement: it casts a row of as many columns
// as the cache has to the relation's type. It stands where PostgreSQL only parses it, and so
// costs nothing when the statement runs; when the relation changes, PostgreSQL parses the
// statement anew. No check is needed for a column that is gone or has another name, which is
// refused where the select names it.

// checked puts the check before a statement, in a row source that nobody reads, and gives
// both. The check of a write that RETURNING answers is already there: see withCheck.
func checked(p plan.Runnable, main fragment) (fragment, string) {
	if m, ok := p.(*plan.Mutate); ok {
		switch {
		case m.Return != plan.ReturnRepresentation, plain(m) && !m.Root.All:
			return main, ""
		case plain(m) && !(m.Spread() && callsFunctions(m)):
			return main, unescaped(rowCast(m.Table))
		}
	}
	var c checks
	c.add(p.Answered().Root, nil)
	if len(c.relations) == 0 {
		return main, ""
	}
	casts := make([]string, len(c.relations))
	for i, t := range c.relations {
		casts[i] = rowCast(t)
	}
	check := strings.Join(casts, ", ")
	f := sql(with + sqlfrag.Ident(checkName) + " AS (SELECT " + check)
	for i, t := range c.unnamed {
		separator := ", "
		if i == 0 {
			separator = " FROM "
		}
		f.add(separator + sqlfrag.Qualified(t.Name.Schema, t.Name.Name))
	}
	text, separator := main.sql, ") "
	if rest, ok := bytes.CutPrefix(text, []byte(with)); ok {
		text, separator = rest, "), "
	}
	f.add(separator)
	f.join(fragment{text, main.args})
	return f, unescaped(check)
}

// checkName is that of the row source with the check.
const (
	checkName = "pgrst check"
	with      = "WITH "
)

// withCheck is an output of a write with the check, which PostgreSQL folds away. It can't
// stand before the write, as a write that PostgreSQL rewrites by rules may have no row
// sources.
func withCheck(m *plan.Mutate, output fragment) fragment {
	if !m.Root.All {
		return output
	}
	return output.within("CASE WHEN TRUE OR "+rowCast(m.Table)+" IS NULL THEN ", " END")
}

// rowCast renders a row of a relation's known columns as one of its type.
func rowCast(t *introspect.Table) string {
	columns := strings.TrimSuffix(strings.Repeat("NULL, ", len(t.Columns)), ", ")
	return "CAST(ROW(" + columns + ") AS " + sqlfrag.Qualified(t.Name.Schema, t.Name.Name) + ")"
}

// unescaped is SQL as it is when its placeholders have their numbers.
func unescaped(text string) string { return strings.ReplaceAll(text, "??", "?") }

// checks are the relations to check. Unnamed are those among them that the statement
// doesn't mention otherwise, and has to: it is parsed anew when relations that it mentions
// have changed.
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
	if n.All && n.Exposed && (function == nil || function.Name.Schema == n.Table.Name.Schema) && !slices.Contains(c.relations, n.Table) {
		c.relations = append(c.relations, n.Table)
		if function != nil {
			c.unnamed = append(c.unnamed, n.Table)
		}
	}
	for _, e := range n.Embeds {
		c.add(e.Node, e)
	}
}

// Checks reports that a place in Main, given as PostgreSQL's errors give it, is in its check.
func (p *Program) Checks(position int) bool {
	before, _, found := strings.Cut(p.Main.SQL, p.Check)
	start := utf8.RuneCountInString(before)
	return found && start < position && position <= start+utf8.RuneCountInString(p.Check)
}

// Unchecked is the program without its check.
func (p *Program) Unchecked() *Program {
	if p.Check == "" {
		return p
	}
	unchecked := *p
	unchecked.Main.SQL, unchecked.Check = strings.Replace(p.Main.SQL, p.Check, "NULL", 1), ""
	if t := p.Times; t != nil && t.JSON != nil {
		times, variant := *t, *t.JSON
		variant.SQL = strings.Replace(variant.SQL, p.Check, "NULL", 1)
		times.JSON, unchecked.Times = &variant, &times
	}
	return &unchecked
}
