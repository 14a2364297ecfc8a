package encode

import (
	"bytes"

	"github.com/pgrest-go/pgrest/internal/query"
)

// AppendValue appends a value in PostgreSQL's text format as JSON, as to_json would
// make it: encoding is that of its column, and nil stands for NULL.
func AppendValue(dst []byte, encoding query.Encoding, value []byte) []byte {
	if value == nil {
		return append(dst, "null"...)
	}
	switch encoding {
	case query.Verbatim:
		return append(dst, value...)
	case query.Number:
		return appendNumber(dst, value)
	case query.Bool:
		return appendBool(dst, value)
	case query.Timestamp:
		return appendTimestamp(dst, value, false)
	case query.TimestampTZ:
		return appendTimestamp(dst, value, true)
	default:
		return appendText(dst, value)
	}
}

// appendText appends a value as a JSON string, escaped as escape_json does.
func appendText(dst, value []byte) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, value)
	return append(dst, '"')
}

// escapes tells for each byte what follows the backslash that escapes it in a
// JSON string, u standing for \u00XX, or zero when it needs none.
var escapes = [256]byte{
	0x00: 'u', 0x01: 'u', 0x02: 'u', 0x03: 'u', 0x04: 'u', 0x05: 'u', 0x06: 'u', 0x07: 'u',
	0x08: 'b', 0x09: 't', 0x0a: 'n', 0x0b: 'u', 0x0c: 'f', 0x0d: 'r', 0x0e: 'u', 0x0f: 'u',
	0x10: 'u', 0x11: 'u', 0x12: 'u', 0x13: 'u', 0x14: 'u', 0x15: 'u', 0x16: 'u', 0x17: 'u',
	0x18: 'u', 0x19: 'u', 0x1a: 'u', 0x1b: 'u', 0x1c: 'u', 0x1d: 'u', 0x1e: 'u', 0x1f: 'u',
	'"': '"', '\\': '\\',
}

func appendEscaped(dst, value []byte) []byte {
	const hex = "0123456789abcdef"
	clean := 0 // where the bytes begin that are not appended yet
	for i, c := range value {
		escape := escapes[c]
		if escape == 0 {
			continue
		}
		dst = append(dst, value[clean:i]...)
		dst = append(dst, '\\', escape)
		if escape == 'u' {
			dst = append(dst, '0', '0', hex[c>>4], hex[c&0xf])
		}
		clean = i + 1
	}
	return append(dst, value[clean:]...)
}

// appendNumber appends a float or numeric. All of them end in a digit but NaN
// and the infinities, which are no JSON numbers and become strings.
func appendNumber(dst, value []byte) []byte {
	if len(value) == 0 || value[len(value)-1] < '0' || value[len(value)-1] > '9' {
		return appendText(dst, value)
	}
	return append(dst, value...)
}

func appendBool(dst, value []byte) []byte {
	if len(value) == 1 && value[0] == 't' {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

// appendTimestamp appends a timestamp as XML Schema writes it, which is what
// to_json does:
//
//	2020-01-01 10:00:00        2020-01-01T10:00:00
//	2020-01-01 10:00:00+00     2020-01-01T10:00:00+00:00
//	0044-03-15 12:00:00+01 BC  0044-03-15T12:00:00+01:00 BC
//	infinity                   infinity
func appendTimestamp(dst, value []byte, zoned bool) []byte {
	date, clock, found := bytes.Cut(value, []byte{' '})
	if !found {
		return appendText(dst, value)
	}
	dst = append(dst, '"')
	dst = appendEscaped(dst, date)
	dst = append(dst, 'T')
	if !zoned {
		dst = appendEscaped(dst, clock)
		return append(dst, '"')
	}
	clock, era, before := bytes.Cut(clock, []byte{' '})
	dst = appendEscaped(dst, clock)
	// PostgreSQL leaves out an offset's minutes when they are zero.
	if n := len(clock); n >= 3 && (clock[n-3] == '+' || clock[n-3] == '-') {
		dst = append(dst, ":00"...)
	}
	if before {
		dst = append(dst, ' ')
		dst = appendEscaped(dst, era)
	}
	return append(dst, '"')
}
