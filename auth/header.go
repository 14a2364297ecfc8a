package auth

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// HeadersJSON renders a request's headers as a JSON object, for the setting
// request.headers: names in lower case and in order, the values of a header that
// was sent more than once joined with ", ", and the header Cookie left out. What
// isn't UTF-8 is replaced. Go's server keeps the header Host apart from the
// others; an empty host leaves it out.
func HeadersJSON(host string, headers map[string][]string) []byte {
	type header struct {
		name   string
		values []string
	}
	sorted := make([]header, 0, len(headers)+1)
	size := len("{}")
	if host != "" {
		sorted = append(sorted, header{"host", []string{host}})
		size += len(host) + len(`"host":"",`)
	}
	for name, values := range headers {
		if len(values) == 0 || strings.EqualFold(name, "cookie") {
			continue
		}
		sorted = append(sorted, header{name, values})
		size += len(name) + len(`"":"",`)
		for _, v := range values {
			size += len(v) + len(", ")
		}
	}
	slices.SortFunc(sorted, func(a, b header) int {
		return cmp.Or(compareFold(a.name, b.name), strings.Compare(a.name, b.name))
	})
	o := objectWriter{b: make([]byte, 0, size)}
	for i, h := range sorted {
		if i == 0 || compareFold(sorted[i-1].name, h.name) != 0 {
			o.member()
			o.text(h.name, true)
			o.value()
		} else {
			o.text(", ", false)
		}
		for j, v := range h.values {
			if j > 0 {
				o.text(", ", false)
			}
			o.text(v, false)
		}
	}
	return o.end()
}

// CookiesJSON renders the value of a Cookie header as a JSON object, for the
// setting request.cookies: the names in order, values as they were sent. Of two
// cookies of one name the last counts. What isn't UTF-8 is replaced.
func CookiesJSON(cookie string) []byte {
	type pair struct{ name, value string }
	var pairs []pair
	for part := range strings.SplitSeq(cookie, ";") {
		part = strings.Trim(part, " \t")
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{name, value})
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	o := objectWriter{b: make([]byte, 0, len(cookie)+len("{}")+len(pairs)*len(`"":"",`))}
	for i, p := range pairs {
		if i+1 < len(pairs) && pairs[i+1].name == p.name {
			continue
		}
		o.member()
		o.text(p.name, false)
		o.value()
		o.text(p.value, false)
	}
	return o.end()
}

// objectWriter writes a JSON object whose values are strings, which may come in
// pieces.
type objectWriter struct{ b []byte }

// member begins the name of the next member.
func (o *objectWriter) member() {
	if len(o.b) == 0 {
		o.b = append(o.b, `{"`...)
		return
	}
	o.b = append(o.b, `","`...)
}

// value ends the name and begins the value.
func (o *objectWriter) value() { o.b = append(o.b, `":"`...) }

// text goes on with the name or the value.
func (o *objectWriter) text(s string, lower bool) { o.b = appendEscaped(o.b, s, lower) }

func (o *objectWriter) end() []byte {
	if len(o.b) == 0 {
		return append(o.b, "{}"...)
	}
	return append(o.b, `"}`...)
}

// appendJSONString appends s as a JSON string.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	b = appendEscaped(b, s, false)
	return append(b, '"')
}

// appendEscaped appends s as it stands within a JSON string, with bytes that
// aren't UTF-8 replaced, and in lower case (of ASCII) when asked.
func appendEscaped(b []byte, s string, lower bool) []byte {
	const hex = "0123456789abcdef"
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		case lower:
			b = append(b, lowerByte(c))
		default:
			b = append(b, c)
		}
	}
	return b
}

// compareFold compares two header names without regard to case.
func compareFold(a, b string) int {
	for i := range min(len(a), len(b)) {
		if d := cmp.Compare(lowerByte(a[i]), lowerByte(b[i])); d != 0 {
			return d
		}
	}
	return cmp.Compare(len(a), len(b))
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}
