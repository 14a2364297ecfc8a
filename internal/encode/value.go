package encode

import (
	"bytes"

	"github.com/pgrest-go/pgrest/internal/jsontext"
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
		return jsontext.AppendString(dst, value)
	}
}

// appendNumber appends a float or numeric. All of them end in a digit but NaN
// and the infinities, which are no JSON numbers and become strings.
func appendNumber(dst, value []byte) []byte {
	if len(value) == 0 || value[len(value)-1] < '0' || value[len(value)-1] > '9' {
		return jsontext.AppendString(dst, value)
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
	date := bytes.IndexByte(value, ' ')
	if date < 0 {
		return jsontext.AppendString(dst, value)
	}
	var era []byte
	if n := len(value) - len(" BC"); n > date && value[n] == ' ' {
		value, era = value[:n], value[n:]
	}
	dst = append(dst, '"')
	dst = append(dst, value...)
	dst[len(dst)-len(value)+date] = 'T'
	// PostgreSQL leaves out an offset's minutes when they are zero.
	if n := len(value) - len("+00"); zoned && n > date && (value[n] == '+' || value[n] == '-') {
		dst = append(dst, ":00"...)
	}
	dst = append(dst, era...)
	return append(dst, '"')
}
