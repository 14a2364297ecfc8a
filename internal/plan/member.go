package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// takeMembers has a write take the values of its body as texts, if none of them has to be
// read as JSON. An upsert's filters are about the whole row, as JSON has it.
func (m *Mutate) takeMembers() {
	if m.Action == Upsert || m.Defaults || slices.ContainsFunc(m.Columns, func(c WriteColumn) bool { return !c.readsText() }) {
		return
	}
	m.Members = make([]value.Arg, len(m.Columns))
	for i := range m.Members { // which are in the order of the body's
		m.Members[i] = value.Arg{From: value.FromMember, Index: i}
	}
}

// readsText reports whether the column's value can be cast from the text of a JSON
// string, number or boolean.
func (c WriteColumn) readsText() bool {
	castLate, ok := textTypes[c.Type.OID]
	return ok && (castLate || c.TypeName == c.Type.CastName())
}

// textTypes holds the scalar types of pg_catalog, by OID, for which to cast a text is the
// same as to have PostgreSQL read the value from JSON: other types may have a cast of their
// own from text, and arrays and composites read only JSON strings so. The value says that
// the column may have a modifier, such as the 10 of varchar(10): then the text is cast to
// the type without it, and the assignment to the column refuses what doesn't fit, in the
// words that reading from JSON has for it. It is false where a modifier does more: that of
// an interval says what the text means, and those of a number and of bits are looked at
// before the text is.
var textTypes = map[uint32]bool{
	oid.Bool:     false,
	oid.Bytea:    false,
	oid.Int8:     false,
	oid.Int2:     false,
	oid.Int4:     false,
	oid.Text:     false,
	oid.Float4:   false,
	oid.Float8:   false,
	1042:         true, // bpchar
	1043:         true, // varchar
	oid.Date:     false,
	1083:         true, // time
	1114:         true, // timestamp
	1184:         true, // timestamptz
	oid.Interval: false,
	1266:         true, // timetz
	oid.Numeric:  false,
	oid.UUID:     false,
}

// takeMembers has a call take the values of its arguments from the body as texts, if none
// of them has to be read as JSON. The columns are the body's.
func (c *Call) takeMembers(columns []string) {
	if slices.ContainsFunc(c.Named, func(p introspect.Param) bool { _, ok := textTypes[p.Type.OID]; return !ok }) {
		return
	}
	c.Members = make([]value.Arg, len(c.Named))
	for i, p := range c.Named {
		c.Members[i] = value.Arg{From: value.FromMember, Index: slices.Index(columns, p.Name)}
	}
}
