package encode

import (
	"bytes"

	"github.com/pgrest-go/pgrest/internal/jsontext"
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
	members    []member
	stripNulls bool
}

// member is the member of an object that a column makes.
type member struct {
	key      []byte // as it is written, with the comma before it: ,"key":
	encoding query.Encoding
}

func newObject(columns []query.Column, stripNulls bool) *object {
	o := &object{members: make([]member, len(columns)), stripNulls: stripNulls}
	for i, c := range columns {
		key := make([]byte, 0, len(c.Name)+len(`,"":`))
		key = append(jsontext.AppendString(append(key, ','), c.Name), ':')
		o.members[i] = member{key: key, encoding: c.Encoding}
	}
	return o
}

func (o *object) Start(dst []byte) []byte { return dst }

func (o *object) End(dst []byte) []byte { return dst }

func (o *object) Row(dst []byte, values [][]byte) []byte {
	start := len(dst)
	for i := range o.members {
		m := &o.members[i]
		if o.stripNulls && isNull(values[i], m.encoding) {
			continue
		}
		dst = append(dst, m.key...)
		dst = AppendValue(dst, m.encoding, values[i])
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
