package query

// Yield is what a program's main statement gives, and where in it things are.
type Yield struct {
	Form Form
	// Columns are the client's own. Rows may have others besides: before them those of a
	// total, behind them those of overrides.
	Columns []Column
	// Times are the dates and timestamps among them, if they may come in binary format;
	// nil if not, or if there are none.
	Times *Times
	// Total is where the number of all rows is, of which the page is a part.
	Total Total
	// Overrides reports two columns behind the client's: what a function set
	// response.headers and response.status to before the first row.
	Overrides bool
	// Keys is how many columns stand behind the client's with the values of the row that a
	// page by its key begins or ends at, in the order's own order.
	Keys int
	// Inserted reports that the statement counts what it inserts, in InsertedSetting.
	Inserted bool
	// Affected reports that it counts the rows that it writes, in AffectedSetting.
	Affected bool
	// Version reports a column behind the client's, and those of overrides, with the version
	// of the only row.
	Version bool
	// Written is where the rows are that were written, if they are reported to the host.
	Written Written
}

// CountedIn are the settings in which the statement counts rows: that of Inserted, and that of
// Affected.
func (y *Yield) CountedIn() (settings []string) {
	if y.Inserted {
		settings = append(settings, InsertedSetting)
	}
	if y.Affected {
		settings = append(settings, AffectedSetting)
	}
	return settings
}

// Form is how a main statement's result is read.
type Form uint8

// The forms.
const (
	// FormRows: the client's rows, one by one.
	FormRows Form = iota
	// FormLines: rows of one text each, which are no rows of the resource.
	FormLines
	// FormNumber: one row, with the number of rows.
	FormNumber
	// FormDocument: one row, with the number of rows and what was made of all of them.
	FormDocument
	// FormTag: no row. PostgreSQL's command tag has the number of those that were written.
	FormTag
)

// Total is where a result has the number of all rows.
type Total uint8

// The places of the total.
const (
	// NoTotal: the main statement hasn't got it. The count or the estimate of the program may.
	NoTotal Total = iota
	// TotalInRows: each row begins with it, and with a mark. If the page is empty, there is
	// one row for the total, and its mark is NULL.
	TotalInRows
	// TotalBehind: it is the last column of the only row.
	TotalBehind
	// TotalItself: it is the number that FormNumber gives. How many rows the page has follows
	// from it.
	TotalItself
)

// How many columns are not the client's: those of a total stand before the client's own,
// and those of overrides behind them.
const (
	totalColumns    = 2
	overrideColumns = 2
)

// First is the place of the client's first column in a row.
func (y *Yield) First() int {
	switch {
	case y.Total == TotalInRows:
		return totalColumns
	case y.Written == WrittenBefore:
		return writtenColumns
	}
	return 0
}

// Own cuts a row to the client's own columns.
func (y *Yield) Own(row [][]byte) [][]byte {
	row = row[y.First():]
	if y.Overrides {
		row = row[:len(row)-overrideColumns]
	}
	if y.Written == WrittenInRows {
		row = row[:len(row)-1]
	}
	if y.Version {
		row = row[:len(row)-1]
	}
	return row[:len(row)-y.Keys]
}

// VersionOf takes the row's version out of a row; nil if it has none, or nobody asked.
func (y *Yield) VersionOf(row [][]byte) []byte {
	switch {
	case !y.Version:
		return nil
	case y.Written == WrittenInRows:
		return row[len(row)-2]
	}
	return row[len(row)-1]
}

// KeysOf takes the values of the order out of a row, as texts; there are none unless the page
// is one by its key.
func (y *Yield) KeysOf(row [][]byte) [][]byte { return row[len(row)-y.Keys:] }

// BeforeRow takes the total out of a row whose form is FormRows, nil if it isn't there, and
// whether the row is one of the page.
func (y *Yield) BeforeRow(row [][]byte) (total []byte, ofPage bool) {
	switch {
	case y.Total == TotalInRows:
		return row[0], row[1] != nil
	case y.Written == WrittenBefore:
		return nil, row[1] != nil
	}
	return nil, true
}

// OverridesOf takes the values of response.headers and response.status out of a row; ok is
// false if they aren't there.
func (y *Yield) OverridesOf(row [][]byte) (headers, status []byte, ok bool) {
	if !y.Overrides {
		return nil, nil, false
	}
	last := row[len(row)-overrideColumns:]
	return last[0], last[1], true
}
