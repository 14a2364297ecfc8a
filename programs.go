package pgrest

import (
	"strconv"
	"strings"
	"sync"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// programs keeps the plans and programs of requests, by the shape of the
// request: all of it but the values that it compares with and its page. A
// request of a shape that was seen before is neither planned nor rendered; its
// values take the places of the ones before. One belongs to one schema.
type programs struct {
	mu      sync.RWMutex
	byShape map[string]*template
}

// maxPrograms bounds what is kept. Clients have few shapes; one that has more is
// not worth more memory, so that all go when there are too many.
const maxPrograms = 1000

// template is a plan and its program, and where its statements have values.
type template struct {
	plan                 plan.Planned
	program              *query.Program
	main, count, explain []int // by argument: the number of the value, or -1
}

// build plans and renders a read, or fills the template of its shape.
func (p *programs) build(planner *plan.Planner, req *apirequest.Request) (plan.Plan, *query.Program, error) {
	if !cacheable(req) {
		return render(planner.Build(req))
	}
	var buffer [256]byte
	shape := appendShape(buffer[:0], req)
	p.mu.RLock()
	t := p.byShape[string(shape)]
	p.mu.RUnlock()
	if t == nil {
		marked := *req
		marked.Query = mark(req.Query)
		built, program, err := render(planner.Build(&marked))
		planned, ok := built.(plan.Planned)
		if err != nil || !ok {
			return built, program, err
		}
		t = &template{plan: planned, program: program, main: valuesIn(&program.Main),
			count: valuesIn(program.Count), explain: valuesIn(program.Explain)}
		p.put(string(shape), t)
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

func (p *programs) put(shape string, t *template) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byShape == nil || len(p.byShape) >= maxPrograms {
		p.byShape = map[string]*template{}
	}
	p.byShape[shape] = t
}

// cacheable reports whether a request's shape has a template. A NUL, with which
// marks begin, can't be part of a value that PostgreSQL takes.
func cacheable(req *apirequest.Request) bool {
	return req.Action == apirequest.Read && !strings.Contains(req.RawQuery, "%00")
}

// A mark stands for the i-th value of a request.
const markPrefix = "\x00value "

func markOf(i int) string { return markPrefix + strconv.Itoa(i) }

// mark copies a query with marks for values.
func mark(q *filter.Query) *filter.Query {
	marked, n := *q, 0
	marked.Where = make([]filter.Predicate, len(q.Where))
	for i, p := range q.Where {
		marked.Where[i] = filter.Predicate{Path: p.Path, Node: markNode(p.Node, &n)}
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

// valuesIn finds the marks among a statement's arguments. A list is marked within
// the text of its array.
func valuesIn(s *query.Statement) []int {
	if s == nil {
		return nil
	}
	places := make([]int, len(s.Args))
	for i, arg := range s.Args {
		places[i] = -1
		if _, number, ok := strings.Cut(string(arg), markPrefix); ok {
			places[i], _ = strconv.Atoi(strings.TrimSuffix(number, `"}`))
		}
	}
	return places
}

// fill puts a request's own values in the places of the marks.
func (t *template) fill(planner *plan.Planner, req *apirequest.Request) (plan.Planned, *query.Program) {
	read, program := *t.plan.(*plan.Read), *t.program
	root := *read.Root
	root.Range = planner.Window(req)
	read.Root = &root
	var some [8]filter.Condition
	conditions := some[:0]
	for _, p := range req.Query.Where {
		conditions = appendConditions(conditions, p.Node)
	}
	program.Main = fillStatement(&program.Main, t.main, conditions)
	query.SetWindow(&program.Main, root.Range)
	if program.Count != nil {
		count := fillStatement(program.Count, t.count, conditions)
		program.Count = &count
	}
	if program.Explain != nil {
		explain := fillStatement(program.Explain, t.explain, conditions)
		program.Explain = &explain
	}
	return &read, &program
}

func fillStatement(s *query.Statement, places []int, conditions []filter.Condition) query.Statement {
	args := make([][]byte, len(s.Args))
	for i, place := range places {
		if args[i] = s.Args[i]; place >= 0 {
			args[i] = []byte(conditions[place].Argument())
		}
	}
	return query.Statement{SQL: s.SQL, Args: args}
}

// appendConditions lists conditions in the order in which they are marked.
func appendConditions(list []filter.Condition, node filter.Node) []filter.Condition {
	switch node := node.(type) {
	case filter.Condition:
		return append(list, node)
	case filter.Group:
		for _, member := range node.Nodes {
			list = appendConditions(list, member)
		}
	}
	return list
}
