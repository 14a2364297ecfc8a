package query

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// Names of row sources that no relation is likely to have.
const (
	resultName  = "pgrst result" // what a write returned
	bodyName    = "pgrst body"   // the rows of the request's body
	elementName = "pgrst element"
)

// mutation renders a write. What it returns is read from the write itself, or,
// where more than its columns are wanted, from a query over it.
func mutation(m *plan.Mutate) (fragment, *Program) {
	write := mutationSQL(m)
	switch {
	case m.Return == plan.ReturnRepresentation && plain(m):
		list := outputs(m.Root)
		if m.Format != plan.FormatCSV {
			inJSON(list, false)
		}
		write.join(returning(list, func(i int, o *output) fragment {
			value := o.aggregated()
			if m.Format != plan.FormatCSV {
				value = o.encoded(value, m.Root.StripNulls)
			}
			if i == 0 {
				value = withCheck(m, value)
			}
			return value
		}))
		if m.Format == plan.FormatCSV {
			return write, &Program{Yield: Yield{Columns: textColumns(list)}}
		}
		return write, &Program{Yield: Yield{Columns: columnsOf(list)}}
	case m.Return == plan.ReturnRepresentation:
		if !noColumns(m) {
			write.add(" RETURNING " + strings.Join(needed(m.Root), ", "))
		}
		f := write.within("WITH "+sqlfrag.Ident(resultName)+" AS (", ") ")
		read, program := rows(&m.Answer)
		f.join(read)
		return f, program
	case len(m.Key) > 0:
		write.add(" RETURNING " + strings.Join(keyTexts(m), ", "))
		return write, &Program{Yield: Yield{Columns: keyColumns(m.Key)}}
	}
	return write, &Program{Yield: Yield{Form: FormTag}}
}

func mutationSQL(m *plan.Mutate) fragment {
	switch m.Action {
	case plan.Update:
		return update(m)
	case plan.Delete:
		return deletion(m)
	}
	return insert(m)
}

// target names the relation that is written to.
func target(m *plan.Mutate) string { return sqlfrag.Qualified(m.Table.Name.Schema, m.Table.Name.Name) }
