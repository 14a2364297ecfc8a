package apirequest

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Nesting says what the members of the objects of a relation are, in a body of rows within
// rows: only a schema tells a column of JSON from rows.
type Nesting interface {
	// Member says what a member is, by its name. Its error is an *apierror.Error, for one that
	// is nothing.
	Member(name string) (Member, error)
	// Filled are the columns that the object around fills in.
	Filled() []string
}

// Member is what a member of an object is: a column, or rows within the object's.
type Member struct {
	// Within is nil for a column.
	Within Nesting
	// Many has the rows stand in an array; otherwise there is one.
	Many bool
	// Fills are the columns that the row within fills in.
	Fills []string
}

// Level is the shape of the objects that the same member of the objects around them holds.
type Level struct {
	// Parent is the index of the level around it, and Member the name of the member. Neither
	// means anything for the first level.
	Parent int
	Member string
	// Columns are the columns that are written, sorted.
	Columns []string
}

// forNested reports a body of rows within rows, if there may be one.
func forNested(req *Request, r *http.Request, c Config) bool {
	return !c.NoNested && req.Resource == Relation && req.Action == Create &&
		mediatype.Parse(r.Header.Get("Content-Type")).Name == mediatype.Nested
}

// nested is what the reading of a body of rows within rows needs beside the body.
type nested struct {
	columns []string // of the query string's parameter, nil for none
	within  []filter.NestedColumns
	limits  Limits
}

// IsNested reports a body of rows within rows, which Nest has to read.
func (req *Request) IsNested() bool { return req.nested != nil }

// Nest reads the body of a request that IsNested, in one pass: into the levels of its shape and
// of its values. It may be called again, with another schema. Its errors are *apierror.Error,
// and name the JSON Pointer of what they are about.
func (req *Request) Nest(n Nesting) error {
	body := req.Values.Body
	if !utf8.Valid(body) {
		return invalidJSON()
	}
	root := &level{nesting: n}
	root.want(req.nested)
	d := nester{scanner: jsonScanner{text: body}, nested: req.nested, sparse: req.Preferences.Missing == "default"}
	if err := d.readRoot(root); err != nil {
		return err
	}
	shape := *req.Body
	shape.Array, shape.Nested, req.Values.Levels = root.many, nil, nil
	if err := d.collect(root, 0, &shape, &req.Values); err != nil {
		return err
	}
	shape.Columns = shape.Nested[0].Columns
	req.Body = &shape
	return nil
}

func invalidJSON() *apierror.Error { return apierror.InvalidBody("Empty or invalid json") }

// nester reads a body of rows within rows.
type nester struct {
	scanner jsonScanner
	nested  *nested
	sparse  bool // objects may differ in their keys
	levels  int
	names   int
}

// level is a level while it is read.
type level struct {
	nesting Nesting
	parent  *level
	name    string
	many    bool
	depth   int // 0 of the first one
	path    []string
	wanted  []string // the names of the columns parameter; nil for all
	members []member
	index   map[string]int // from names, as they are written, to members
	order   []int          // the members of the object before, in its order
	rows    []byte
	around  []int32
}

// member is a member of a level's objects.
type member struct {
	Member
	name    string
	raw     []byte // as it was first written
	ignored bool
	level   *level // of the objects in it; nil while there are none
	last    int    // the place of the last object that has it
	full    int    // the place of the last one in which it is not null, and holds something
	first   int    // the place of the first object that has it
	lacking int    // the place of the first object that lacks it, of those behind; 0 for none
}

// want finds the names that the columns parameter has for a level.
func (l *level) want(n *nested) {
	if l.parent == nil {
		l.wanted = n.columns
		return
	}
	for _, within := range n.within {
		if slices.Equal(within.Path, l.path) {
			l.wanted = within.Names
			return
		}
	}
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
		var known bool
		if place, known = l.index[string(key)]; !known {
			var err error
			if place, err = d.learn(l, key); err != nil {
				return 0, err
			}
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

// learn makes a member known by its key, perhaps one that was written in another way before.
func (d *nester) learn(l *level, key []byte) (place int, err error) {
	name := string(key)
	if bytes.IndexByte(key, '\\') >= 0 {
		name = string(unescape(key))
	}
	if l.index == nil {
		l.index = map[string]int{}
	}
	place = slices.IndexFunc(l.members, func(m member) bool { return m.name == name })
	if place < 0 {
		m := member{name: name, raw: key, ignored: l.wanted != nil && !slices.Contains(l.wanted, name)}
		if !m.ignored {
			if m.Member, err = l.nesting.Member(name); err != nil {
				return 0, at(err, l.pointer(len(l.around))+"/"+value.EscapePointer(name))
			}
		}
		d.names++
		if most := d.nested.limits.BodyColumns; most > 0 && d.names > most {
			return 0, apierror.TooManyBodyColumns(most)
		}
		place = len(l.members)
		l.members = append(l.members, m)
	}
	l.index[string(key)] = place
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
	wrong := func() error {
		if !s.skipValue(depth) {
			return invalidJSON()
		}
		return apierror.NotNested(m.name, m.Many).At(l.pointer(object) + "/" + value.EscapePointer(m.name))
	}
	switch {
	case c == 'n':
		if !s.skipLiteral("null") {
			return invalidJSON()
		}
		return nil
	case c == '{' && !m.Many, c == '[' && (m.Many || s.holdsNothing()):
	default:
		return wrong()
	}
	if c == '[' && s.holdsNothing() {
		if !s.skipValue(depth) {
			return invalidJSON()
		}
		return nil
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
// fill in.
func (d *nester) endObject(l *level, members int) error {
	l.rows = append(l.rows, '}')
	object := len(l.around)
	if members < len(l.members) {
		for i := range l.members {
			if m := &l.members[i]; m.last != object && m.lacking == 0 {
				m.lacking = object
			}
		}
	}
	if filled := l.nesting.Filled(); l.has(filled) {
		return apierror.FilledTwice(quoted(filled), "").At(l.pointer(object))
	}
	for i := range l.members {
		if m := &l.members[i]; m.Within != nil && m.full == object && l.has(m.Fills) {
			return apierror.FilledTwice(quoted(m.Fills), m.name).At(l.pointer(object))
		}
	}
	return nil
}

// has reports that the object has values for all of some columns.
func (l *level) has(columns []string) bool {
	return len(columns) > 0 && !slices.ContainsFunc(columns, func(name string) bool {
		i := slices.IndexFunc(l.members, func(m member) bool { return m.name == name })
		return i < 0 || l.members[i].full != len(l.around)
	})
}

func quoted(names []string) string { return "'" + strings.Join(names, "', '") + "'" }

// pointer is the JSON Pointer of an object by its place.
func (l *level) pointer(place int) string {
	pointer := ""
	if l.parent != nil {
		pointer = l.parent.pointer(int(l.around[place-1])) + "/" + value.EscapePointer(l.name)
	}
	if !l.many {
		return pointer
	}
	index := 0
	for index+1 < place && l.around[place-2-index] == l.around[place-1] {
		index++
	}
	return pointer + "/" + strconv.Itoa(index)
}

// collect adds a level, and those within it, to a shape and to values: in an order that doesn't
// depend on the order of members.
func (d *nester) collect(l *level, parent int, b *Body, v *value.Values) error {
	columns, err := d.columns(l)
	if err != nil {
		return err
	}
	if l.rows == nil {
		l.rows = []byte{'['}
	}
	at := len(b.Nested)
	b.Nested = append(b.Nested, Level{Parent: parent, Member: l.name, Columns: columns})
	v.Levels = append(v.Levels, value.Level{Rows: append(l.rows, ']'), Around: l.around, Parent: parent, Member: l.name, Many: l.many})
	slices.SortFunc(l.members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	for i := range l.members {
		if within := l.members[i].level; within != nil {
			if err := d.collect(within, at, b, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// columns are those of a level, sorted. The objects have to have all of them, unless others
// fill them in, or the client has said what becomes of those that are missing.
func (d *nester) columns(l *level) ([]string, error) {
	var columns []string
	if l.wanted != nil {
		for _, name := range l.wanted {
			member, err := l.nesting.Member(name)
			if err != nil {
				return nil, err
			}
			if member.Within == nil {
				columns = append(columns, name)
			}
		}
		slices.Sort(columns)
		return columns, nil
	}
	filled := l.nesting.Filled()
	for i := range l.members {
		filled = append(slices.Clip(filled), l.members[i].Fills...)
	}
	for i := range l.members {
		m := &l.members[i]
		if m.Within != nil {
			continue
		}
		if lacking := m.lacks(); lacking > 0 && !d.sparse && !slices.Contains(filled, m.name) {
			return nil, apierror.KeysDiffer(m.name).At(l.pointer(lacking))
		}
		columns = append(columns, m.name)
	}
	slices.Sort(columns)
	return columns, nil
}

// lacks is the place of the first object that lacks the member; 0 if all have it.
func (m *member) lacks() int {
	if m.first > 1 {
		return 1
	}
	return m.lacking
}
