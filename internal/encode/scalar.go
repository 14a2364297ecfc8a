package encode

import "github.com/pgrest-go/pgrest/internal/query"

// scalars encodes rows of one value as a JSON array, or one such row as the value alone.
type scalars struct {
	column    query.Column
	array     bool
	separator string
	rows      bool
}

// NewScalars makes an Encoder for rows of one value, whose body is a JSON array of the
// values in the layout of json_agg. With stripNulls only the layout changes, to that of
// json_strip_nulls, which keeps the nulls in arrays.
func NewScalars(column query.Column, stripNulls bool) Encoder {
	separator := ", "
	if stripNulls {
		separator = strippedSeparator
	}
	return &scalars{column: column, array: true, separator: separator}
}

// NewScalar makes an Encoder for a single row of one value, whose body is that.
func NewScalar(column query.Column) Encoder { return &scalars{column: column} }

func (e *scalars) Start(dst []byte) []byte {
	e.rows = false
	if e.array {
		dst = append(dst, '[')
	}
	return dst
}

func (e *scalars) Row(dst []byte, values [][]byte) []byte {
	if e.rows {
		dst = append(dst, e.separator...)
	}
	e.rows = true
	return AppendValue(dst, e.column.Encoding, values[0])
}

func (e *scalars) End(dst []byte) []byte {
	switch {
	case e.array:
		return append(dst, ']')
	case !e.rows:
		return append(dst, "null"...)
	}
	return dst
}

// OrNull makes an Encoder whose body is null if there is no row, and otherwise
// that of e.
func OrNull(e Encoder) Encoder { return &orNull{Encoder: e} }

type orNull struct {
	Encoder
	rows bool
}

func (e *orNull) Start(dst []byte) []byte {
	e.rows = false
	return e.Encoder.Start(dst)
}

func (e *orNull) Row(dst []byte, values [][]byte) []byte {
	e.rows = true
	return e.Encoder.Row(dst, values)
}

func (e *orNull) End(dst []byte) []byte {
	if !e.rows {
		return append(dst, "null"...)
	}
	return e.Encoder.End(dst)
}
