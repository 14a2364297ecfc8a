// Package program keeps compiled programs by the shapes of requests, so that a
// request of a shape that was seen before is neither planned nor rendered.
//
//	var cache program.Cache // one for each schema cache
//	p, compiled, err := cache.Build(planner, req)
package program

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// Build plans a request and renders its program, or fills the template of its
// shape. Its errors are the planner's. There is no program for plans that don't run
// in the database.
func (c *Cache) Build(planner *plan.Planner, req *apirequest.Request) (plan.Plan, *query.Program, error) {
	if !cacheable(req) {
		return render(planner.Build(req))
	}
	var buffer [256]byte
	shape := appendShape(buffer[:0], req)
	if len(shape) > maxShape {
		return render(planner.Build(req))
	}
	t := c.get(shape)
	if t == nil {
		marked := mark(req)
		built, program, err := render(planner.Build(marked))
		planned, ok := built.(plan.Planned)
		if err != nil || !ok {
			return built, program, err
		}
		t = newTemplate(planned, program, marked)
		t.measure(len(shape))
		c.put(string(shape), t)
	}
	planned, program := t.fill(planner, req)
	return planned, program, nil
}

func render(p plan.Plan, err error) (plan.Plan, *query.Program, error) {
	if planned, ok := p.(plan.Planned); ok && err == nil {
		return p, query.Build(planned), nil
	}
	return p, nil, err
}

func newTemplate(planned plan.Planned, program *query.Program, marked *apirequest.Request) *template {
	t := &template{plan: planned, program: program}
	var whole []byte
	if call, ok := planned.(*plan.Call); ok && call.Whole {
		t.whole, whole = call, query.WholeArgument(call, marked.Whole())
	}
	t.main, t.count, t.explain = places(&program.Main, whole), places(program.Count, whole), places(program.Explain, whole)
	return t
}

// cacheable reports whether a request's shape has a template. A NUL, with which
// marks begin, can't be part of a text that PostgreSQL takes.
func cacheable(req *apirequest.Request) bool {
	switch req.Action {
	case apirequest.Options, apirequest.Describe:
		return false
	}
	return !strings.Contains(req.RawQuery, "%00")
}

// A mark stands for the i-th value of a request, and bodyMark for its body.
const (
	markPrefix = "\x00value "
	bodyMark   = "\x00body"
)

func markOf(i int) string { return markPrefix + strconv.Itoa(i) }

// mark copies a request with marks for its values: those of conditions, then those
// of arguments, then those of an object in its body.
func mark(req *apirequest.Request) *apirequest.Request {
	marked, query, n := *req, *req.Query, 0
	marked.Query = &query
	query.Where = make([]filter.Predicate, len(req.Query.Where))
	for i, p := range req.Query.Where {
		query.Where[i] = filter.Predicate{Path: p.Path, Node: markNode(p.Node, &n)}
	}
	query.Arguments = markArguments(req.Query.Arguments, &n)
	if req.Payload != nil {
		payload := *req.Payload
		payload.Raw, payload.Form = []byte(bodyMark), markArguments(payload.Form, &n)
		if payload.Values != nil {
			payload.Values = make([][]byte, len(payload.Columns))
			for i := range payload.Values {
				payload.Values[i] = []byte(markOf(n))
				n++
			}
		}
		marked.Payload = &payload
	}
	return &marked
}

func markNode(node filter.Node, n *int) filter.Node {
	switch node := node.(type) {
	case filter.Condition:
		if !node.EmptyList() && node.Operator != filter.Is {
			node.Value, node.List = markOf(*n), []string{markOf(*n)}
		}
		*n++
		return node
	case filter.Group:
		nodes := make([]filter.Node, len(node.Nodes))
		for i, member := range node.Nodes {
			nodes[i] = markNode(member, n)
		}
		node.Nodes = nodes
		return node
	}
	return node
}

func markArguments(arguments []filter.Argument, n *int) []filter.Argument {
	marked := make([]filter.Argument, len(arguments))
	for i, a := range arguments {
		marked[i] = filter.Argument{Name: a.Name, Value: markOf(*n)}
		*n++
	}
	return marked
}

// place is what an argument of a statement is made of.
type place struct {
	body   bool
	whole  bool  // of a call, all that the request has for its only parameter
	values []int // the numbers of values; none for what is the same in each request
	array  bool  // the values are the elements of an array
}

// places finds the marks among a statement's arguments. Lists are marked within
// the text of their array. whole is the argument that stands for all, of a call that
// has one: bytes have another form there, and names are JSON, so that a mark is not to
// be seen in it.
func places(s *query.Statement, whole []byte) []place {
	if s == nil {
		return nil
	}
	found := make([]place, len(s.Args))
	for i, arg := range s.Args {
		if whole != nil && bytes.Equal(arg, whole) {
			found[i].whole = true
			continue
		}
		text := string(arg)
		found[i].body = text == bodyMark
		parts := strings.Split(text, markPrefix)
		found[i].array = strings.HasPrefix(parts[0], "{")
		for _, part := range parts[1:] {
			digits := strings.TrimRight(part, `",}`)
			number, _ := strconv.Atoi(digits)
			found[i].values = append(found[i].values, number)
		}
	}
	return found
}

// fill puts a request's own values in the places of the marks.
func (t *template) fill(planner *plan.Planner, req *apirequest.Request) (plan.Planned, *query.Program) {
	program := *t.program
	v := values{req: req, whole: t.whole}
	v.collect()
	program.Main = v.fill(&program.Main, t.main)
	if program.Count != nil {
		count := v.fill(program.Count, t.count)
		program.Count = &count
	}
	if program.Explain != nil {
		explain := v.fill(program.Explain, t.explain)
		program.Explain = &explain
	}
	switch p := t.plan.(type) {
	case *plan.Read:
		read := *p
		read.Root = withWindow(p.Root, planner.Window(req))
		program.SetWindow(read.Root.Range)
		return &read, &program
	case *plan.Call:
		call := *p
		call.Root = withWindow(p.Root, planner.Window(req))
		program.SetWindow(call.Root.Range)
		return &call, &program
	default: // a write, which has no page
		return t.plan, &program
	}
}

func withWindow(n *plan.Node, window plan.Range) *plan.Node {
	root := *n
	root.Range = window
	return &root
}

// values are a request's values, in the order in which they are marked.
type values struct {
	req        *apirequest.Request
	whole      *plan.Call    // the template's
	conditions []filter.Node // each a Condition
	arguments  []filter.Argument
}

func (v *values) collect() {
	for _, p := range v.req.Query.Where {
		v.add(p.Node)
	}
	v.arguments = v.req.Query.Arguments
	if v.req.Payload != nil && len(v.req.Payload.Form) > 0 {
		v.arguments = slices.Concat(v.arguments, v.req.Payload.Form)
	}
}

func (v *values) add(node filter.Node) {
	switch node := node.(type) {
	case filter.Condition:
		v.conditions = append(v.conditions, node)
	case filter.Group:
		for _, member := range node.Nodes {
			v.add(member)
		}
	}
}

func (v *values) fill(s *query.Statement, places []place) query.Statement {
	if len(places) == 0 {
		return *s
	}
	args := make([][]byte, len(s.Args))
	for i, p := range places {
		switch {
		case p.whole:
			args[i] = query.WholeArgument(v.whole, v.req.Whole())
		case p.body:
			args[i] = v.req.Payload.Raw
		case len(p.values) == 0:
			args[i] = s.Args[i]
		default:
			args[i] = v.argument(p)
		}
	}
	return query.Statement{SQL: s.SQL, Args: args}
}

// argument is the text of an argument: a condition's, which knows its own array, that
// of a function's argument, or that of a value of the body, nil for NULL.
func (v *values) argument(p place) []byte {
	first := p.values[0]
	if first < len(v.conditions) {
		return []byte(v.conditions[first].(filter.Condition).Argument())
	}
	first -= len(v.conditions)
	switch {
	case first >= len(v.arguments):
		return v.req.Payload.Values[first-len(v.arguments)]
	case !p.array:
		return []byte(v.arguments[first].Value)
	}
	elements := make([]string, len(p.values))
	for i, n := range p.values {
		elements[i] = v.arguments[n-len(v.conditions)].Value
	}
	return []byte(filter.ArrayText(elements))
}
