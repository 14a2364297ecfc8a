package query

import (
	"slices"

	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// plain reports an answer that RETURNING alone can give.
func plain(m *plan.Mutate) bool {
	n := m.Root
	return len(n.Embeds) == 0 && len(n.Order) == 0 && !n.Aggregates() && n.Window.IsAll() &&
		(m.Format == plan.FormatArray || m.Format == plan.FormatObject || m.Format == plan.FormatCSV) && !noColumns(m)
}

func returning(list []output, render func(int, *output) fragment) fragment {
	f := sql(" RETURNING ")
	for i := range list {
		if i > 0 {
			f.add(", ")
		}
		f.join(render(i, &list[i]))
	}
	return f
}

// keyColumns are the columns of a primary key as results.
func keyColumns(key []plan.KeyColumn) []Column {
	columns := make([]Column, len(key))
	for i, c := range key {
		columns[i].Name = c.Name
		switch {
		case c.Print.Name != "" || c.Type == nil:
		case c.Type.BaseOID == oid.Bool:
			columns[i].Encoding = Bool
		case isTime(c.Type.BaseOID):
			columns[i].Encoding = TimeJSON
		}
	}
	return columns
}

// keyTexts renders the columns of the key as a filter has to have them: where the text of
// a filter is parsed by a function, as the text that clients are shown.
func keyTexts(m *plan.Mutate) []string {
	texts := make([]string, len(m.Key))
	for i, c := range m.Key {
		column := sqlfrag.Qualified(m.Target.Alias, c.Name)
		print := sqlfrag.Qualified(c.Print.Schema, c.Print.Name)
		switch {
		case c.Print.Name == "" && c.Type != nil && isTime(c.Type.BaseOID):
			texts[i] = "pg_catalog.to_json(" + column + ")"
		case c.Print.Name == "":
			texts[i] = column
		case c.JSON:
			texts[i] = "(" + print + "(" + column + ") #>> '{}')"
		default:
			texts[i] = print + "(" + column + ")"
		}
	}
	return texts
}

// needed lists the columns that the reading of a result needs: those that are
// shown or ordered by, and those that join embeds. A computed relationship needs
// the whole row.
func needed(n *plan.Node) []string {
	var names []string
	add := func(name string) {
		if column := sqlfrag.Qualified(n.Alias, name); !slices.Contains(names, column) {
			names = append(names, column)
		}
	}
	for i := range n.Columns {
		if c := &n.Columns[i]; !c.Rows {
			add(c.Field.Name)
		}
	}
	for _, term := range n.Order {
		if term.Embed == nil {
			add(term.Field.Name)
		}
	}
	for _, e := range n.Embeds {
		switch r := e.Relationship; {
		case r.Function != nil:
			row := rowOf(sqlfrag.Ident(n.Alias), n.Table.Name) + " AS " + sqlfrag.Ident(n.RowColumn)
			if !slices.Contains(names, row) {
				names = append(names, row)
			}
		case r.Junction != nil:
			for _, pair := range r.Junction.Source {
				add(pair.Column)
			}
		default:
			for _, pair := range r.Columns {
				add(pair.Column)
			}
		}
	}
	if names == nil {
		return []string{"1"}
	}
	return names
}
