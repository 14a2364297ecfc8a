package auth

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/jsontext"
)

// HeadersJSON renders a request's headers as a JSON object, for the setting
// request.headers: sorted by name, the names in lower case, the values of a header that
// was sent more than once joined with ", ", and without the header Cookie. Bytes that
// aren't UTF-8 are replaced. host is the header Host, which net/http keeps apart from the
// others; an empty one is left out.
func HeadersJSON(host string, headers map[string][]string) []byte {
	type header struct {
		name   string
		values []string
	}
	var onStack [24]header // as many as requests usually have; it saves 290 bytes a request
	sorted, size := onStack[:0], len("{}")
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
			o.lowerText(h.name)
			o.value()
		} else {
			o.text(", ")
		}
		for j, v := range h.values {
			if j > 0 {
				o.text(", ")
			}
			o.text(v)
		}
	}
	return o.end()
}

// CookiesJSON renders the value of a Cookie header as a JSON object, for the
// setting request.cookies: sorted by name, the values as they were sent. Of two
// cookies with the same name the last counts. Bytes that aren't UTF-8 are replaced.
func CookiesJSON(cookie string) []byte {
	if cookie == "" {
		return []byte("{}")
	}
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
		o.text(p.name)
		o.value()
		o.text(p.value)
	}
	return o.end()
}

// objectWriter writes a JSON object of strings. Names and values may be written in pieces.
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

// text appends to the name or the value.
func (o *objectWriter) text(s string) { o.b = jsontext.AppendEscaped(o.b, s) }

// lowerText appends s with its ASCII letters in lower case.
func (o *objectWriter) lowerText(s string) {
	start := len(o.b)
	o.text(s)
	for i, c := range o.b[start:] {
		o.b[start+i] = lowerByte(c)
	}
}

func (o *objectWriter) end() []byte {
	if len(o.b) == 0 {
		return append(o.b, "{}"...)
	}
	return append(o.b, `"}`...)
}

// compareFold compares two header names in any case.
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
