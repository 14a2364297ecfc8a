package filter

import (
	"iter"
	"slices"
	"strings"
)

// Canonical returns a query string with its parameters sorted by name, those of the same
// name in their order, all encoded in the same way and with an =. Query strings that ask
// for the same in another order or encoding have the same canonical form.
func Canonical(rawQuery string) string {
	sorted := make([]parameter, 0, strings.Count(rawQuery, "&")+strings.Count(rawQuery, ";")+1)
	for p := range parameters(rawQuery) {
		sorted = append(sorted, p)
	}
	slices.SortStableFunc(sorted, func(a, b parameter) int { return strings.Compare(a.name, b.name) })
	var b strings.Builder
	b.Grow(len(rawQuery) + len(rawQuery)/2) // escapes are longer than what they stand for
	for i, p := range sorted {
		if i > 0 {
			b.WriteByte('&')
		}
		writeEscaped(&b, p.name)
		b.WriteByte('=')
		writeEscaped(&b, p.value)
	}
	return b.String()
}

// parameter is a decoded part of a query string.
type parameter struct {
	name, value string
	given       bool // an = follows the name; the value after it may be empty
}

// parameters yields the parameters of a query string.
func parameters(rawQuery string) iter.Seq[parameter] {
	return func(yield func(parameter) bool) {
		for rest := rawQuery; rest != ""; {
			pair := rest
			if end := strings.IndexAny(rest, "&;"); end >= 0 {
				pair, rest = rest[:end], rest[end+1:]
			} else {
				rest = ""
			}
			if pair == "" {
				continue
			}
			name, value, given := strings.Cut(pair, "=")
			if !yield(parameter{unescape(name), unescape(value), given}) {
				return
			}
		}
	}
}

// unescape decodes + and percent-encoding. A malformed escape stays as it is.
func unescape(text string) string {
	if strings.IndexByte(text, '%') < 0 && strings.IndexByte(text, '+') < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%' && i+2 < len(text):
			high, low := unhex(text[i+1]), unhex(text[i+2])
			if high >= 0 && low >= 0 {
				c = byte(high<<4 | low)
				i += 2
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

// unhex returns the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}

// writeQuoted puts text into double quotes, as both the grammar and PostgreSQL's array
// literals require.
func writeQuoted(b *strings.Builder, text string) {
	b.WriteByte('"')
	for i := range len(text) {
		if text[i] == '"' || text[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	b.WriteByte('"')
}

// writeEscaped percent-encodes everything but the characters that RFC 3986 calls
// unreserved.
func writeEscaped(b *strings.Builder, text string) {
	const hex = "0123456789ABCDEF"
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
}
