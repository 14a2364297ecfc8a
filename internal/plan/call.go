package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// Call is the plan of a function call. Its Root reads what the function returns.
type Call struct {
	Answer
	Routine *introspect.Routine
	// Scalar reports a function that returns values, and not rows.
	Scalar bool
	// NullRow says what of a function that returns one row is none.
	NullRow NullRow
	// Arguments are given by name, each as text.
	Arguments []Argument
	// FromBody takes the parameters in Named from the JSON of the body instead, in which
	// Array tells an array, of which the first element counts, from an object.
	FromBody bool
	Named    []introspect.Param
	Array    bool
	// Members are the values of Named as texts, nil where PostgreSQL has to read the body as
	// JSON.
	Members []value.Arg
	// Whole is the argument of a function whose only parameter has no name: it stands for all
	// that the request has. It is nil for other functions.
	Whole *value.Arg
}

func (*Call) plan() {}

// Volatile reports a function that may do anything, also while its rows come.
func (c *Call) Volatile() bool { return c.Routine.Volatility == introspect.Volatile }

// Argument is an argument of a function: one text, or an array of those of a variadic
// parameter.
type Argument struct {
	Param introspect.Param
	Value value.Arg
}

// ScalarColumn names the only column of functions that return no rows.
const ScalarColumn = "pgrst_scalar"

func (p *Planner) call(req *apirequest.Shape) (Plan, error) {
	if req.Safe && p.postOnly(req) {
		return nil, apierror.PostOnly(req.Method, infoOf(apirequest.Routine, isPostOnly).Allow)
	}
	called, req := req, p.settleArguments(req)
	routine, err := p.routine(req)
	if err != nil {
		return nil, err
	}
	c := &Call{Routine: routine}
	c.arguments(called)
	table, scalar := p.resultTable(routine, req.Schema)
	c.Scalar, c.MaxRows = scalar, p.capOf(rowsOf(routine))
	if !scalar {
		c.NullRow = p.nullRow(routine)
	}
	if err := p.tree(&c.Answer, table, req); err != nil {
		return nil, err
	}
	c.Root.Call = c
	if scalar {
		c.Root.typeValues(routine.Returns.Type)
	}
	c.ReadOnly = req.Safe || !c.Volatile()
	if err := p.finish(&c.Answer, req, producer{rows: rowsOf(routine), defaults: defaultSelect(req), call: c}); err != nil {
		return nil, err
	}
	if c.Count == CountPlanned { // the planner knows nothing about what a function returns
		c.Count = CountNone
	}
	if req.Prefer.MaxAffected >= 0 {
		if !routine.Returns.Set {
			return nil, apierror.MaxAffectedSingle()
		}
		if c.Explain == nil {
			c.Expect.MaxAffected = req.Prefer.MaxAffected
		}
	}
	return c, nil
}

// rowsOf names the relation, exposed or not, whose rows a function returns; zero for none.
func rowsOf(r *introspect.Routine) introspect.QualifiedName {
	if r.Returns.Type == nil {
		return introspect.QualifiedName{}
	}
	return r.Returns.Type.Relation
}

// resultTable is the relation whose rows the function returns, or one made of its
// result columns, or of its only value.
func (p *Planner) resultTable(r *introspect.Routine, schema string) (table *introspect.Table, scalar bool) {
	if t := p.cache.ResultTable(r); t != nil {
		return t, false
	}
	column := introspect.Column{Name: ScalarColumn, Type: r.Returns.Type}
	return &introspect.Table{Name: introspect.QualifiedName{Schema: schema, Name: r.Name.Name}, Columns: []introspect.Column{column}}, true
}

// typeValues gives the columns that show the values of a function the type of these. A value
// of a represented domain is shown as it is: representations are for relations.
func (n *Node) typeValues(t *introspect.Type) {
	for i := range n.Columns {
		if c := &n.Columns[i]; c.Field.Name == ScalarColumn && c.Field.Call == nil && c.Kind == TypedValue {
			c.Type, c.Unknown = t, t == nil
		}
	}
}

// arguments finds the arguments where the request has them: as a whole, in the JSON of the
// body, or in the URL or form.
func (c *Call) arguments(req *apirequest.Shape) {
	form := req.Body != nil && req.Body.Media.Name == mediatype.URLEncoded
	if param, ok := c.Routine.Body(); ok {
		c.Whole = &value.Arg{From: value.FromBody, Hex: param.Type.OID == oid.Bytea}
		if req.Body == nil || form {
			c.Whole.From = value.FromAllArguments
		}
		return
	}
	if req.Body != nil && !form {
		c.FromBody, c.Array = true, req.Body.Array
		for _, param := range c.Routine.Params {
			if slices.Contains(req.Body.Columns, param.Name) {
				c.Named = append(c.Named, param)
			}
		}
		if req.Body.Members {
			c.takeMembers(req.Body.Columns)
		}
		return
	}
	for _, param := range c.Routine.Params {
		if a, ok := argumentFor(param, req.ArgumentNames); ok {
			c.Arguments = append(c.Arguments, a)
		}
	}
}

// argumentFor finds a parameter among the names of the given arguments. A variadic one
// takes all arguments of its name, another one the last.
func argumentFor(param introspect.Param, given []string) (a Argument, found bool) {
	var places []int
	for i, name := range given {
		if name == param.Name {
			places = append(places, i)
		}
	}
	a.Param = param
	switch {
	case len(places) == 0:
		return a, false
	case param.Variadic:
		a.Value = value.Arg{From: value.FromArguments, Elements: places}
	default:
		a.Value = value.Arg{From: value.FromArgument, Index: places[len(places)-1]}
	}
	return a, true
}
