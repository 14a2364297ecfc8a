package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/introspect"
)

// Conflict is what an insert does about rows that are there already.
type Conflict struct {
	// Columns are the unique ones by which a row is the same, and Predicate the SQL condition
	// of the partial index that they are unique in, as the catalog has it; empty for an index
	// of all rows.
	Columns   []string
	Predicate string
	// Constraint names the constraint that decides instead, if it isn't empty.
	Constraint string
	// Updates are the columns that a merge changes, of those to write.
	Updates []WriteColumn
	// Merge updates the row; otherwise it stays as it is.
	Merge bool
	// Given reports that the client named the columns. Else they are the primary key.
	Given bool
}

// addConflict settles what becomes of rows that are there already.
func (p *Planner) addConflict(m *Mutate, req *apirequest.Shape) error {
	if req.Prefer.Resolution == "" {
		return nil
	}
	c := &Conflict{
		Columns: req.OnConflict, Merge: req.Prefer.Resolution == apirequest.MergeDuplicates, Updates: m.Columns,
		Given: req.OnConflict != nil,
	}
	m.Conflict = c
	switch {
	case !c.Given:
		c.Columns = m.Table.PrimaryKey
	case req.OnConstraint != "" && !has(m.Table, c.Columns[0]): // else it is a column of that name
		if !slices.Contains(m.Table.Constraints, req.OnConstraint) {
			return apierror.UndefinedConstraint(m.Table.Name.Name, req.OnConstraint)
		}
		c.Columns, c.Constraint = nil, req.OnConstraint
	case !p.config.NoUpserts:
		c.Predicate = partial(m.Table, c.Columns)
	}
	if req.Update != nil {
		return c.update(m, req.Update)
	}
	return nil
}

// update has a merge change some of the columns alone.
func (c *Conflict) update(m *Mutate, names []string) error {
	c.Updates = nil
	for _, name := range names {
		i := slices.IndexFunc(m.Columns, func(w WriteColumn) bool { return w.Name == name })
		switch {
		case !has(m.Table, name):
			return apierror.ColumnNotFound(m.Table.Name.Name, name)
		case i < 0:
			return apierror.UpdateNotWritten(name)
		}
		c.Updates = append(c.Updates, m.Columns[i])
	}
	return nil
}

// partial gives the predicate of the only index that the columns are unique in, if that is a
// partial one; else it is empty, and PostgreSQL finds the index or says that there is none.
func partial(t *introspect.Table, columns []string) string {
	if constrained(t, columns) {
		return ""
	}
	predicate, found := "", 0
	for _, index := range t.UniqueIndexes {
		if sameColumns(index.Columns, columns) {
			predicate, found = index.Predicate, found+1
		}
	}
	if found != 1 {
		return ""
	}
	return predicate
}
