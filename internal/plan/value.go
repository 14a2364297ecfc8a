package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
)

// asTexts gives a write the values of its body, if none of them has to be read as
// JSON. An upsert's filters are about the whole row, as JSON has it.
func (m *Mutate) asTexts(values [][]byte) {
	if m.Action == Upsert || m.Defaults || slices.ContainsFunc(m.Columns, func(c WriteColumn) bool { return !c.readsText() }) {
		return
	}
	m.Values = values
}

// readsText reports whether the column's value can be cast from the text of a JSON
// string, number or boolean.
func (c WriteColumn) readsText() bool {
	castLate, ok := textTypes[c.Type.OID]
	return ok && (castLate || c.TypeName == c.Type.CastName())
}

// textTypes holds the scalar types of pg_catalog, by OID, whose cast from text is what
// PostgreSQL makes of JSON: it reads the text. Other types may have a cast of their own
// from text, and arrays and composites read only JSON strings so. Those that are true
// may have a modifier: to assign such a value to the column gives what reading it for
// the column gives, the errors included. The modifier of an interval says what the text
// means, and those of a number and of bits are looked at before the text is.
var textTypes = map[uint32]bool{
	16:   false, // bool
	17:   false, // bytea
	20:   false, // int8
	21:   false, // int2
	23:   false, // int4
	25:   false, // text
	700:  false, // float4
	701:  false, // float8
	1042: true,  // bpchar
	1043: true,  // varchar
	1082: false, // date
	1083: true,  // time
	1114: true,  // timestamp
	1184: true,  // timestamptz
	1186: false, // interval
	1266: true,  // timetz
	1700: false, // numeric
	2950: false, // uuid
}

// asTexts gives a call the values of its arguments, if none of them has to be read
// as JSON.
func (c *Call) asTexts(names []string, values [][]byte) {
	if values == nil || slices.ContainsFunc(c.Named, func(p introspect.Param) bool { _, ok := textTypes[p.Type.OID]; return !ok }) {
		return
	}
	c.Values = make([][]byte, len(c.Named))
	for i, p := range c.Named {
		c.Values[i] = values[slices.Index(names, p.Name)]
	}
}
