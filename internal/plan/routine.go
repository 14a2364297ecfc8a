package plan

import (
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/suggest"
	"github.com/pgrest-go/pgrest/introspect"
)

// paramSimilarity is how close a parameter list has to be to be suggested: the
// function is known already, so there is little left to hide.
const paramSimilarity = 0.33

// routine finds the overload that takes the request's arguments, or, if there is
// none, the one whose only, unnamed parameter takes its body.
func (p *Planner) routine(req *apirequest.Shape) (*introspect.Routine, error) {
	name := introspect.QualifiedName{Schema: req.Schema, Name: req.Name}
	overloads, arguments, unnamed := p.cache.Routines[name], argumentNames(req), bodyTypes(req)
	var fit, whole []*introspect.Routine
	for _, r := range overloads {
		switch {
		case takes(r, arguments) && !(len(r.Params) == 0 && takesOnlyBody(unnamed)):
			fit = append(fit, r)
		default:
			if body, ok := r.Body(); ok && slices.Contains(unnamed, body.Type.Name) {
				whole = append(whole, r)
			}
		}
	}
	if len(fit) == 0 {
		fit = whole
	}
	switch len(fit) {
	case 0:
		call := apierror.Call{Function: name.String(), Arguments: arguments, Unnamed: strings.Join(unnamed, "/")}
		return nil, apierror.FunctionNotFound(call, p.suggestRoutine(name, overloads, arguments))
	case 1:
		return fit[0], nil
	}
	signatures := make([]string, len(fit))
	for i, r := range fit {
		signatures[i] = signature(r)
	}
	return nil, apierror.FunctionAmbiguous(signatures)
}

// postOnly reports a function that is called with POST alone, which goes for all of its
// overloads: before any is chosen by arguments that have no place in a URL.
func (p *Planner) postOnly(req *apirequest.Shape) bool {
	overloads := p.cache.Routines[introspect.QualifiedName{Schema: req.Schema, Name: req.Name}]
	return len(overloads) > 0 && overloads[0].PostOnly
}

// argumentNames are the names of the request's arguments, each once.
func argumentNames(req *apirequest.Shape) []string {
	if req.Body != nil {
		return req.Body.Columns
	}
	var names []string
	seen := make(map[string]bool, len(req.ArgumentNames))
	for _, name := range req.ArgumentNames {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// bodyTypes are the types of parameter that take a whole body.
func bodyTypes(req *apirequest.Shape) []string {
	if req.Body == nil {
		return nil
	}
	switch req.Body.Media.Name {
	case mediatype.JSON:
		return []string{"json", "jsonb"}
	case mediatype.Plain:
		return []string{"text"}
	case mediatype.XML:
		return []string{"xml"}
	case mediatype.Octets:
		return []string{"bytea"}
	}
	return nil
}

// takesOnlyBody reports a body that can't be named arguments.
func takesOnlyBody(types []string) bool { return len(types) == 1 }

// takes reports whether r can be called with the named arguments: all required
// parameters are there, and no argument is without a parameter. A parameter without a
// name goes by the empty one if it is the only one.
func takes(r *introspect.Routine, arguments []string) bool {
	_, alone := r.Body()
	named := func(p introspect.Param) bool { return p.Name != "" || alone }
	for _, param := range r.Params {
		if param.Required && !(named(param) && slices.Contains(arguments, param.Name)) {
			return false
		}
	}
	for _, a := range arguments {
		if !slices.ContainsFunc(r.Params, func(p introspect.Param) bool { return p.Name == a && named(p) }) {
			return false
		}
	}
	return true
}

func signature(r *introspect.Routine) string {
	params := make([]string, len(r.Params))
	for i, p := range r.Params {
		params[i] = p.Name + " => " + p.Type.Name
	}
	return r.Name.String() + "(" + strings.Join(params, ", ") + ")"
}

// suggestRoutine names the function that the client may have meant: one of a
// similar name or, where the name is right, an overload of similar parameters.
func (p *Planner) suggestRoutine(name introspect.QualifiedName, overloads []*introspect.Routine, arguments []string) string {
	if len(overloads) == 0 {
		names, ok := p.routines[name.Schema]
		if !ok {
			return ""
		}
		if near, ok := names().Best(name.Name, tableSimilarity); ok {
			return name.Schema + "." + near
		}
		return ""
	}
	lists := make([]string, len(overloads))
	for i, r := range overloads {
		params := make([]string, len(r.Params))
		for j, param := range r.Params {
			params[j] = param.Name
		}
		lists[i] = paramList(params)
	}
	if near, ok := suggest.NewSet(lists).Best(paramList(arguments), paramSimilarity); ok {
		return name.String() + near
	}
	return ""
}

// routineNames are the names of a schema's functions, in order.
func routineNames(cache *introspect.SchemaCache, schema string) []string {
	var names []string
	for known := range cache.Routines {
		if known.Schema == schema {
			names = append(names, known.Name)
		}
	}
	slices.Sort(names)
	return names
}

func paramList(names []string) string {
	return "(" + strings.Join(slices.Sorted(slices.Values(names)), ", ") + ")"
}

// settleArguments gives a call whose doubtful arguments are filters as far as no overload of
// the function has a parameter of their names.
func (p *Planner) settleArguments(req *apirequest.Shape) *apirequest.Shape {
	if len(req.Doubtful) == 0 {
		return req
	}
	settled, filters := *req, map[int]bool{}
	settled.Where = slices.Clip(req.Where)
	for _, d := range req.Doubtful {
		name := req.ArgumentNames[d.Argument]
		takes := func(r *introspect.Routine) bool {
			return slices.ContainsFunc(r.Params, func(p introspect.Param) bool { return p.Name == name })
		}
		if !slices.ContainsFunc(p.cache.Routines[introspect.QualifiedName{Schema: req.Schema, Name: req.Name}], takes) {
			filters[d.Argument], settled.Where = true, append(settled.Where, d.Filter)
		}
	}
	settled.ArgumentNames = nil
	for i, name := range req.ArgumentNames {
		if !filters[i] {
			settled.ArgumentNames = append(settled.ArgumentNames, name)
		}
	}
	return &settled
}
