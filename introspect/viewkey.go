package introspect

import "slices"

// viewSource is a table that a view selects key columns of.
type viewSource struct {
	view, table QualifiedName
	columns     []ColumnOrigin // the view's columns that show key columns, in order
}

// viewSources gives the sources of all views, in the order of the views and, for each
// view, of the columns that show them first.
func viewSources(c Catalog) []viewSource {
	var all []viewSource
	for _, t := range c.Tables {
		first := len(all) // of this view
		for _, origin := range c.Lineage[t.Name] {
			i := first + slices.IndexFunc(all[first:], func(s viewSource) bool { return s.table == origin.Table })
			if i < first {
				i = len(all)
				all = append(all, viewSource{view: t.Name, table: origin.Table})
			}
			all[i].columns = append(all[i].columns, origin)
		}
	}
	return all
}

// columnsOf gives the view's columns that show one column of the table: none, one, or
// several, as when the view joins the table with itself.
func (s viewSource) columnsOf(tableColumn string) []string {
	var columns []string
	for _, origin := range s.columns {
		if origin.TableColumn == tableColumn {
			columns = append(columns, origin.Column)
		}
	}
	return columns
}

// maxCombinations bounds the combinations of a view's columns that stand for one key of
// several columns, and the relationships over a junction that they make. A view that shows
// each of n columns k times has k to the power of n of them. All but the first only make
// an embed ambiguous, since no name tells one from another.
const maxCombinations = 16

// combinations gives the view's columns that show the columns of a key, once for each
// combination, and nothing when the view lacks one. The first combination has the first of
// the view's columns for each.
func (s viewSource) combinations(key []string) [][]string {
	choices := make([][]string, len(key))
	count := 1
	for i, column := range key {
		choices[i] = s.columnsOf(column)
		if count *= len(choices[i]); len(key) > 1 {
			count = min(count, maxCombinations)
		}
	}
	combinations := make([][]string, count)
	for n := range combinations {
		chosen, rest := make([]string, len(key)), n
		for i := len(key) - 1; i >= 0; i-- { // the last column changes fastest
			chosen[i] = choices[i][rest%len(choices[i])]
			rest /= len(choices[i])
		}
		combinations[n] = chosen
	}
	return combinations
}

// addViewKeys gives each view the primary keys of the tables that it shows. Where it
// shows a key column more than once, the first counts.
func addViewKeys(views []viewSource, tables map[QualifiedName]*Table) {
	for _, s := range views {
		table, ok := tables[s.table]
		if !ok || len(table.PrimaryKey) == 0 {
			continue
		}
		if keys := s.combinations(table.PrimaryKey); len(keys) > 0 {
			view := tables[s.view]
			view.PrimaryKey = append(view.PrimaryKey, keys[0]...)
		}
	}
}
