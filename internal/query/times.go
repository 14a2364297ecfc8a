package query

import (
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// Times are the dates and timestamps among the columns of a read. Their text depends on the
// session: PostgreSQL writes it in the DateStyle, and that of a timestamptz in the session's
// time zone. What clients get as PostgreSQL's text, as CSV or by a cast, follows the
// DateStyle, but JSON has ISO style always. The binary format depends on neither setting and
// costs PostgreSQL less: the executor makes text of it.
//
// Writes and functions may change the settings while their rows are made. There PostgreSQL
// makes JSON of the times itself, by to_json.
type Times struct {
	Columns []TimeColumn
	// Local are the formats of all columns of the result (0 is text, 1 is binary) where
	// a timestamptz is text, and All those where it is binary.
	Local, All []int16
	// Zoned reports a timestamptz among them, and Text that rows are shown as texts.
	Zoned, Text bool
	// JSON is the statement in place of Main's that has to_json make JSON of each
	// timestamptz, and its columns; for sessions whose DateStyle isn't known. It is nil
	// without such columns, and where rows are shown as texts.
	JSON *Variant
}

// TimeColumn is the place of a column, and its type.
type TimeColumn struct {
	Index int
	OID   uint32
}

// Variant is another text of a statement with the same arguments.
type Variant struct {
	SQL     string
	Columns []Column

	main fragment // of SQL, until it is numbered
}

// NewTimes finds the times among columns of these types, 0 standing for any other;
// nil if there are none.
func NewTimes(oids []uint32) *Times {
	var t *Times
	for i, number := range oids {
		switch number {
		case oid.Date, oid.Timestamp, oid.TimestampTZ:
		default:
			continue
		}
		if t == nil {
			t = &Times{Local: make([]int16, len(oids)), All: make([]int16, len(oids))}
		}
		t.Columns = append(t.Columns, TimeColumn{Index: i, OID: number})
		t.All[i] = 1
		if number == oid.TimestampTZ {
			t.Zoned = true
		} else {
			t.Local[i] = 1
		}
	}
	return t
}

// keepsTimes reports rows whose times may come in binary format: those of relations,
// one by one. The type of an aggregate may be another than that of its argument.
func keepsTimes(n *plan.Node) bool { return n.Call == nil && !n.FromResult && !n.Aggregates() }

// textTimes finds the times among outputs that are shown as texts.
func textTimes(n *plan.Node, list []output) *Times {
	if !keepsTimes(n) {
		return nil
	}
	t := timesIn(list)
	if t != nil {
		t.Text = true
	}
	return t
}

// timesIn finds the times among outputs.
func timesIn(list []output) *Times {
	oids := make([]uint32, len(list))
	for i, o := range list {
		if isTime(o.oid) && !o.toJSON {
			oids[i] = o.oid
		}
	}
	return NewTimes(oids)
}

// isTime reports the type of a date or a timestamp.
func isTime(number uint32) bool {
	return number == oid.Date || number == oid.Timestamp || number == oid.TimestampTZ
}

// inJSON has to_json make JSON of the outputs that are dates or timestamps, or only of
// those with a time zone.
func inJSON(list []output, zonedOnly bool) {
	for i := range list {
		if o := &list[i]; isTime(o.oid) && (!zonedOnly || o.oid == oid.TimestampTZ) {
			o.toJSON, o.encoding = true, TimeJSON
		}
	}
}
