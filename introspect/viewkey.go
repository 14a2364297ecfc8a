package introspect

import "slices"

// showing is what a view shows of the key columns of one table.
type showing struct {
	view, table QualifiedName
	columns     []ColumnOrigin // in the view's order
}

// showings gives what the views show, in the order of the views and then of their
// columns.
func showings(c Catalog) []showing {
	var all []showing
	for _, t := range c.Tables {
		first := len(all) // of this view
		for _, origin := range c.Lineage[t.Name] {
			i := first + slices.IndexFunc(all[first:], func(s showing) bool { return s.table == origin.Table })
			if i < first {
				i = len(all)
				all = append(all, showing{view: t.Name, table: origin.Table})
			}
			all[i].columns = append(all[i].columns, origin)
		}
	}
	return all
}

// named gives the view's columns that show one column of the table: none, one, or
// several, as when the view joins the table with itself.
func (s showing) named(tableColumn string) []string {
	var columns []string
	for _, origin := range s.columns {
		if origin.TableColumn == tableColumn {
			columns = append(columns, origin.Column)
		}
	}
	return columns
}

// maxInstances is how many ways to choose the columns of a key there are for a
// relationship of several columns, and for one over a junction. No name tells one such
// way from another: where there are two, an embed is ambiguous. They are as many as a
// power of how often columns are shown, so that not all of them are listed.
const maxInstances = 16

// instances gives the view's columns that show the columns of a key, once for each
// way to choose them, and nothing when the view lacks one. The first way takes the first
// of the view's columns each time.
func (s showing) instances(key []string) [][]string {
	names := make([][]string, len(key))
	ways := 1
	for i, column := range key {
		names[i] = s.named(column)
		if ways *= len(names[i]); len(key) > 1 {
			ways = min(ways, maxInstances)
		}
	}
	instances := make([][]string, ways)
	for way := range instances {
		chosen, rest := make([]string, len(key)), way
		for i := len(key) - 1; i >= 0; i-- { // the last column changes with each way
			chosen[i] = names[i][rest%len(names[i])]
			rest /= len(names[i])
		}
		instances[way] = chosen
	}
	return instances
}

// addViewKeys gives each view the primary keys of the tables that it shows. Where a
// key's column is shown more than once, the first one serves.
func addViewKeys(views []showing, tables map[QualifiedName]*Table) {
	for _, s := range views {
		table, ok := tables[s.table]
		if !ok || len(table.PrimaryKey) == 0 {
			continue
		}
		if instances := s.instances(table.PrimaryKey); len(instances) > 0 {
			view := tables[s.view]
			view.PrimaryKey = append(view.PrimaryKey, instances[0]...)
		}
	}
}
