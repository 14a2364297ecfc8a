// Package etag has entity tags (RFC 9110, section 8.8.3), and the lists of them that the
// headers If-Match and If-None-Match have.
//
// A tag tells apart representations. That of a row has the row's version in front, so that
// two representations of one version have different tags, and the version can be read from
// either:
//
//	tag := etag.New([]byte("742"), sum) // "NzQy.T1c7…"
//	list := etag.Parse([]string{tag, `W/"x"`})
//	list.Strongly(tag)  // true
//	list.Versions()     // [742]
package etag

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// SumSize is how many bytes of a representation's hash a tag has. Nobody finds two
// representations with the same 16 bytes of a SHA-256.
const SumSize = 16

// maxVersion is how long a version may be, in bytes, for a tag to have it. Tags are sent
// back in headers, which have their limits.
const maxVersion = 96

// encoding is that of both parts of a tag. No letter of it means anything in a header.
var encoding = base64.RawURLEncoding

// separator stands between the version and the hash.
const separator = "."

// New makes the strong tag of a representation by its hash, with its quotes. The version is
// that of the row which the representation is of, nil for none. One that is too long for a
// tag is left out.
func New(version []byte, sum [SumSize]byte) string {
	var room [192]byte
	tag := append(room[:0], '"')
	if version != nil && len(version) <= maxVersion {
		tag = encoding.AppendEncode(tag, version)
		tag = append(tag, separator...)
	}
	tag = encoding.AppendEncode(tag, sum[:])
	return string(append(tag, '"'))
}

// List is what an If-Match or an If-None-Match asks for. The zero List is that of a request
// without the header.
type List struct {
	// Given reports that there is such a header, and Any that it is *.
	Given, Any bool
	tags       []tag
}

type tag struct {
	weak   bool
	opaque string // with its quotes
}

// Parse reads the values of such a header. What is no tag among them matches nothing.
func Parse(values []string) List {
	l := List{Given: len(values) > 0}
	for _, value := range values {
		if strings.Trim(value, " \t") == "*" {
			l.Any = true
			continue
		}
		l.add(value)
	}
	return l
}

// add reads a list of tags, up to what is none.
func (l *List) add(value string) {
	for {
		var t tag
		value = strings.TrimLeft(value, " \t,")
		value, t.weak = strings.CutPrefix(value, "W/")
		if !strings.HasPrefix(value, `"`) {
			return
		}
		end := strings.IndexByte(value[1:], '"')
		if end < 0 {
			return
		}
		t.opaque, value = value[:end+2], value[end+2:]
		l.tags = append(l.tags, t)
	}
}

// Strongly reports that the list has a tag by strong comparison (RFC 9110, section 8.8.3.2):
// weak tags match nothing. The tag is empty where there is none, which only * matches.
func (l *List) Strongly(tag string) bool {
	for _, t := range l.tags {
		if !t.weak && t.opaque == tag {
			return true
		}
	}
	return l.Any
}

// Weakly reports that the list has a tag by weak comparison, whether or not one of them is
// weak.
func (l *List) Weakly(tag string) bool {
	tag = strings.TrimPrefix(tag, "W/")
	for _, t := range l.tags {
		if t.opaque == tag {
			return true
		}
	}
	return l.Any
}

// Versions are those of the strong tags in the list.
func (l *List) Versions() []string {
	var versions []string
	for _, t := range l.tags {
		version, _, ok := strings.Cut(strings.Trim(t.opaque, `"`), separator)
		if !ok || t.weak {
			continue
		}
		if text, err := encoding.DecodeString(version); err == nil && utf8.Valid(text) && !bytes.Contains(text, []byte{0}) {
			versions = append(versions, string(text)) // as PostgreSQL may have made it
		}
	}
	return versions
}
