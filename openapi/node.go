package openapi

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// object is a JSON object whose members keep their order. The value of a member is
// an object, array, []string, string, bool, int, json.RawMessage or nil.
type object []member

type member struct {
	name  string
	value any
}

// array is a JSON array of such values.
type array []any

// with adds a member, unless its value is nothing: nil, or empty.
func (o object) with(name string, value any) object {
	if isEmpty(value) {
		return o
	}
	return append(o, member{name, value})
}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case object:
		return len(v) == 0
	case array:
		return len(v) == 0
	case []string:
		return len(v) == 0
	case json.RawMessage:
		return len(v) == 0
	}
	return false
}

// appendJSON appends the encoding of a value, without white space.
func appendJSON(dst []byte, value any) []byte {
	switch v := value.(type) {
	case object:
		dst = append(dst, '{')
		for i, m := range v {
			dst = appendComma(dst, i)
			dst = append(appendString(dst, m.name), ':')
			dst = appendJSON(dst, m.value)
		}
		return append(dst, '}')
	case array:
		dst = append(dst, '[')
		for i, item := range v {
			dst = appendJSON(appendComma(dst, i), item)
		}
		return append(dst, ']')
	case []string:
		dst = append(dst, '[')
		for i, item := range v {
			dst = appendString(appendComma(dst, i), item)
		}
		return append(dst, ']')
	case string:
		return appendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case json.RawMessage:
		return append(dst, v...)
	}
	return append(dst, "null"...)
}

func appendComma(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return dst
}

// appendString appends a JSON string. Unlike that of encoding/json it leaves the
// angle brackets of notes on keys as they are.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&0xf])
		case r < utf8.RuneSelf:
			dst = append(dst, s[i])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
