package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
)

// asTexts gives a write the values of its body, if none of them has to be read as
// JSON.
func (m *Mutate) asTexts(values [][]byte) {
	if !m.Defaults && !slices.ContainsFunc(m.Columns, func(c WriteColumn) bool { return !c.takesText() }) {
		m.Values = values
	}
}

// takesText reports whether a text in a cast to the column's type gives what JSON
// of that text gives.
func (c WriteColumn) takesText() bool {
	return c.Parse == introspect.QualifiedName{} && readsText(c.Type) && (c.TypeName == c.Type.CastName() || castLate[c.Type.OID])
}

// castLate holds the types with a modifier of which the assignment to a column makes
// what reading a text for that column would, the same errors included. The modifier
// of an interval, for one, says what the text means.
var castLate = map[uint32]bool{
	1042: true, // bpchar
	1043: true, // varchar
	1083: true, // time
	1114: true, // timestamp
	1184: true, // timestamptz
	1266: true, // timetz
	1560: true, // bit
	1562: true, // varbit
	1700: true, // numeric
}

// readsText reports a type that reads the text of a JSON string, number or boolean.
// Arrays and composites read only that of strings, and JSON itself the whole value.
func readsText(t *introspect.Type) bool {
	switch t.Kind {
	case introspect.ArrayType, introspect.CompositeType, introspect.PseudoType:
		return false
	}
	return t.BaseOID != jsonOID && t.BaseOID != jsonbOID
}

// asTexts gives a call the values of its arguments, if none of them has to be read
// as JSON.
func (c *Call) asTexts(names []string, values [][]byte) {
	if values == nil || slices.ContainsFunc(c.Named, func(p introspect.Param) bool { return !readsText(p.Type) }) {
		return
	}
	c.Values = make([][]byte, len(c.Named))
	for i, p := range c.Named {
		c.Values[i] = values[slices.Index(names, p.Name)]
	}
}
