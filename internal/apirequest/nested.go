package apirequest

import (
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
	index   map[string]int // from names to members
	order   []int          // the members of the object before, in its order
	shared  []int          // the members that no object has lacked, since there was one that has them
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

// pointer is the JSON Pointer of an object by its place.
func (l *level) pointer(place int) string {
	pointer := ""
	if l.parent != nil {
		pointer = l.parent.pointer(int(l.around[place-1])) + "/" + value.EscapePointer(l.name)
	}
	if !l.many {
		return pointer
	}
	return pointer + "/" + strconv.Itoa(value.IndexAround(l.around, place))
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
