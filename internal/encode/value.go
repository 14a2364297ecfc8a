package encode

import (
	"github.com/pgrest-go/pgrest/internal/jsontext"
	"github.com/pgrest-go/pgrest/internal/query"
)

// AppendValue appends a value in PostgreSQL's text format as the JSON that to_json would
// make of it. encoding is that of its column, and nil stands for NULL. Only what is JSON
// by PostgreSQL's word is taken as it is: a text that doesn't have the form that its
// encoding promises, such as a number that is NaN, becomes a string.
func AppendValue(dst []byte, encoding query.Encoding, value []byte) []byte {
	if value == nil {
		return append(dst, "null"...)
	}
	switch encoding {
	case query.Verbatim, query.TimeJSON:
		return append(dst, value...)
	case query.Number:
		if isNumber(value) {
			return append(dst, value...)
		}
	case query.Bool:
		if len(value) == 1 && value[0] == 't' {
			return append(dst, "true"...)
		}
		if len(value) == 1 && value[0] == 'f' {
			return append(dst, "false"...)
		}
	case query.Timestamp:
		return appendTimestamp(dst, value, false)
	case query.TimestampTZ:
		return appendTimestamp(dst, value, true)
	}
	return jsontext.AppendString(dst, value)
}

// isNumber reports whether a text is a JSON number (RFC 8259, section 6).
func isNumber(text []byte) bool {
	i := 0
	if len(text) > 0 && text[0] == '-' {
		i = 1
	}
	whole := digits(text, i)
	if whole == i || text[i] == '0' && whole > i+1 {
		return false
	}
	if i = whole; i == len(text) {
		return true
	}
	if text[i] == '.' {
		fraction := digits(text, i+1)
		if fraction == i+1 {
			return false
		}
		i = fraction
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		exponent := digits(text, i)
		if exponent == i {
			return false
		}
		i = exponent
	}
	return i == len(text)
}

// digits gives the index after the digits that begin at i.
func digits(text []byte, i int) int {
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	return i
}
