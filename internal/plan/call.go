package plan

import (
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/introspect"
)

// Call is the plan of a function call. Its Root reads what the function returns.
type Call struct {
	Answer
	Routine *introspect.Routine
	// Scalar reports a function that returns values, and not rows.
	Scalar bool
	// Arguments are given by name, each as text.
	Arguments []Argument
	// FromBody takes the parameters in Named from the JSON of Body instead, in which
	// Array tells an array, of which the first element counts, from an object.
	FromBody bool
	Named    []introspect.Param
	// Values are those of Named as texts, nil for NULL, where Body has nothing that
	// has to be read as JSON; else nil.
	Values [][]byte
	// Whole passes Body as the only, unnamed argument: what the request has that stands
	// for all of its arguments.
	Whole bool
	Body  []byte
	Array bool
}

func (*Call) plan() {}

// Volatile reports a function that may do anything, also while its rows come.
func (c *Call) Volatile() bool { return c.Routine.Volatility == introspect.Volatile }

// Argument is an argument of a function: one text, or those of a variadic parameter.
type Argument struct {
	Param  introspect.Param
	Value  string
	Values []string
}

// ScalarColumn names the only column of functions that return no rows.
const ScalarColumn = "pgrst_scalar"

func (p *Planner) call(req *apirequest.Request) (Plan, error) {
	if req.Safe && p.postOnly(req) {
		return nil, apierror.PostOnly(req.Method, infoOf(apirequest.Routine, isPostOnly).Allow)
	}
	routine, err := p.routine(req)
	if err != nil {
		return nil, err
	}
	c := &Call{Routine: routine}
	c.arguments(req)
	table, scalar := p.resultTable(routine, req.Schema)
	c.Scalar = scalar
	if c.Root, err = p.tree(table, req); err != nil {
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
	if req.Preferences.Strict() && req.Preferences.MaxAffected >= 0 {
		if !routine.Returns.Set {
			return nil, apierror.MaxAffectedSingle()
		}
		if c.Explain == nil {
			c.Expect.MaxAffected = req.Preferences.MaxAffected
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

// typeValues gives the only column of a function that returns values their type. A
// represented domain is the value that it holds: representations are for relations.
func (n *Node) typeValues(t *introspect.Type) {
	for i := range n.Columns {
		if c := &n.Columns[i]; c.Field.Name == ScalarColumn && c.Kind == TypedValue {
			c.Type = t
		}
	}
}

// arguments takes the arguments from where the request has them.
func (c *Call) arguments(req *apirequest.Request) {
	if _, ok := c.Routine.Body(); ok {
		c.Whole, c.Body = true, req.Whole()
		return
	}
	given := req.Query.Arguments
	if req.Payload != nil {
		if req.Payload.Media.Name != mediatype.URLEncoded {
			c.FromBody, c.Body, c.Array = true, req.Payload.Raw, req.Payload.Array
			for _, param := range c.Routine.Params {
				if slices.Contains(req.Payload.Columns, param.Name) {
					c.Named = append(c.Named, param)
				}
			}
			c.asTexts(req.Payload.Columns, req.Payload.Values)
			return
		}
		given = req.Payload.Form
	}
	for _, param := range c.Routine.Params {
		if a, ok := argumentFor(param, given); ok {
			c.Arguments = append(c.Arguments, a)
		}
	}
}

// argumentFor collects the values of a parameter: all of a variadic one, else the last.
func argumentFor(param introspect.Param, given []filter.Argument) (Argument, bool) {
	a, found := Argument{Param: param}, false
	for _, g := range given {
		if g.Name != param.Name {
			continue
		}
		found = true
		a.Value = g.Value
		if param.Variadic {
			a.Values = append(a.Values, g.Value)
		}
	}
	return a, found
}
