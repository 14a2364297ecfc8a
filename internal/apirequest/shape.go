package apirequest

import (
	"encoding/binary"
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Shape is all of a request that decides over its plan and its SQL. A planner sees nothing
// else of the request: where it has a value, the shape has the value's index in value.Values.
// Requests of one shape share a compiled program.
type Shape struct {
	Operation
	// Schema is an exposed schema, and Name the relation's or routine's name, decoded;
	// empty for the root.
	Schema, Name string
	Accept       []mediatype.Type
	Prefer       Prefer

	// Select, Order and OnConflict are as in filter.Query. Select and OnConflict are nil
	// when the parameter is absent.
	Select     []filter.SelectItem
	Where      []Predicate
	Order      []filter.Order
	OnConflict []string
	// OnConstraint and Update are as in filter.Query, too.
	OnConstraint string
	Update       []string
	// Distinct and Having are as in filter.Query.
	Distinct []filter.Distinct
	Having   []Having
	// Window is that of the resource's own rows, and Pages are those of what is embedded.
	Window Window
	Pages  []Page
	// Keyset is the page by the key of a row.
	Keyset Keyset
	// PlansRefused has execution plans be a media type that isn't there.
	PlansRefused bool
	// ReportRows has a write report to the host the rows that it has written.
	ReportRows bool
	// CountRows has a write count the rows that it has written, whichever of them it shows.
	CountRows bool
	// Match is the condition on the row that is written.
	Match Match
	// Whole has the rows of a Head operation be read: the response depends on them.
	Whole bool
	// Versionless leaves out the version of the row that is read, or written.
	Versionless bool
	// ArgumentNames are those of the arguments of a function, from the URL or from a form.
	ArgumentNames []string
	// Doubtful are those of these arguments that may be filters, too.
	Doubtful []Doubtful
	// Body is that of a request that writes or calls with POST, else nil.
	Body *Body
	// Forced is what the host has decided about uses of relations and routines.
	Forced []Forced
}

// Doubtful is an argument that is a filter if the function has no parameter of its name.
type Doubtful struct {
	Argument int // its index in ArgumentNames
	Filter   Predicate
}

// Forced is a condition, or a cap of rows, that the host forces on one of a plan's uses.
type Forced struct {
	// Use is its index among those of the plan that the shape has without what is forced.
	Use int
	// Node is the condition; nil for none.
	Node Node
	// Most caps the rows as filter.Window.AtMost does; 0 is no cap.
	Most int64
}

// Prefer has the preferences that plans depend on, in the client's words.
type Prefer struct {
	Count, Return, Resolution, Missing string
	// Strict is handling=strict. Without it MaxAffected is -1, and Invalid is nil.
	Strict      bool
	MaxAffected int64
	Invalid     []string
}

// Predicate is a condition or a group on the relation that Path leads to.
type Predicate struct {
	Path []string
	Node Node
}

// Node is a Condition or a Group.
type Node interface{ node() }

// Having holds conditions on the groups of the relation that Path leads to.
type Having struct {
	Path  []string
	Nodes []Node
}

// Condition compares a field, or an aggregate of it in Having, with a value. Value is its
// index in value.Values.Conditions, and means nothing for a comparison that has no value.
type Condition struct {
	Field     filter.Field
	Aggregate filter.Aggregate
	filter.Comparison
	Value int
}

// Group joins nodes with and, or with or when Any is set.
type Group struct {
	Negated, Any bool
	Nodes        []Node
}

func (Condition) node() {}
func (Group) node()     {}

// Window is what of a window of rows decides over SQL.
type Window struct{ Limit, Offset Bound }

// Page is a window of the relation that Path leads to, whose numbers are those of
// value.Values.Pages at the same index.
type Page struct {
	Path   []string
	Window Window
}

// Bound says as much of a limit or an offset as decides over SQL.
type Bound uint8

// The bounds. An offset of 0 is none.
const (
	Unbounded Bound = iota
	Negative
	Zero
	Positive
)

// BoundOf says which bound a number is.
func BoundOf(n int64) Bound {
	switch {
	case n < 0:
		return Negative
	case n == 0:
		return Zero
	}
	return Positive
}

// Body is the shape of a request's body.
type Body struct {
	Media mediatype.Type
	// Array reports a JSON array of objects rather than a single object.
	Array bool
	// Columns are the columns to write or the named arguments, as Payload has them.
	Columns []string
	// Sparse reports rows to update that differ in their keys, and Lenient that they may be
	// unknown, or there twice.
	Sparse, Lenient bool
	// Members reports that value.Values.Members has a value for each of Columns.
	Members bool
	// Nested are the levels of rows within rows, the resource's own first and each before those
	// within it; nil for other bodies. Their values are those of value.Values.Levels.
	Nested []Level
}

// separate parts a query, and a payload if there is one, into shape and values.
func (req *Request) separate(q *filter.Query, p *Payload, window filter.Window) {
	s, v := &req.Shape, &req.Values
	s.Select, s.Order, s.OnConflict, s.OnConstraint, s.Update = q.Select, q.Order, q.OnConflict, q.OnConstraint, q.Update
	separateCalls(v, q)
	if len(q.Where) > 0 {
		s.Where = make([]Predicate, len(q.Where))
		v.Conditions = make([]string, 0, len(q.Where))
	}
	for i, p := range q.Where {
		s.Where[i] = Predicate{p.Path, separateNode(v, p.Node)}
	}
	s.Distinct = q.Distinct
	for _, h := range q.Having {
		s.Having = append(s.Having, Having{h.Path, separateNodes(v, h.Nodes)})
	}
	s.Window, v.Window = windowOf(window), window
	for _, page := range q.Pages {
		if len(page.Path) > 0 { // the resource's own is in the window
			numbers := page.Unchecked()
			s.Pages, v.Pages = append(s.Pages, Page{page.Path, windowOf(numbers)}), append(v.Pages, numbers)
		}
	}
	v.Arguments = q.Arguments
	if p != nil {
		s.Body = &Body{Media: p.Media, Array: p.Array, Columns: p.Columns, Members: p.Members != nil}
		if p.Media.Name == mediatype.Rows {
			s.Body.Sparse, s.Body.Lenient = p.Sparse, req.Preferences.Handling == "lenient"
		}
		v.Body, v.Members, v.Objects = p.Raw, p.Members, p.Objects
		if v.Body == nil { // an empty body is no NULL
			v.Body = []byte{}
		}
		if p.Form != nil {
			v.Arguments = p.Form
		}
	}
	if len(v.Arguments) > 0 {
		s.ArgumentNames = make([]string, len(v.Arguments))
		for i, a := range v.Arguments {
			s.ArgumentNames[i] = a.Name
			if a.Filter != nil {
				s.Doubtful = append(s.Doubtful, Doubtful{i, Predicate{a.Filter.Path, separateNode(v, a.Filter.Node)}})
			}
		}
	}
	s.Prefer = req.Preferences.shape()
}

// Force gives the request with the conditions and the cap of rows, 0 for none, that the host
// forces on a use of its plan. The request itself stays as it is, and is given if that is
// nothing.
func (req *Request) Force(use int, conditions []filter.Node, most int64) *Request {
	if len(conditions) == 0 && most == 0 {
		return req
	}
	forced := *req
	forced.Values.Conditions, forced.Forced = slices.Clip(forced.Values.Conditions), slices.Clip(forced.Forced)
	forced.Values.Operands = slices.Clip(forced.Values.Operands)
	calls := callSeparator{values: &forced.Values}
	for _, condition := range conditions {
		condition = calls.node(condition)
		forced.Forced = append(forced.Forced, Forced{Use: use, Node: separateNode(&forced.Values, condition)})
	}
	if most != 0 {
		forced.Forced = append(forced.Forced, Forced{Use: use, Most: most})
	}
	return &forced
}

// separateNode gives the shape of a node, and adds its values to v.
func separateNode(v *value.Values, node filter.Node) Node {
	switch node := node.(type) {
	case filter.Condition:
		c := Condition{Field: node.Field, Aggregate: node.Aggregate, Comparison: node.Comparison(), Value: len(v.Conditions)}
		if c.HasArgument() {
			v.Conditions = append(v.Conditions, node.Argument())
		}
		return c
	case filter.Group:
		return Group{Negated: node.Negated, Any: node.Any, Nodes: separateNodes(v, node.Nodes)}
	}
	return nil
}

func separateNodes(v *value.Values, nodes []filter.Node) []Node {
	separated := make([]Node, len(nodes))
	for i, node := range nodes {
		separated[i] = separateNode(v, node)
	}
	return separated
}

func windowOf(numbers filter.Window) (w Window) {
	if numbers.Limit != filter.Unlimited {
		w.Limit = BoundOf(numbers.Limit)
	}
	if numbers.Offset != 0 {
		w.Offset = BoundOf(numbers.Offset)
	}
	return w
}

// shape has the preferences that plans depend on.
func (p *Preferences) shape() Prefer {
	s := Prefer{Count: p.Count, Return: p.Return, Resolution: p.Resolution, Missing: p.Missing, MaxAffected: -1}
	if p.Strict() {
		s.Strict, s.MaxAffected, s.Invalid = true, p.MaxAffected, p.Invalid
	}
	return s
}

// key is a shape in the making as a text. Its methods append: texts are preceded by their
// lengths and lists by their numbers, so that no two shapes are written alike.
type key []byte

// AppendKey appends a text that is the same for shapes that are the same, and for no
// others. Every field of a shape has to be in it.
func (s *Shape) AppendKey(dst []byte) []byte {
	k := append(key(dst), byte(s.Resource)) // by which, with its method, an operation goes
	k = k.text(s.Method).text(s.Schema).text(s.Name)
	k = k.flags(s.Select == nil, s.OnConflict == nil, s.Update == nil, s.Body != nil, s.ReportRows, s.CountRows, s.PlansRefused, s.Whole, s.Versionless)
	k = append(k, byte(s.Match)).number(len(s.Accept))
	for _, media := range s.Accept {
		k = k.media(media)
	}
	k = k.prefer(&s.Prefer).items(s.Select).number(len(s.Where))
	for _, p := range s.Where {
		k = k.texts(p.Path).node(p.Node)
	}
	k = k.orders(s.Order).texts(s.OnConflict).text(s.OnConstraint).texts(s.Update).window(s.Window).number(len(s.Pages))
	for _, page := range s.Pages {
		k = k.texts(page.Path).window(page.Window)
	}
	k = k.keyset(&s.Keyset).texts(s.ArgumentNames).number(len(s.Doubtful))
	for _, d := range s.Doubtful {
		k = k.number(d.Argument).texts(d.Filter.Path).node(d.Filter.Node)
	}
	k = k.grouping(s)
	if b := s.Body; b != nil {
		k = k.flags(b.Array, b.Members, b.Sparse, b.Lenient).media(b.Media).texts(b.Columns).number(len(b.Nested))
		for _, l := range b.Nested {
			k = k.number(l.Parent).text(l.Member).texts(l.Columns)
		}
	}
	for _, f := range s.Forced { // last, and so of a number that the key's end tells
		k = binary.AppendVarint(k.number(f.Use).flags(f.Node != nil).node(f.Node), f.Most)
	}
	return k
}

func (k key) number(n int) key { return binary.AppendVarint(k, int64(n)) }

func (k key) text(t string) key { return append(k.number(len(t)), t...) }

func (k key) texts(list []string) key {
	k = k.number(len(list))
	for _, t := range list {
		k = k.text(t)
	}
	return k
}

func (k key) flags(flags ...bool) key {
	for _, flag := range flags {
		b := byte(0)
		if flag {
			b = 1
		}
		k = append(k, b)
	}
	return k
}

func (k key) media(t mediatype.Type) key {
	k = k.text(t.Name).flags(t.NullsStripped, t.Plan != nil)
	if p := t.Plan; p != nil {
		k = k.flags(p.JSON).media(p.Of).texts(p.Options)
	}
	return k
}

func (k key) window(w Window) key { return append(k, byte(w.Limit), byte(w.Offset)) }

func (k key) prefer(p *Prefer) key {
	k = k.text(p.Count).text(p.Return).text(p.Resolution).text(p.Missing).flags(p.Strict)
	k = binary.AppendVarint(k, p.MaxAffected)
	return k.texts(p.Invalid)
}

func (k key) field(f filter.Field) key {
	k = k.text(f.Name).number(len(f.Path))
	for _, step := range f.Path {
		k = k.flags(step.Text, step.Index).text(step.Key)
	}
	return k.texts(f.Related).text(f.Cast).call(f.Call)
}

func (k key) items(items []filter.SelectItem) key {
	k = k.number(len(items))
	for _, item := range items {
		switch item := item.(type) {
		case filter.SelectField:
			k = k.flags(false, item.All).field(item.Field).text(item.Alias).text(item.Cast)
			k = append(k, byte(item.Aggregate)).text(item.AggregateCast)
		case filter.SelectRelation:
			k = k.flags(true, item.Spread).text(item.Relation).text(item.Alias).text(item.Hint)
			k = append(k, byte(item.Join)).items(item.Items)
		}
	}
	return k
}

func (k key) node(node Node) key {
	switch node := node.(type) {
	case Condition:
		k = k.flags(false, node.Negated, node.Empty).number(node.Value)
		k = append(k, byte(node.Operator), byte(node.Quantifier), byte(node.Is), byte(node.Aggregate)).text(node.Language).field(node.Field)
	case Group:
		k = k.flags(true, node.Negated, node.Any).number(len(node.Nodes))
		for _, member := range node.Nodes { // a method for them would have the key escape to the heap
			k = k.node(member)
		}
	}
	return k
}

func (k key) grouping(s *Shape) key {
	k = k.number(len(s.Distinct))
	for _, d := range s.Distinct {
		k = k.texts(d.Path).flags(d.All).number(len(d.Fields))
		for _, f := range d.Fields {
			k = k.field(f)
		}
	}
	k = k.number(len(s.Having))
	for _, h := range s.Having {
		k = k.texts(h.Path).number(len(h.Nodes))
		for _, node := range h.Nodes {
			k = k.node(node)
		}
	}
	return k
}

func (k key) orders(orders []filter.Order) key {
	k = k.number(len(orders))
	for _, o := range orders {
		k = k.texts(o.Path).number(len(o.Terms))
		for _, term := range o.Terms {
			k = k.field(term.Field).flags(term.IgnoreCase)
			k = append(k, byte(term.Direction), byte(term.Nulls), byte(term.Aggregate))
		}
	}
	return k
}
