// Package jsontext writes JSON strings.
//
//	jsontext.AppendString(nil, `The "Third" Man`) // "The \"Third\" Man"
package jsontext

import "unicode/utf8"

// AppendString appends s as a JSON string (RFC 8259, section 7), in the form in which
// PostgreSQL's to_json has it. Bytes of s that aren't UTF-8 are replaced by U+FFFD.
func AppendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	dst = AppendEscaped(dst, s)
	return append(dst, '"')
}

// AppendEscaped appends what AppendString does, without the quotes.
func AppendEscaped[T string | []byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	for {
		n, ascii := clean(s)
		if ascii || validUTF8(s[:n]) {
			dst = append(dst, s[:n]...)
		} else {
			dst = append(dst, string([]rune(string(s[:n])))...)
		}
		if n == len(s) {
			return dst
		}
		c := s[n]
		escape := escapes[c]
		dst = append(dst, '\\', escape)
		if escape == 'u' {
			dst = append(dst, '0', '0', hex[c>>4], hex[c&0xf])
		}
		s = s[n+1:]
	}
}

// escapes tells for each byte what follows the backslash that escapes it, u standing
// for \u00XX, or zero when it needs none.
var escapes = [256]byte{
	0x00: 'u', 0x01: 'u', 0x02: 'u', 0x03: 'u', 0x04: 'u', 0x05: 'u', 0x06: 'u', 0x07: 'u',
	0x08: 'b', 0x09: 't', 0x0a: 'n', 0x0b: 'u', 0x0c: 'f', 0x0d: 'r', 0x0e: 'u', 0x0f: 'u',
	0x10: 'u', 0x11: 'u', 0x12: 'u', 0x13: 'u', 0x14: 'u', 0x15: 'u', 0x16: 'u', 0x17: 'u',
	0x18: 'u', 0x19: 'u', 0x1a: 'u', 0x1b: 'u', 0x1c: 'u', 0x1d: 'u', 0x1e: 'u', 0x1f: 'u',
	'"': '"', '\\': '\\',
}

// clean counts the bytes before the first that has to be escaped, and reports whether
// they are ASCII.
func clean[T string | []byte](s T) (n int, ascii bool) {
	i, all := 0, uint64(0)
	for ; len(s)-i >= 8; i += 8 { // eight bytes at a time, the first of them lowest
		b := s[i : i+8]
		word := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		if hasEscape(word) {
			break
		}
		all |= word
	}
	for i < len(s) && escapes[s[i]] == 0 {
		all |= uint64(s[i])
		i++
	}
	return i, all&high == 0
}

// ones is eight bytes of 1, and high eight bytes of only the highest bit.
const ones, high = 0x0101010101010101, 0x8080808080808080

// hasEscape reports whether one of eight bytes has to be escaped: one below a blank, a
// quote or a backslash. x-n sets the high bit of the bytes of x that are smaller than n;
// ^x takes away those whose high bit was set before. A byte is a quote if the exclusive or
// with a quote is smaller than 1.
func hasEscape(word uint64) bool {
	quote, backslash := word^ones*'"', word^ones*'\\'
	return ((word-ones*' ')&^word|(quote-ones)&^quote|(backslash-ones)&^backslash)&high != 0
}

// validUTF8 is utf8.Valid for both kinds of text.
func validUTF8[T string | []byte](s T) bool {
	if text, ok := any(s).(string); ok {
		return utf8.ValidString(text)
	}
	return utf8.Valid([]byte(s))
}
