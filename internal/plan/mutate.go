package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// Mutate is the plan of a write to a relation. Its Root reads what was written.
type Mutate struct {
	Answer
	Action Action
	Table  *introspect.Table
	// Target is Table as the filters of the rows to write see it.
	Target *Node
	// Columns are those to write, from the JSON of the body, in which Array tells an
	// array of objects from a single one.
	Columns []WriteColumn
	Array   bool
	// Members are the values of Columns as texts, nil where PostgreSQL has to read the body
	// as JSON.
	Members []value.Arg
	// Defaults gives columns that are missing in an object their defaults.
	Defaults bool
	// Where are the filters of the rows to write, of Target; a PUT's are of the row to put.
	Where []Predicate
	// OneRow reports filters that name one row by its primary key.
	OneRow bool
	// Bulk makes an update one of many rows, each by its own object of the body; else nil.
	Bulk *Bulk
	// Levels reports a body of rows that may have others within them, and Nested is the insert of
	// these; nil if there are none.
	Levels bool
	Nested *Nested
	// Match is the condition on the row, nil for none. With one, a PUT either inserts its row
	// or changes the one that is there.
	Match *Match
	// Conflict is what to do about rows that are there already, nil to let them be an error.
	Conflict *Conflict
	// Check are conditions that new and changed rows have to satisfy.
	Check []Predicate
	// Return is what the client wants to know.
	Return Return
	// ReportRows has the result report to the host the rows that were written, and ReportOld
	// also updated ones as they were.
	ReportRows, ReportOld bool
	// CountRows has the result count the rows that were written, of which fewer or more may be
	// shown.
	CountRows bool
	// Key is the primary key, where that of a new row is all that the client wants to know.
	Key []KeyColumn
}

func (*Mutate) plan() {}

// Spread reports a write to a relation that Citus spreads over its workers, which take no
// functions that aren't IMMUTABLE where the values of a write, what it returns, and what
// becomes of a conflict are computed.
func (m *Mutate) Spread() bool { return m.Table.Distribution != introspect.Local }

// ShowsEach reports that the answer has a row for each row that was written: none is left out
// for what it embeds, and they aren't grouped.
func (m *Mutate) ShowsEach() bool {
	n := m.Root
	return m.Return != ReturnRepresentation || !n.Aggregates() && n.Distinct == nil && len(n.Where) == 0 && n.Window.IsAll() &&
		!slices.ContainsFunc(n.Embeds, func(e *Embed) bool { return e.Inner })
}

// Action is what a write does.
type Action = apirequest.Action

// The actions of writes.
const (
	Create = apirequest.Create
	Upsert = apirequest.Upsert
	Update = apirequest.Update
	Delete = apirequest.Delete
)

// WriteColumn is a column to write.
type WriteColumn struct {
	*introspect.Column
	// Parse is the function that makes a value of the column's domain from JSON,
	// and Represent the one that makes JSON of it; zero for none.
	Parse, Represent introspect.QualifiedName
}

// KeyColumn is a column of the primary key. Its value is returned for a filter to find the
// row by, which reads a text.
type KeyColumn struct {
	*introspect.Column
	// Print is the function that makes this text of the value or, if JSON is set, a JSON
	// string with the text. It is zero where the text is PostgreSQL's own.
	Print introspect.QualifiedName
	JSON  bool
}

// Return is what is returned of a write.
type Return uint8

// The values of the return preference.
const (
	ReturnMinimal Return = iota
	ReturnHeadersOnly
	ReturnRepresentation
)

func returnOf(req *apirequest.Shape) Return {
	switch req.Prefer.Return {
	case "representation":
		return ReturnRepresentation
	case "headers-only":
		return ReturnHeadersOnly
	}
	return ReturnMinimal
}

func (p *Planner) mutate(req *apirequest.Shape) (Plan, error) {
	table, err := p.table(req)
	if err != nil {
		return nil, err
	}
	m := &Mutate{Action: req.Action, Table: table, Return: returnOf(req), CountRows: req.CountRows}
	if m.ReportRows = req.ReportRows; m.ReportRows {
		m.ReportOld = p.cache.ServerVersion >= returnsOld
	}
	m.Target = &Node{Table: table, Exposed: true, Alias: rootAlias(table)}
	if err := p.addResult(m, req); err != nil {
		return nil, err
	}
	if err := p.addFilters(m, req); err != nil {
		return nil, err
	}
	if err := refusedOf(m.Where); err != nil {
		return nil, err
	}
	m.OneRow = p.namesRow(req.Where, table)
	if m.Action == Upsert && !m.OneRow {
		return nil, apierror.PutFilters()
	}
	if m.Action != Delete {
		if err := p.addBody(m, req); err != nil {
			return nil, err
		}
	}
	if m.Return == ReturnHeadersOnly && m.Action == Create {
		m.Key = p.key(table)
	}
	if err := p.addNested(m, req); err != nil {
		return nil, err
	}
	if err := checkPreferences(req); err != nil { // a write's go before its media type
		return nil, err
	}
	if err := p.finish(&m.Answer, req, producer{rows: table.Name, defaults: defaultSelect(req)}); err != nil {
		return nil, err
	}
	if m.Nested != nil && m.Explain != nil {
		return nil, apierror.NotImplemented("There is no execution plan of rows with others within them: they are inserted by several statements.")
	}
	if m.Match, err = p.match(req, table); err != nil {
		return nil, err
	}
	if m.Match != nil && m.Match.Version != nil {
		m.relies.onVersion(table, m.Match.Version)
	}
	if m.Return == ReturnRepresentation && (m.Action == Update || m.Action == Upsert) {
		m.Version = p.shownVersion(&m.Answer, req, table)
	}
	if m.Explain == nil { // else its rows are lines of an execution plan
		m.expect(req)
	}
	return m, nil
}

// returnsOld is the version of PostgreSQL from which on RETURNING has rows as they were.
const returnsOld = 180000

// addResult makes the tree that reads what was written. All of it is read, whatever the
// maximum of rows.
func (p *Planner) addResult(m *Mutate, req *apirequest.Shape) error {
	if groupsResult(req) {
		return apierror.NotImplemented("Distinct and having are not implemented for the relation that a write is to.")
	}
	uncapped := *p
	uncapped.config.MaxRows, uncapped.config.MaxRowsOf = 0, nil
	uncapped.overlooks = m.Return != ReturnRepresentation // and nothing is read
	if err := uncapped.tree(&m.Answer, m.Table, ofResult(req)); err != nil {
		return err
	}
	m.Root.FromResult, m.Root.RowColumn = true, m.Root.OwnName("pgrst row")
	return nil
}

// ofResult is the shape as the reading of the result sees it: filters of the
// relation itself are about the rows to write, and pages are not for writes.
func ofResult(req *apirequest.Shape) *apirequest.Shape {
	result := *req
	result.Window, result.Pages, result.Where = apirequest.Window{}, nil, nil
	for _, predicate := range req.Where {
		if len(predicate.Path) > 0 {
			result.Where = append(result.Where, predicate)
		}
	}
	return &result
}

// addFilters resolves the filters of the rows to write.
func (p *Planner) addFilters(m *Mutate, req *apirequest.Shape) error {
	settling := *p
	settling.overlooks = m.Action == Update && len(req.Body.Columns) == 0 // which updates nothing
	for _, predicate := range req.Where {
		if len(predicate.Path) > 0 {
			continue
		}
		node := settling.settle(m.Target, predicate.Node)
		if _, ok := node.(apirequest.Condition); ok && m.Action == Create {
			continue // as no filter of an insert counts, none is refused
		}
		if relates(node) {
			return apierror.NotImplemented("Conditions about related rows are not implemented for the relation that a write is to.")
		}
		resolved, err := p.predicate(m.Target, node, &m.relies)
		if err != nil {
			return err
		}
		m.Where = append(m.Where, resolved)
	}
	return nil
}

// relates reports a condition about related rows, also within a group.
func relates(node apirequest.Node) bool {
	switch node := node.(type) {
	case apirequest.Condition:
		return len(node.Field.Related) > 0
	case apirequest.Group:
		return slices.ContainsFunc(node.Nodes, relates)
	}
	return false
}

// addBody resolves the columns to write, and settles how their values are read and what
// becomes of rows that are there already.
func (p *Planner) addBody(m *Mutate, req *apirequest.Shape) error {
	m.Array = req.Body.Array
	if err := p.addWriteColumns(m, req.Body.Columns); err != nil {
		return err
	}
	m.Defaults = req.Prefer.Missing == "default"
	switch m.Action {
	case Create:
		if err := p.addConflict(m, req); err != nil {
			return err
		}
	case Update:
		if err := p.addBulk(m, req); err != nil {
			return err
		}
	case Upsert:
		if !containsAll(req.Body.Columns, m.Table.PrimaryKey) {
			return apierror.PutMismatch()
		}
		m.Conflict, m.Defaults = &Conflict{Columns: m.Table.PrimaryKey, Merge: true, Updates: m.Columns}, false
		if req.Match == apirequest.MatchAbsent {
			m.Conflict.Updates = nil
		}
	}
	if m.Conflict != nil {
		m.relies.onColumns(m.Table, m.Conflict.Columns)
	}
	if req.Body.Members {
		m.takeMembers()
	}
	return nil
}

// expect says what the result has to be.
func (m *Mutate) expect(req *apirequest.Shape) {
	switch m.Action {
	case Upsert:
		m.Expect.Matching, m.Expect.Singular = m.Match == nil, false // with a condition, SQL tells
	case Update, Delete:
		m.Expect.MaxAffected = req.Prefer.MaxAffected
	}
	m.Expect.EachObject = forBulk(req) && !req.Body.Lenient
}

// key lists the columns of a relation's primary key in the relation's order.
func (p *Planner) key(t *introspect.Table) []KeyColumn {
	var key []KeyColumn
	for i := range t.Columns {
		if c := &t.Columns[i]; slices.Contains(t.PrimaryKey, c.Name) {
			k := KeyColumn{Column: c}
			if c.Type != nil {
				k.Print, k.JSON = p.printer(c)
			}
			key = append(key, k)
		}
	}
	return key
}

func (p *Planner) addWriteColumns(m *Mutate, names []string) error {
	for _, name := range names {
		column, ok := m.Table.Column(name)
		if !ok {
			return apierror.ColumnNotFound(m.Table.Name.Name, name)
		}
		w := WriteColumn{Column: column}
		if column.Type.IsDomain {
			w.Parse, _ = p.cache.Representation(oid.JSON, column.Type.OID)
			w.Represent, _ = p.cache.Representation(column.Type.OID, oid.JSON)
		}
		m.Columns = append(m.Columns, w)
	}
	return nil
}

// containsAll reports that names has each of the others.
func containsAll(names, others []string) bool {
	return !slices.ContainsFunc(others, func(name string) bool { return !slices.Contains(names, name) })
}
