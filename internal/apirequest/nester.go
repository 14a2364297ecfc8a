package apirequest

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/value"
)

// nester reads a body of rows within rows.
type nester struct {
	scanner jsonScanner
	nested  *nested
	sparse  bool // objects may differ in their keys
	levels  int
	names   int
}

// readRoot reads the whole body: an object, or an array of objects.
func (d *nester) readRoot(root *level) error {
	s := &d.scanner
	switch s.skipBlanks() {
	case '{':
		if err := d.readObject(root, 0); err != nil {
			return err
		}
	case '[':
		root.many = true
		if err := d.readArray(root, 0); err != nil {
			return err
		}
	default:
		if !s.skipValue(0) || s.skipBlanks() != 0 {
			return invalidJSON()
		}
		return apierror.InvalidBody("Rows with others within them are an object, or an array of objects")
	}
	s.skipBlanks()
	if s.pos != len(s.text) {
		return invalidJSON()
	}
	return nil
}

// readArray reads the objects that an object of the level around it has, by its place.
func (d *nester) readArray(l *level, around int) error {
	s := &d.scanner
	s.pos++
	if s.skipBlanks() == ']' {
		s.pos++
		return nil
	}
	for index := 0; ; index++ {
		if s.skipBlanks() != '{' {
			if !s.skipValue(0) {
				return invalidJSON()
			}
			if l.parent == nil {
				return apierror.InvalidBody("Rows with others within them are an object, or an array of objects").At("/" + strconv.Itoa(index))
			}
			return apierror.NotNested(l.name, true).At(l.parent.pointer(around) + "/" + value.EscapePointer(l.name) + "/" + strconv.Itoa(index))
		}
		if err := d.readObject(l, around); err != nil {
			return err
		}
		c := s.skipBlanks()
		if c != ',' && c != ']' {
			return invalidJSON()
		}
		s.pos++
		if c == ']' {
			return nil
		}
	}
}

// readObject reads an object, with what is within it.
func (d *nester) readObject(l *level, around int) error {
	s := &d.scanner
	s.pos++
	if len(l.around) == 0 {
		l.rows = append(l.rows, '[')
	} else {
		l.rows = append(l.rows, ',')
	}
	l.around = append(l.around, int32(around))
	l.rows = append(l.rows, '{')
	start, nth := len(l.rows), 0
	if s.skipBlanks() == '}' {
		s.pos++
		return d.endObject(l, nth)
	}
	for ; ; nth++ {
		key, ok := s.readKey()
		if !ok {
			return invalidJSON()
		}
		place, err := d.member(l, key, nth)
		if err != nil {
			return err
		}
		if err := d.readMember(l, place, key, start); err != nil {
			return err
		}
		switch s.skipBlanks() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			return d.endObject(l, nth+1)
		default:
			return invalidJSON()
		}
	}
}

// member finds the nth member of an object by its key, as it is written, and makes it known if
// it wasn't. It gives its place among the members.
func (d *nester) member(l *level, key []byte, nth int) (int, error) {
	var place int
	object := len(l.around)
	if nth < len(l.order) && bytes.Equal(l.members[l.order[nth]].raw, key) {
		place = l.order[nth]
	} else {
		var err error
		if place, err = d.learn(l, key); err != nil {
			return 0, err
		}
	}
	if nth < len(l.order) {
		l.order[nth] = place
	} else {
		l.order = append(l.order, place)
	}
	m := &l.members[place]
	if m.last == object {
		return 0, apierror.KeyRepeated(m.name).At(l.pointer(object))
	}
	if m.last == 0 {
		m.first = object
	}
	m.last = object
	return place, nil
}

// learn finds a member by its key, and makes it known if it wasn't. The names alone are kept: a
// body can write one of them in any number of ways.
func (d *nester) learn(l *level, key []byte) (int, error) {
	raw := key
	if bytes.IndexByte(key, '\\') >= 0 {
		key = unescape(key)
	}
	if place, known := l.index[string(key)]; known {
		return place, nil
	}
	m := member{name: string(key), raw: raw}
	m.ignored = l.wanted != nil && !slices.Contains(l.wanted, m.name)
	if !m.ignored {
		var err error
		if m.Member, err = l.nesting.Member(m.name); err != nil {
			return 0, at(err, l.pointer(len(l.around))+"/"+value.EscapePointer(m.name))
		}
	}
	d.names++
	if most := d.nested.limits.BodyColumns; most > 0 && d.names > most {
		return 0, apierror.TooManyBodyColumns(most)
	}
	if l.index == nil {
		l.index = map[string]int{}
	}
	place := len(l.members)
	l.members, l.index[m.name] = append(l.members, m), place
	if !m.ignored {
		l.shared = append(l.shared, place)
	}
	return place, nil
}

// at says where in the body an error is.
func at(err error, pointer string) error {
	if e, ok := err.(*apierror.Error); ok {
		return e.At(pointer)
	}
	return err
}

// readMember reads the value of a member. That of a column becomes a part of the level's rows,
// in which the object began at start.
func (d *nester) readMember(l *level, place int, key []byte, start int) error {
	s, m := &d.scanner, &l.members[place]
	object, depth := len(l.around), 2*l.depth+2
	c := s.skipBlanks()
	from := s.pos
	if m.ignored || m.Within == nil {
		if !s.skipValue(depth) {
			return invalidJSON()
		}
		if m.ignored {
			return nil
		}
		if c != 'n' {
			m.full = object
		}
		if len(l.rows) > start {
			l.rows = append(l.rows, ',')
		}
		l.rows = append(append(append(l.rows, '"'), key...), '"', ':')
		l.rows = append(l.rows, s.text[from:s.pos]...)
		return nil
	}
	nothing := c == 'n' || c == '[' && s.holdsNothing()
	if nothing || c != '[' && m.Many || c != '{' && !m.Many {
		switch {
		case !s.skipValue(depth):
			return invalidJSON()
		case nothing:
			return nil
		}
		return apierror.NotNested(m.name, m.Many).At(l.pointer(object) + "/" + value.EscapePointer(m.name))
	}
	m.full = object
	within, err := d.enter(l, place)
	switch {
	case err != nil:
		return err
	case within.many:
		return d.readArray(within, object)
	}
	return d.readObject(within, object)
}

// holdsNothing reports an array that is empty, at which the scanner stands.
func (s *jsonScanner) holdsNothing() bool {
	rest := bytes.TrimLeft(s.text[s.pos+1:], jsonBlanks)
	return len(rest) > 0 && rest[0] == ']'
}

// enter gives the level of the objects in a member, which is made when there is the first of
// them.
func (d *nester) enter(l *level, place int) (*level, error) {
	m := &l.members[place]
	if m.level != nil {
		return m.level, nil
	}
	d.levels++
	switch limits := d.nested.limits.Query; {
	case limits.EmbedDepth > 0 && l.depth+1 > limits.EmbedDepth:
		return nil, apierror.TooDeeplyNested(limits.EmbedDepth)
	case limits.Embeds > 0 && d.levels > limits.Embeds:
		return nil, apierror.TooManyNested(limits.Embeds)
	case 2*l.depth+4 > maxDepth:
		return nil, invalidJSON()
	}
	m.level = &level{nesting: m.Within, parent: l, name: m.name, many: m.Many, depth: l.depth + 1, path: append(slices.Clip(l.path), m.name)}
	m.level.want(d.nested)
	return m.level, nil
}

// endObject ends an object, which has so many members, and refuses columns in it that others
// fill in. What it does grows with the object's own members: those of all others may be many more.
func (d *nester) endObject(l *level, members int) error {
	l.rows = append(l.rows, '}')
	object := len(l.around)
	l.shared = slices.DeleteFunc(l.shared, func(place int) bool {
		m := &l.members[place]
		if m.last == object {
			return false
		}
		m.lacking = object
		return true
	})
	if filled := l.nesting.Filled(); l.has(filled) {
		return apierror.FilledTwice(quoted(filled), "").At(l.pointer(object))
	}
	for _, place := range l.order[:members] {
		if m := &l.members[place]; m.Within != nil && m.full == object && l.has(m.Fills) {
			return apierror.FilledTwice(quoted(m.Fills), m.name).At(l.pointer(object))
		}
	}
	return nil
}

// has reports that the object has values for all of some columns.
func (l *level) has(columns []string) bool {
	return len(columns) > 0 && !slices.ContainsFunc(columns, func(name string) bool {
		place, known := l.index[name]
		return !known || l.members[place].full != len(l.around)
	})
}

func quoted(names []string) string { return "'" + strings.Join(names, "', '") + "'" }
