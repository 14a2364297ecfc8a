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

// jsonShape is what of a body in JSON decides over how its values are written.
type jsonShape struct {
	// array reports an array. Objects is the number of the objects in it, or 1
	// for a single object.
	array   bool
	objects int
	// repeats reports an object that has a key more than once.
	repeats bool
	// uniform reports that an array has nothing but objects with the same keys.
	uniform bool
	// tooWide reports an object that has more keys than there may be.
	tooWide bool
	// sparse lets objects differ in their keys: uniform then reports nothing but objects.
	sparse bool
	// differ reports that, with sparse, they do.
	differ bool

	order   []jsonKey      // the keys of an array's first object, in its order
	members []jsonMember   // what the first object has, each key once; sorted by name at the end
	index   map[string]int // from the names of many members to their places
	most    int            // of them; 0 for any number
}

// jsonMember is a member of an object.
type jsonMember struct {
	name  []byte // the key without its escapes
	last  int    // the number of the last object that had the key
	value []byte // in a single object, the last one as it is written
}

// fewNames is up to how many names are searched one by one. More have an index, which is
// made when it is first needed: one by one, the time would grow with the square of their
// number.
const fewNames = 24

// jsonKey is a key as it is written, without its quotes, and its member's place.
type jsonKey struct {
	raw   []byte
	place int
}

// readShape walks over the whole of text, and reports whether it is valid JSON
// in UTF-8. It keeps parts of text. Only the first object of an array allocates: the keys
// of the others are compared with its own as they are written. An object may have most
// keys, and any number of them if most is 0.
// With sparse an object may have keys that the first one lacks, and lack others.
func readShape(text []byte, most int, sparse bool) (jsonShape, bool) {
	shape := jsonShape{uniform: true, most: most, sparse: sparse}
	if !utf8.Valid(text) {
		return shape, false
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
	slices.SortFunc(shape.members, func(a, b jsonMember) int { return bytes.Compare(a.name, b.name) })
	return shape, ok && s.pos == len(text)
}

// columns are the keys of the objects, sorted; nil for none.
func (shape *jsonShape) columns() []string {
	if len(shape.members) == 0 {
		return nil
	}
	columns := make([]string, len(shape.members))
	for i := range shape.members {
		columns[i] = string(shape.members[i].name)
	}
	return columns
}

// texts are the values of a single object as texts for PostgreSQL's types to read, nil for
// null, in the order of columns. There are none where PostgreSQL has to read the JSON: if a
// value is an array or an object, if it has an escape that stands for no character of a
// text, or if a key is repeated, of which PostgreSQL reads all values.
func (shape *jsonShape) texts() [][]byte {
	if shape.array || shape.repeats || len(shape.members) == 0 {
		return nil
	}
	texts := make([][]byte, len(shape.members))
	for i := range shape.members {
		var ok bool
		if texts[i], ok = scalarText(shape.members[i].value); !ok {
			return nil
		}
	}
	return texts
}

// scalarText is the text of a valid value, which is neither an array nor an object.
func scalarText(raw []byte) (text []byte, ok bool) {
	switch raw[0] {
	case '{', '[':
		return nil, false
	case 'n':
		return nil, true
	case '"':
		text = raw[1 : len(raw)-1]
		if bytes.IndexByte(text, '\\') < 0 {
			return text, true
		}
		text = unescape(text)
		return text, !bytes.ContainsAny(text, "\x00\uFFFD") // what surrogates without a partner become
	}
	return raw, true
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
		place, first := shape.add(key, nth)
		if shape.tooWide = shape.most > 0 && len(shape.members) > shape.most; shape.tooWide {
			return false
		}
		if first {
			distinct++
		}
		s.skipBlanks()
		start := s.pos
		if !s.skipValue(depth) {
			return false
		}
		if !shape.array {
			shape.members[place].value = s.text[start:s.pos]
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

// add takes note of the nth key of the current object. It gives the key's place, and
// reports whether the object has it for the first time.
func (shape *jsonShape) add(raw []byte, nth int) (place int, first bool) {
	if shape.objects > 1 && nth < len(shape.order) && bytes.Equal(shape.order[nth].raw, raw) {
		place = shape.order[nth].place
	} else {
		var known bool
		if place, known = shape.find(raw); !known {
			shape.uniform = false
			return place, false
		}
	}
	if shape.members[place].last == shape.objects {
		shape.repeats = true
		return place, false
	}
	shape.members[place].last = shape.objects
	return place, true
}

// find looks a key up. The first object makes its keys known, and so do the others if they
// may differ.
func (shape *jsonShape) find(raw []byte) (place int, known bool) {
	name := raw
	if bytes.IndexByte(raw, '\\') >= 0 {
		name = unescape(raw)
	}
	place, known = shape.place(name)
	if known || shape.objects > 1 && !shape.sparse {
		if shape.array && shape.objects == 1 {
			shape.order = append(shape.order, jsonKey{raw, place})
		}
		return place, known
	}
	shape.differ = shape.differ || shape.objects > 1
	place = len(shape.members)
	shape.members = append(shape.members, jsonMember{name: name})
	if shape.index != nil {
		shape.index[string(name)] = place
	}
	if shape.array && shape.objects == 1 {
		shape.order = append(shape.order, jsonKey{raw, place})
	}
	return place, true
}

// place finds a name's place.
func (shape *jsonShape) place(name []byte) (int, bool) {
	if len(shape.members) <= fewNames {
		for place := range shape.members {
			if bytes.Equal(shape.members[place].name, name) {
				return place, true
			}
		}
		return 0, false
	}
	if shape.index == nil {
		shape.index = make(map[string]int, 2*len(shape.members))
		for place := range shape.members {
			shape.index[string(shape.members[place].name)] = place
		}
	}
	place, known := shape.index[string(name)]
	return place, known
}

func (shape *jsonShape) endObject(distinct int) {
	if distinct == len(shape.members) {
		return
	}
	if shape.differ = true; !shape.sparse {
		shape.uniform = false
	}
}

// unescape reads the escapes of a string that the scanner found valid; raw is
// without its quotes.
func unescape(raw []byte) []byte {
	quoted := slices.Concat([]byte{'"'}, raw, []byte{'"'})
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return raw // can't be: the scanner and encoding/json agree
	}
	return []byte(text)
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
