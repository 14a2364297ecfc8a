package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Field names a column and, for a value inside of it, the JSON path to that,
// as in data->address->>city. What an operator of the host's makes of it is a field, too.
type Field struct {
	Name string
	Path []Step
	// Related are the embedded relations on the way to the one that has the column, as in
	// client(country(name)). Conditions and orders have them.
	Related []string
	// Cast is the type that a condition or an order casts the field to, as in id::text, or "":
	// letters, digits, _, $ and spaces. That there is such a type nobody has checked.
	Cast string
	// Call is what an operator of the host's makes of the field, before it is cast; nil for none.
	Call *Call
}

// IsColumn reports a field that is a column of the relation itself, as it is.
func (f Field) IsColumn() bool {
	return len(f.Path) == 0 && len(f.Related) == 0 && f.Cast == "" && f.Call == nil
}

// Step is one arrow of a JSON path.
type Step struct {
	Text  bool   // ->>, which gives text, instead of ->, which gives JSON
	Key   string // an object's key, or an array's index as a decimal number
	Index bool   // whether Key is an index, which may be negative
}

// QuoteName returns a column's name as the name of a filter. It puts the name in quotes if
// Parse would read it differently without them.
func QuoteName(name string) string {
	switch name {
	case "select", "columns", "on_conflict", "order", "and", "or", "limit", "offset":
	default:
		var s scanner
		t, ok := scan(&s, name, (*scanner).target)
		if ok && s.end() && t.field.Name == name {
			return name
		}
	}
	var b strings.Builder
	writeQuoted(&b, name)
	return b.String()
}

// target is what the name of a parameter denotes: a field of the relation at the end of
// a path.
type target struct {
	path  []string
	field Field
	last  int // where the last name begins
}

// target reads names with dots between, of which the last is the field's, and its JSON
// path.
func (s *scanner) target() (target, bool) {
	var t target
	var ok bool
	if t.field.Name, ok = s.name(); !ok {
		return t, false
	}
	ok = s.many(func() bool {
		if !s.delimiter() {
			return false
		}
		last := s.pos
		name, ok := s.name()
		if ok {
			t.path = append(t.path, t.field.Name)
			t.field.Name, t.last = name, last
		}
		return ok
	})
	if !ok {
		return t, false
	}
	if t.field.Path, ok = s.jsonPath(); ok && s.filters {
		s.targetEnd(&t)
	}
	return t, ok
}

// names reads the value of columns or on_conflict: names with commas between.
func (s *scanner) names(parameter string) ([]string, bool) {
	names := []string{}
	ok := s.separated(func() bool {
		name, ok := "", parameter == "columns" && s.emptyName()
		if !ok {
			name, ok = s.name()
		}
		names = append(names, name)
		return ok && s.tally.names(len(names), parameter)
	}, s.comma)
	return names, ok
}

// emptyName reads "", which stands for the single unnamed parameter of a function, or
// nothing.
func (s *scanner) emptyName() bool {
	if !strings.HasPrefix(s.text[s.pos:], `""`) {
		return false
	}
	s.pos += len(`""`)
	s.fail = nil
	return true
}

// field reads a name with its JSON path.
func (s *scanner) field() (Field, bool) {
	var f Field
	var ok bool
	s.spaces()
	if f.Name, ok = s.name(); !ok {
		return f, false
	}
	if f.Path, ok = s.jsonPath(); !ok {
		return f, false
	}
	s.spaces()
	return f, true
}

// name reads the name of a column or relation, which can't be empty.
func (s *scanner) name() (string, bool) {
	m := s.begin()
	name, ok := s.quotedOr((*scanner).identifier)
	ok = ok && s.notEmpty(name, "name")
	s.label(m, "field name (* or [a..z0..9_$])")
	return name, ok
}

// quotedOr reads a quoted value, or parts with dashes between.
func (s *scanner) quotedOr(part func(*scanner) (string, bool)) (string, bool) {
	start := s.pos
	if text, ok := s.quoted(); ok || s.pos != start {
		return text, ok
	}
	text, ok := part(s)
	if !ok {
		return "", false
	}
	var joined strings.Builder // of several parts
	ok = s.many(func() bool {
		if !s.dash() {
			return false
		}
		next, ok := part(s)
		if joined.Len() == 0 {
			joined.WriteString(text)
		}
		joined.WriteByte('-')
		joined.WriteString(next)
		return ok
	})
	if joined.Len() > 0 {
		text = joined.String()
	}
	return text, ok
}

// dash reads a dash that does not begin an arrow, or nothing.
func (s *scanner) dash() bool {
	m := s.mark()
	if s.char('-') && s.notAt('>') {
		return true
	}
	s.rewind(&m)
	return false
}

// identifier reads letters, digits, _, $ and spaces, and trims the spaces.
func (s *scanner) identifier() (string, bool) {
	start := s.pos
	for s.pos < len(s.text) {
		size := identifierRune(s.text[s.pos:])
		if size == 0 {
			break
		}
		s.pos += size
	}
	s.ended(start, identifierLabels)
	return strings.Trim(s.text[start:s.pos], " "), s.pos > start
}

// identifierRune returns the length of the character that text begins with, or
// 0 if it can't be in an identifier.
func identifierRune(text string) int {
	switch c := text[0]; {
	case c >= utf8.RuneSelf:
		if r, size := utf8.DecodeRuneInString(text); unicode.IsLetter(r) {
			return size
		}
		return 0
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == ' ', c == '$':
		return 1
	default:
		return 0
	}
}

// quoted reads text in double quotes, in which a backslash escapes the character that
// follows it.
func (s *scanner) quoted() (string, bool) {
	if !s.char('"') {
		return "", false
	}
	var unescaped strings.Builder
	start := s.pos // of the text that is not yet in unescaped
	for s.pos < len(s.text) && s.text[s.pos] != '"' {
		if s.text[s.pos] == '\\' {
			unescaped.WriteString(s.text[start:s.pos])
			s.pos++
			start = s.pos
			if s.pos == len(s.text) {
				s.fail = nil
				s.miss(nil)
				return "", false
			}
		}
		s.pos++
	}
	text := s.text[start:s.pos]
	s.fail = nil
	s.miss(escapeLabels)
	if !s.char('"') {
		return "", false
	}
	if unescaped.Len() > 0 {
		unescaped.WriteString(text)
		text = unescaped.String()
	}
	return text, true
}

// jsonPath reads any number of arrows.
func (s *scanner) jsonPath() ([]Step, bool) {
	var path []Step
	ok := s.many(func() bool {
		var step Step
		if step.Text = s.tryLiteral("->>"); !step.Text && !s.tryLiteral("->") {
			return false
		}
		m := s.mark()
		if step.Key, step.Index = s.index(); !step.Index {
			s.rewind(&m)
			var ok bool
			if step.Key, ok = s.key(); !ok {
				s.rewind(&m)
				return false
			}
		}
		if len(path) == maxDepth && s.refused == nil {
			s.refused = &failure{pos: m.pos, found: s.found(m.pos), expected: stepLabels}
		}
		path = append(path, step)
		return s.refused == nil
	})
	return path, ok
}

// index reads the index of an array: a whole number, after which the path goes on or the
// field ends.
func (s *scanner) index() (string, bool) {
	start := s.pos
	s.char('-')
	digits := s.pos
	for s.pos < len(s.text) && '0' <= s.text[s.pos] && s.text[s.pos] <= '9' {
		s.pos++
	}
	s.ended(digits, digitLabels)
	index := s.text[start:s.pos]
	return index, s.pos > digits && (s.at("->") || s.at("::") || s.at(".") || s.at(",") || s.end())
}

// key reads the key of an object.
func (s *scanner) key() (string, bool) {
	m := s.begin()
	key, ok := s.quotedOr(func(s *scanner) (string, bool) {
		start := s.pos
		key := strings.TrimSpace(s.until("(-:.,>)"))
		return key, s.pos > start
	})
	s.label(m, "any non reserved character different from: .,>()")
	return key, ok
}
