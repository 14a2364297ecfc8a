package query

import (
	"github.com/pgrest-go/pgrest/internal/jsontext"
	"github.com/pgrest-go/pgrest/internal/oid"
)

// Encoding says how a result column's text form becomes a JSON value.
type Encoding uint8

// The encodings. Together they give what PostgreSQL's to_json would.
const (
	// Text is escaped and quoted.
	Text Encoding = iota
	// Verbatim is JSON that PostgreSQL made: json, jsonb, or what to_json gave in SQL.
	Verbatim
	// Number is a number: an integer, a float or a numeric. NaN and infinities are
	// quoted.
	Number
	// Bool is t or f.
	Bool
	// Timestamp is ISO text that gets a T between date and time.
	Timestamp
	// TimestampTZ is a Timestamp whose offset always shows its minutes.
	TimestampTZ
	// TimeJSON is what to_json made in SQL of a date, a timestamp or a timestamptz.
	TimeJSON
)

// Column is an output column: its name, unquoted, and its encoding.
type Column struct {
	Name string
	// Key is the name as an object of JSON has it, with the comma before it: ,"name":.
	// The columns of a program have it, so that it isn't written for each request; where
	// it is missing, it is made of the name.
	Key      []byte
	Encoding Encoding
	// OID is the type that the encoding is for, domains looked through; 0 where it
	// is for any.
	OID uint32
}

// KeyOf writes a name as [Column.Key] has it.
func KeyOf(name string) []byte {
	key := make([]byte, 0, len(name)+len(`,"":`))
	return append(jsontext.AppendString(append(key, ','), name), ':')
}

// Takes reports whether values of a type, by its number, are what the encoding is for.
// PostgreSQL's JSON of whatever has one of two types.
func (c *Column) Takes(number uint32) bool {
	switch {
	case c.Encoding == TimeJSON, c.Encoding == Verbatim && c.OID == 0:
		return number == oid.JSON || number == oid.JSONB
	}
	return c.OID == 0 || c.OID == number
}
