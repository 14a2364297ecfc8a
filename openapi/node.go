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

// with adds a member, unless its value is nil, false or empty.
func (o object) with(name string, value any) object {
	if isEmpty(value) {
		return o
	}
	return append(o, member{name, value})
}

// get gives the value of a member; nil for none.
func (o object) get(name string) any {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
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

// encode gives the JSON of a document that describes so many columns.
func encode(doc object, columns int) []byte {
	const base, column = 16 << 10, 1 << 10 // about the bytes that they take
	return appendJSON(make([]byte, 0, base+columns*column), doc)
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

// appendString appends a JSON string that is a YAML string, too, since characters that
// aren't printable are escaped. Unlike encoding/json it doesn't escape angle brackets,
// which the notes on keys have.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	done := 0 // how many bytes of s are written
	for i, r := range s {
		if r != '"' && r != '\\' && r != utf8.RuneError && !isControl(r) {
			continue
		}
		dst = append(dst, s[done:i]...)
		size := utf8.RuneLen(r)
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == utf8.RuneError: // or a byte that is not UTF-8
			_, size = utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, '\\', 'u', hex[r>>12], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
		}
		done = i + size
	}
	return append(append(dst, s[done:]...), '"')
}

// isControl reports whether YAML forbids a character, or takes it for a line break.
func isControl(r rune) bool {
	switch r {
	case '\u2028', '\u2029', '\ufeff', '\ufffe', '\uffff':
		return true
	}
	return r < ' ' || '\u007f' <= r && r < '\u00a0'
}
