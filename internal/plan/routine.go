package plan

import (
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/suggest"
	"github.com/pgrest-go/pgrest/introspect"
)

// paramSimilarity is how close a parameter list has to be to be suggested: the
// function is known already, so there is little left to hide.
const paramSimilarity = 0.33

// routine finds the overload that takes the request's arguments.
func (p *Planner) routine(req *apirequest.Request) (*introspect.Routine, error) {
	name := introspect.QualifiedName{Schema: req.Schema, Name: req.Name}
	var arguments []string
	for _, a := range req.Query.Arguments {
		if !slices.Contains(arguments, a.Name) {
			arguments = append(arguments, a.Name)
		}
	}
	overloads := p.cache.Routines[name]
	var fit []*introspect.Routine
	for _, r := range overloads {
		if takes(r, arguments) {
			fit = append(fit, r)
		}
	}
	switch len(fit) {
	case 0:
		return nil, apierror.FunctionNotFound(name.String(), arguments, p.suggestRoutine(name, overloads, arguments))
	case 1:
		return fit[0], nil
	}
	signatures := make([]string, len(fit))
	for i, r := range fit {
		signatures[i] = signature(r)
	}
	return nil, apierror.FunctionAmbiguous(signatures)
}

// takes reports whether r can be called with the named arguments: all required
// parameters are there, and no argument is without a parameter.
func takes(r *introspect.Routine, arguments []string) bool {
	for _, param := range r.Params {
		if param.Required && !slices.Contains(arguments, param.Name) {
			return false
		}
	}
	for _, a := range arguments {
		if !slices.ContainsFunc(r.Params, func(p introspect.Param) bool { return p.Name == a }) {
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
		var names []string
		for known := range p.cache.Routines {
			if known.Schema == name.Schema {
				names = append(names, known.Name)
			}
		}
		slices.Sort(names)
		if near, ok := suggest.NewSet(names).Best(name.Name, tableSimilarity); ok {
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

func paramList(names []string) string {
	return "(" + strings.Join(slices.Sorted(slices.Values(names)), ", ") + ")"
}
