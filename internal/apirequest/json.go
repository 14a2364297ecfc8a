package apirequest

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// maxDepth bounds the nesting of arrays and objects, as encoding/json does.
const maxDepth = 10000

// jsonBlanks are the characters that may stand between the tokens of JSON.
const jsonBlanks = " \t\r\n"

// jsonShape is what of a JSON text decides over how it is written.
type jsonShape struct {
	// array reports an array. Objects is the number of the objects in it, or 1
	// for a single object.
	array   bool
	objects int
	// uniform reports that an array has nothing but objects with the same keys.
	uniform bool

	order []jsonKey      // the keys of the first object, in its order
	names [][]byte       // the distinct ones without their escapes, by their places
	last  []int          // the number of the last object that had the key, by its place
	index map[string]int // from many names to their places
}

// fewNames is up to how many names are searched one by one. An index of more is
// made when it is needed.
const fewNames = 24

// jsonKey is a key as it is written, without its quotes, and its place in last.
type jsonKey struct {
	raw   []byte
	place int
}

// readShape walks over the whole of text, and reports whether it is valid JSON
// in UTF-8. It keeps parts of text. What it allocates depends on the first
// object alone: the others are compared with it as they are written.
func readShape(text []byte) (*jsonShape, bool) {
	const usual = 16 // keys
	shape := &jsonShape{uniform: true, order: make([]jsonKey, 0, usual), names: make([][]byte, 0, usual), last: make([]int, 0, usual)}
	if !utf8.Valid(text) {
		return nil, false
	}
	s := &jsonScanner{text: text}
	ok := false
	switch s.skipBlanks() {
	case '{':
		ok = shape.readObject(s, 1)
	case '[':
		shape.array = true
		ok = shape.readArray(s)
	default:
		ok = s.skipValue(0)
	}
	s.skipBlanks()
	return shape, ok && s.pos == len(text)
}

// columns are the keys of the objects, sorted; nil for none. All share one text.
func (shape *jsonShape) columns() []string {
	if len(shape.names) == 0 {
		return nil
	}
	all := string(bytes.Join(shape.names, nil))
	columns := make([]string, len(shape.names))
	for i, name := range shape.names {
		columns[i], all = all[:len(name)], all[len(name):]
	}
	slices.Sort(columns)
	return columns
}

func (shape *jsonShape) readArray(s *jsonScanner) bool {
	s.pos++
	if s.skipBlanks() == ']' {
		s.pos++
		return true
	}
	for {
		ok := false
		if s.skipBlanks() == '{' && shape.uniform {
			ok = shape.readObject(s, 2)
		} else {
			shape.uniform = false
			ok = s.skipValue(1)
		}
		if !ok {
			return false
		}
		switch c := s.skipBlanks(); c {
		case ',', ']':
			s.pos++
			if c == ']' {
				return true
			}
		default:
			return false
		}
	}
}

// readObject reads an object, which is the depth-th of the arrays and objects
// around its values.
func (shape *jsonShape) readObject(s *jsonScanner, depth int) bool {
	s.pos++
	shape.objects++
	distinct := 0
	if s.skipBlanks() == '}' {
		s.pos++
		shape.endObject(distinct)
		return true
	}
	for nth := 0; ; nth++ {
		key, ok := s.readKey()
		if !ok {
			return false
		}
		if shape.add(key, nth) {
			distinct++
		}
		if !s.skipValue(depth) {
			return false
		}
		switch s.skipBlanks() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			shape.endObject(distinct)
			return true
		default:
			return false
		}
	}
}

// add takes note of the nth key of the current object; it reports whether the
// object has it for the first time.
func (shape *jsonShape) add(raw []byte, nth int) bool {
	place := 0
	if shape.objects > 1 && nth < len(shape.order) && bytes.Equal(shape.order[nth].raw, raw) {
		place = shape.order[nth].place
	} else {
		var known bool
		if place, known = shape.find(raw); !known {
			shape.uniform = false
			return false
		}
	}
	if shape.last[place] == shape.objects {
		return false
	}
	shape.last[place] = shape.objects
	return true
}

// find looks a key up; the first object makes its keys known.
func (shape *jsonShape) find(raw []byte) (int, bool) {
	name := raw
	if bytes.IndexByte(raw, '\\') >= 0 {
		name = unescapeKey(raw)
	}
	place, known := shape.place(name)
	if shape.objects > 1 {
		return place, known
	}
	if !known {
		place = len(shape.names)
		shape.names = append(shape.names, name)
		shape.last = append(shape.last, 0)
		if shape.index != nil {
			shape.index[string(name)] = place
		}
	}
	shape.order = append(shape.order, jsonKey{raw, place})
	return place, true
}

// place finds a name's place.
func (shape *jsonShape) place(name []byte) (int, bool) {
	if len(shape.names) <= fewNames {
		place := slices.IndexFunc(shape.names, func(known []byte) bool { return bytes.Equal(known, name) })
		return place, place >= 0
	}
	if shape.index == nil {
		shape.index = make(map[string]int, 2*len(shape.names))
		for place, known := range shape.names {
			shape.index[string(known)] = place
		}
	}
	place, known := shape.index[string(name)]
	return place, known
}

func (shape *jsonShape) endObject(distinct int) {
	if distinct != len(shape.names) {
		shape.uniform = false
	}
}

// unescapeKey reads the escapes of a key that the scanner found valid.
func unescapeKey(raw []byte) []byte {
	quoted := slices.Concat([]byte{'"'}, raw, []byte{'"'})
	var name string
	if json.Unmarshal(quoted, &name) != nil {
		return raw // can't be: the scanner and encoding/json agree
	}
	return []byte(name)
}

// jsonScanner walks over JSON text.
type jsonScanner struct {
	text []byte
	pos  int
	open []byte // the arrays and objects around pos, as their opening brackets
}

// skipBlanks goes to the next token and returns its first byte, 0 at the end.
func (s *jsonScanner) skipBlanks() byte {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// skipValue goes behind one value, which depth arrays and objects surround, and
// reports whether it is valid.
func (s *jsonScanner) skipValue(depth int) bool {
	s.open = s.open[:0]
	for {
		inside, ok := s.beginValue()
		if !ok || depth+len(s.open) > maxDepth {
			return false
		}
		if inside {
			continue
		}
		another, ok := s.endValue()
		if !ok || !another {
			return ok
		}
	}
}

// beginValue goes behind a value, or to the first value inside an array or
// object, which it reports.
func (s *jsonScanner) beginValue() (inside, ok bool) {
	switch c := s.skipBlanks(); c {
	case '"':
		return false, s.skipString()
	case '{', '[':
		s.pos++
		s.open = append(s.open, c)
		if s.skipBlanks() == c+2 { // ] and } are two behind [ and {
			return false, true // empty: endValue closes it
		}
		if c == '{' {
			_, ok = s.readKey()
			return true, ok
		}
		return true, true
	case 't':
		return false, s.skipLiteral("true")
	case 'f':
		return false, s.skipLiteral("false")
	case 'n':
		return false, s.skipLiteral("null")
	default:
		return false, s.skipNumber()
	}
}

// endValue closes what ends behind a value, and reports whether another one
// follows.
func (s *jsonScanner) endValue() (another, ok bool) {
	for len(s.open) > 0 {
		bracket := s.open[len(s.open)-1]
		switch c := s.skipBlanks(); {
		case c == bracket+2:
			s.pos++
			s.open = s.open[:len(s.open)-1]
		case c == ',':
			s.pos++
			if bracket == '{' {
				_, ok = s.readKey()
				return true, ok
			}
			return true, true
		default:
			return false, false
		}
	}
	return false, true
}

// readKey goes behind a key and its colon; the key is as it is written, without
// its quotes.
func (s *jsonScanner) readKey() ([]byte, bool) {
	if s.skipBlanks() != '"' {
		return nil, false
	}
	start := s.pos + 1
	if !s.skipString() {
		return nil, false
	}
	key := s.text[start : s.pos-1]
	if s.skipBlanks() != ':' {
		return nil, false
	}
	s.pos++
	return key, true
}

// skipString goes behind a string, at whose opening quote it stands.
func (s *jsonScanner) skipString() bool {
	text := s.text
	for i := s.pos + 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			s.pos = i + 1
			return true
		case c == '\\':
			n := escapeLen(text[i:])
			if n == 0 {
				return false
			}
			i += n - 1
		case c < ' ':
			return false
		}
	}
	return false
}

// escapeLen is the length of the escape that text begins with, 0 if it is none.
func escapeLen(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(text) < 6 {
			return 0
		}
		for _, c := range text[2:6] {
			if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
				return 0
			}
		}
		return 6
	}
	return 0
}

func (s *jsonScanner) skipLiteral(literal string) bool {
	if !bytes.HasPrefix(s.text[s.pos:], []byte(literal)) {
		return false
	}
	s.pos += len(literal)
	return true
}

// skipNumber goes behind a number: an integer without leading zeros, a fraction,
// an exponent.
func (s *jsonScanner) skipNumber() bool {
	s.skipByte('-')
	if !s.skipByte('0') && !s.skipDigits() {
		return false
	}
	if s.skipByte('.') && !s.skipDigits() {
		return false
	}
	if s.skipByte('e') || s.skipByte('E') {
		_ = s.skipByte('+') || s.skipByte('-')
		return s.skipDigits()
	}
	return true
}

func (s *jsonScanner) skipByte(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

// skipDigits reports whether there was a digit.
func (s *jsonScanner) skipDigits() bool {
	start := s.pos
	for s.pos < len(s.text) && isDigit(s.text[s.pos]) {
		s.pos++
	}
	return s.pos > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// appendString appends text as a JSON string; text is UTF-8.
func appendString[T string | []byte](b []byte, text T) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, text[start:i]...)
		start = i + 1
		if c < ' ' {
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		} else {
			b = append(b, '\\', c)
		}
	}
	b = append(b, text[start:]...)
	return append(b, '"')
}
