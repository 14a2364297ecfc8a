package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// takeMembers has a write take the members of its body, which are texts, if PostgreSQL need
// not read any of them as JSON. That of a PUT it does read: filters are about all of its row.
func (m *Mutate) takeMembers() {
	if m.Action == Upsert || m.Defaults || slices.ContainsFunc(m.Columns, func(c WriteColumn) bool { return !c.readsText() }) {
		return
	}
	m.Members = make([]value.Arg, len(m.Columns))
	for i := range m.Members { // the columns are in the order of the body's
		m.Members[i] = value.Arg{From: value.FromMember, Index: i}
	}
}

// readsText reports that the column's value can be cast from the text of a member.
func (c WriteColumn) readsText() bool {
	modified, ok := textTypes[c.Type.OID]
	return ok && (modified || c.TypeName == c.Type.CastName())
}

// textTypes are the types, by OID, whose values are the same whether a text is cast to the
// type or PostgreSQL reads them from JSON. All are scalar types of pg_catalog: other types
// may have a cast from text of their own, and arrays and composites are read from JSON
// arrays and objects.
//
// The value says whether a column of the type may have a modifier, as varchar(10) has. It
// may if the modifier only bounds or rounds the value, which the assignment to the column
// does, with the errors that reading from JSON would have had. The modifier of an interval
// says what the text means, and that of a numeric is checked before the text is read.
var textTypes = map[uint32]bool{
	oid.Bool:        false,
	oid.Bytea:       false,
	oid.Int8:        false,
	oid.Int2:        false,
	oid.Int4:        false,
	oid.Text:        false,
	oid.Float4:      false,
	oid.Float8:      false,
	oid.BPChar:      true,
	oid.VarChar:     true,
	oid.Date:        false,
	oid.Time:        true,
	oid.Timestamp:   true,
	oid.TimestampTZ: true,
	oid.Interval:    false,
	oid.TimeTZ:      true,
	oid.Numeric:     false,
	oid.UUID:        false,
}

// takeMembers has a call take its arguments from the members of its body, which are texts,
// if PostgreSQL need not read any of them as JSON. The columns are the body's.
func (c *Call) takeMembers(columns []string) {
	if slices.ContainsFunc(c.Named, func(p introspect.Param) bool { _, ok := textTypes[p.Type.OID]; return !ok }) {
		return
	}
	c.Members = make([]value.Arg, len(c.Named))
	for i, p := range c.Named {
		c.Members[i] = value.Arg{From: value.FromMember, Index: slices.Index(columns, p.Name)}
	}
}
