package encode

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/query"
)

// NewCSV returns an Encoder of a line with the columns' names and a line for
// each row, with no line break after the last. A row is what PostgreSQL prints
// between the parentheses of a record, so values are taken as they are, whatever
// their column's encoding. A result without rows has no names either: it is an
// empty line.
func NewCSV(columns []query.Column) Encoder {
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = csvName(column.Name)
	}
	return &csv{header: strings.Join(names, ",")}
}

type csv struct {
	header string
	rows   bool // whether there was a row since Start
}

func (c *csv) Start(dst []byte) []byte {
	c.rows = false
	return dst
}

func (c *csv) Row(dst []byte, values [][]byte) []byte {
	// The names wait for the first row, because an empty result has none.
	if !c.rows {
		dst = append(dst, c.header...)
		c.rows = true
	}
	dst = append(dst, '\n')
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendField(dst, value)
	}
	return dst
}

func (c *csv) End(dst []byte) []byte {
	if !c.rows {
		return append(dst, '\n')
	}
	return dst
}

// csvName is a column's name as the header shows it. PostgREST joins the names
// as they are; one with a comma, a quote or a line break in it would shift or
// break the file's columns there, so here it is quoted, as RFC 4180 says. All
// others, even with spaces, are the same as PostgREST's.
func csvName(name string) string {
	if !strings.ContainsAny(name, ",\"\r\n") {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// isQuoted tells for each byte whether a field that contains it is quoted.
var isQuoted = [256]bool{
	'"': true, '\\': true, ',': true, '(': true, ')': true,
	' ': true, '\t': true, '\n': true, '\v': true, '\f': true, '\r': true,
}

// appendField appends a value as a record's text form has it: nothing for NULL,
// quotes around the empty string and around what could be misread.
func appendField(dst, value []byte) []byte {
	if value == nil {
		return dst
	}
	if !needsQuotes(value) {
		return append(dst, value...)
	}
	dst = append(dst, '"')
	appended := 0 // how many bytes of value were appended
	for i, c := range value {
		if c == '"' || c == '\\' {
			dst = append(dst, value[appended:i]...)
			dst = append(dst, c)
			appended = i // c is appended once more, with what follows: it is doubled
		}
	}
	dst = append(dst, value[appended:]...)
	return append(dst, '"')
}

func needsQuotes(value []byte) bool {
	for _, c := range value {
		if isQuoted[c] {
			return true
		}
	}
	return len(value) == 0
}
