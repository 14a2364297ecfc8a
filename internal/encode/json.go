package encode

import (
	"bytes"
	"slices"

	"github.com/pgrest-go/pgrest/internal/query"
)

// What stands between two rows: json_agg begins a line for each, and json_strip_nulls
// prints its result without white space.
const (
	rowSeparator      = ", \n "
	strippedSeparator = ","
)

// NewArray returns an Encoder of a JSON array with an object for each row, in the layout
// of json_agg. With stripNulls the members that are null are left out, and the layout is
// that of json_strip_nulls; nulls within a Verbatim value are for the SQL to strip.
func NewArray(columns []query.Column, stripNulls bool) Encoder {
	separator := rowSeparator
	if stripNulls {
		separator = strippedSeparator
	}
	return &array{object: *newObject(columns, stripNulls), separator: separator}
}

// NewObject returns an Encoder of a result's only row as a JSON object: Start
// and End add nothing and Row is to be called once. stripNulls is as for
// NewArray.
func NewObject(columns []query.Column, stripNulls bool) Encoder {
	return newObject(columns, stripNulls)
}

type array struct {
	object    object
	separator string
	rows      bool // whether there was a row since Start
}

func (a *array) Start(dst []byte) []byte {
	a.rows = false
	return append(dst, '[')
}

func (a *array) Row(dst []byte, values [][]byte) []byte {
	if a.rows {
		dst = append(dst, a.separator...)
	}
	a.rows = true
	return a.object.Row(dst, values)
}

func (a *array) End(dst []byte) []byte {
	return append(dst, ']')
}

type object struct {
	columns    []query.Column // each with its key
	stripNulls bool
}

func newObject(columns []query.Column, stripNulls bool) *object {
	withoutKey := func(c query.Column) bool { return c.Key == nil }
	if slices.ContainsFunc(columns, withoutKey) {
		columns = slices.Clone(columns) // they may be others' too
		for i := range columns {
			columns[i].Key = query.KeyOf(columns[i].Name)
		}
	}
	return &object{columns: columns, stripNulls: stripNulls}
}

func (o *object) Start(dst []byte) []byte { return dst }

func (o *object) End(dst []byte) []byte { return dst }

func (o *object) Row(dst []byte, values [][]byte) []byte {
	start := len(dst)
	for i := range o.columns {
		c := &o.columns[i]
		if o.stripNulls && isNull(values[i], c.Encoding) {
			continue
		}
		dst = append(dst, c.Key...)
		dst = AppendValue(dst, c.Encoding, values[i])
	}
	if len(dst) == start {
		return append(dst, '{', '}')
	}
	dst[start] = '{' // it replaces the first member's comma
	return append(dst, '}')
}

// isNull reports whether the value is null in JSON: NULL, or a json column that
// holds the JSON null.
func isNull(value []byte, encoding query.Encoding) bool {
	if value == nil {
		return true
	}
	return encoding == query.Verbatim && len(value) >= len("null") &&
		string(bytes.Trim(value, " \t\n\r")) == "null"
}
