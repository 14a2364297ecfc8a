package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/introspect"
)

// Bulk is an update of many rows, each by an object of the body that has the row's key and
// what changes in it. Without Columns of the Mutate nothing changes, but the rows have to be
// there all the same.
type Bulk struct {
	// Key are the columns of the key.
	Key []WriteColumn
	// Sparse reports objects that differ in their keys: what one lacks stays as it is.
	Sparse bool
}

// forBulk reports a body of rows to update.
func forBulk(req *apirequest.Shape) bool {
	return req.Body != nil && req.Body.Media.Name == mediatype.Rows
}

// addBulk makes the update one of many rows, if that is what the body is for.
func (p *Planner) addBulk(m *Mutate, req *apirequest.Shape) error {
	if !forBulk(req) || len(m.Columns) == 0 {
		return nil
	}
	names, err := bulkKey(m.Table, req)
	if err != nil {
		return err
	}
	m.relies.onColumns(m.Table, names)
	b := &Bulk{Sparse: req.Body.Sparse}
	var changes []WriteColumn
	for _, c := range m.Columns {
		if slices.Contains(names, c.Name) {
			b.Key = append(b.Key, c)
		} else {
			changes = append(changes, c)
		}
	}
	for _, name := range names {
		switch {
		case !has(m.Table, name):
			return apierror.ColumnNotFound(m.Table.Name.Name, name)
		case !slices.ContainsFunc(b.Key, func(c WriteColumn) bool { return c.Name == name }):
			return apierror.NoKeyInBody(name)
		}
	}
	m.Columns, m.Bulk = changes, b
	if m.Return == ReturnRepresentation {
		m.Root.PlaceColumn = m.Root.OwnName("pgrst place")
	}
	return nil
}

// bulkKey lists the columns of the key that on_conflict says: by columns, or by a constraint's
// name. Without it, that is the primary key.
func bulkKey(t *introspect.Table, req *apirequest.Shape) ([]string, error) {
	names := req.OnConflict
	switch {
	case names == nil:
		names = t.PrimaryKey
	case req.OnConstraint != "" && !has(t, names[0]): // else it is a column of that name
		columns, ok := t.Constrained(req.OnConstraint)
		if !ok {
			return nil, apierror.UndefinedConstraint(t.Name.Name, req.OnConstraint)
		}
		return columns, nil
	}
	switch {
	case len(names) == 0:
		return nil, apierror.NoBulkKey(t.Name.Name)
	case !slices.Equal(names, t.PrimaryKey) && !t.Kind.IsView() && !unique(t, names):
		return nil, apierror.NotUnique(t.Name.Name)
	}
	return names, nil
}
