package query

import (
	"bytes"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// plain reports an answer that RETURNING alone can give: rows with columns of their own.
func plain(m *plan.Mutate) bool {
	n := m.Root
	return n.PlaceColumn == "" && len(n.Embeds) == 0 && len(n.Order) == 0 && !n.Aggregates() && n.Window.IsAll() &&
		(m.Format == plan.FormatArray || m.Format == plan.FormatObject || m.Format == plan.FormatCSV) && !noColumns(m)
}

// callsFunctions reports an answer of which RETURNING would have more than columns.
func callsFunctions(m *plan.Mutate) bool {
	list := outputs(m.Root)
	inJSON(list, false)
	return slices.ContainsFunc(list, func(o output) bool {
		return bytes.ContainsAny(o.encoded(o.aggregated(), m.Root.StripNulls).sql, "(:") // also in a name, for which both forms do
	})
}

// returnOutputs has a write return what the client gets, in RETURNING.
func returnOutputs(m *plan.Mutate, write fragment) (fragment, *Program) {
	list, isCSV := outputs(m.Root), m.Format == plan.FormatCSV
	columns := textColumns(list)
	if !isCSV {
		inJSON(list, false)
		columns = columnsOf(list)
	}
	for i := range list {
		o := &list[i]
		value := o.aggregated()
		if !isCSV {
			value = o.encoded(value, m.Root.StripNulls)
		}
		if i == 0 {
			write.add(returning(m))
			value = allowedValue(m, withCheck(m, value))
		} else {
			write.add(", ")
		}
		write.join(value)
	}
	addVersion(m, &write)
	addWritten(m, &write)
	return write, &Program{Yield: Yield{Columns: columns, Version: returnsVersion(m), Written: writtenIn(m)}}
}

// readResult reads what the client gets from what a write returned: it has embeds, an
// order, groups, or another form.
func readResult(m *plan.Mutate, write fragment) (fragment, *Program) {
	if !noColumns(m) {
		write.add(returning(m) + strings.Join(needed(m.Root), ", "))
		addPlace(m, &write)
		addVersion(m, &write)
		addAllowed(m, &write)
		addWritten(m, &write)
	}
	f := write.within("WITH "+sqlfrag.Ident(resultName)+" AS (", ") ")
	answer := m.Answer
	if noColumns(m) {
		answer.Version = nil
	}
	read, program := rows(&answer)
	if reportsRows(m) {
		read = joinWritten(m, read, program)
	}
	f.join(read)
	return f, program
}

// returnKey has a write return the primary key.
func returnKey(m *plan.Mutate, write fragment) (fragment, *Program) {
	texts := keyTexts(m)
	write.join(allowedValue(m, sql(texts[0])).within(returning(m), ""))
	for _, text := range texts[1:] {
		write.add(", " + text)
	}
	addWritten(m, &write)
	return write, &Program{Yield: Yield{Columns: keyColumns(m.Key), Written: writtenIn(m)}}
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

// keyTexts renders the columns of the key as the texts that filters read.
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

// needed lists the columns that a write has to return for its result to be read: those
// that are shown, ordered by, or join embeds. A computed relationship needs the whole row.
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
		switch o := term.Output; {
		case o != nil && o.Column != nil && !o.Column.Rows:
			add(o.Column.Field.Name)
		case o == nil && term.Embed == nil:
			add(term.Field.Name)
		}
	}
	for _, e := range n.Embeds {
		for _, name := range e.JoinColumns() {
			add(name)
		}
		if e.Relationship.Function != nil {
			row := rowOf(sqlfrag.Ident(n.Alias), n.Table.Name) + " AS " + sqlfrag.Ident(n.RowColumn)
			if !slices.Contains(names, row) {
				names = append(names, row)
			}
		}
	}
	if names == nil {
		return []string{"1"}
	}
	return names
}
