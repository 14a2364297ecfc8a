package openapi

import (
	"encoding/json"
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
)

// routineOperations are the operations on the overloads of a routine: a call of all by POST,
// and one of some by GET and QUERY.
func (d *document) routineOperations(id string, overloads []*introspect.Routine) object {
	byGET, names := calledByGET(overloads)
	if len(byGET) == 0 {
		return object{{"post", d.callOperation(id, overloads)}}
	}
	arguments := d.arguments(byGET, names)
	filters, ofRows := d.resultFilters(byGET)
	fields := append(argumentFields(arguments), filterFields(filters)...)
	get := d.queryOperation(id, byGET, arguments)
	return d.withQuery(object{{"get", get}, {"post", d.callOperation(id, overloads)}},
		distinct(fields), ofRows, d.readHeaders(returnsSet(byGET)))
}

func returnsSet(overloads []*introspect.Routine) bool {
	return slices.ContainsFunc(overloads, func(r *introspect.Routine) bool { return r.Returns.Set })
}

// calledByGET gives the overloads that can be called by GET and QUERY, and the names of
// their arguments. It leaves out those that are volatile or PostOnly, that take a whole body, or
// that require an argument whose name can't be a parameter's.
func calledByGET(overloads []*introspect.Routine) (byGET []*introspect.Routine, arguments []string) {
	for _, r := range overloads {
		named := nameable(paramNames(r))
		fits := func(p introspect.Param) bool {
			return slices.Contains(named, p.Name) && !slices.ContainsFunc(arguments, func(other string) bool {
				return other != p.Name && folded(other) == folded(p.Name)
			})
		}
		if _, takesBody := r.Body(); takesBody || !r.OffersGET() ||
			slices.ContainsFunc(r.Params, func(p introspect.Param) bool { return p.Required && !fits(p) }) {
			continue
		}
		byGET = append(byGET, r)
		for _, p := range r.Params {
			if fits(p) && !slices.Contains(arguments, p.Name) {
				arguments = append(arguments, p.Name)
			}
		}
	}
	return byGET, arguments
}

func paramNames(r *introspect.Routine) []string {
	all := make([]string, len(r.Params))
	for i := range r.Params {
		all[i] = r.Params[i].Name
	}
	return all
}

func (d *document) beginCall(operationID string, overloads []*introspect.Routine) object {
	name := overloads[0].Name.Name
	summary, description := "", ""
	for _, r := range overloads {
		if r.Comment != "" {
			summary, description = splitComment(r.Comment)
			break
		}
	}
	if summary == "" {
		summary = "Call " + name
	}
	return object{
		{"operationId", operationID},
		{"tags", []string{routineTag}},
		{"summary", summary},
	}.with("description", description)
}

// arguments describes the arguments of those names as parameters in the query string.
func (d *document) arguments(overloads []*introspect.Routine, names []string) []parameter {
	arguments := make([]parameter, len(names))
	for i, name := range names {
		value := d.argument(paramsNamed(overloads, name), requiredByAll(overloads, name))
		arguments[i] = parameter{name, folded(name), value}
	}
	return arguments
}

// queryOperation describes a call with its arguments in the query string.
func (d *document) queryOperation(id string, overloads []*introspect.Routine, arguments []parameter) object {
	responses := d.conditional(d.resultResponses(id, overloads, d.tagged("Content-Range", "Preference-Applied")))
	return append(d.beginCall("query_"+id, overloads),
		member{"parameters", distinctParameters(arguments, d.resultParameters(overloads), d.readHeaders(returnsSet(overloads)))},
		member{"responses", append(responses, d.readErrors...)})
}

// paramsNamed gives the parameters of that name, one for each type that they have.
func paramsNamed(overloads []*introspect.Routine, name string) []*introspect.Param {
	var params []*introspect.Param
	for _, r := range overloads {
		for i := range r.Params {
			p := &r.Params[i]
			if p.Name == name && !slices.ContainsFunc(params, func(q *introspect.Param) bool { return q.Type.Name == p.Type.Name }) {
				params = append(params, p)
			}
		}
	}
	return params
}

func requiredByAll(overloads []*introspect.Routine, name string) bool {
	return !slices.ContainsFunc(overloads, func(r *introspect.Routine) bool {
		return !slices.ContainsFunc(r.Params, func(p introspect.Param) bool { return p.Name == name && p.Required })
	})
}

// argument describes an argument in the query string. params are those of its name: in
// overloads they may differ in type.
func (d *document) argument(params []*introspect.Param, required bool) object {
	var schemas array
	description := "Of type "
	for i, p := range params {
		if i > 0 {
			description += " or "
		}
		description += p.Type.Name
		schemas = appendNew(schemas, d.argumentSchema(p))
	}
	description += "."
	if p := params[0]; p.Type.Kind == introspect.ArrayType && !p.Variadic {
		description += " Written as {1,2}."
	}
	return append(query(params[0].Name, description, nil, ""), member{"schema", alternatives(schemas)}).
		with("required", required).
		with("example", d.argumentExample(params[0])).
		with(goNameExtension, goParameterName(params[0].Name, identifier(params[0].Name)))
}

// argumentSchema describes an argument in the query string. An array is text in
// PostgreSQL's braces, except for that of a variadic parameter, which is given once for
// each element. JSON and rows are JSON text.
func (d *document) argumentSchema(p *introspect.Param) object {
	schema := d.typeSchema(p.Type)
	if p.Variadic || p.Type.Kind == introspect.EnumType {
		return schema
	}
	if p.Type.Kind == introspect.ArrayType || p.Type.Kind == introspect.CompositeType || len(schema) == 0 {
		return object{{"type", "string"}}
	}
	return schema
}

func (d *document) argumentExample(p *introspect.Param) json.RawMessage {
	if p.Type.Kind == introspect.ArrayType || p.Type.Kind == introspect.CompositeType || len(d.typeSchema(p.Type)) == 0 {
		return nil
	}
	return d.exampleOf(p.Type)
}

// resultParameters are the parameters that filter, sort and page a result of rows.
func (d *document) resultParameters(overloads []*introspect.Routine) []parameter {
	filters, ofRows := d.resultFilters(overloads)
	if !ofRows {
		return nil
	}
	return slices.Concat(filters, ownParameters(pageParameters...))
}

// resultFilters are the filters of a result, if it is of rows.
func (d *document) resultFilters(overloads []*introspect.Routine) (filters []parameter, ofRows bool) {
	for _, r := range overloads {
		ofRows = ofRows || r.Returns.Composite() && !r.Returns.Void
		t := d.cache.ResultTable(r)
		if t != nil && d.selected(t) && len(overloads) == 1 {
			filters = d.tables[t.Name].filters
		}
	}
	return filters, ofRows
}

// callOperation describes a call with its arguments in the body.
func (d *document) callOperation(id string, overloads []*introspect.Routine) object {
	responses := d.resultResponses(id, overloads, []string{"Content-Range", "Preference-Applied"})
	return append(d.beginCall("call_"+id, overloads),
		member{"parameters", distinctParameters(d.resultParameters(overloads),
			ownParameters("Prefer.call"), d.callHeaders(overloads))},
		member{"requestBody", d.callBody(id, overloads)},
		member{"responses", append(responses, d.writeErrors...)})
}

// callBody describes the body of a call: an object of arguments, or, for a parameter that
// takes a whole body, what its type requires. The body is optional if some overload
// requires no argument.
func (d *document) callBody(id string, overloads []*introspect.Routine) object {
	var schemas array
	var whole object
	for _, r := range overloads {
		if p, ok := r.Body(); ok {
			switch p.Type.Name {
			case "text":
				whole = append(whole, textBody("text/plain"))
			case "xml":
				whole = append(whole, textBody("text/xml"))
			case "bytea":
				whole = append(whole, member{"application/octet-stream", object{}})
			default:
				schemas = append(schemas, orAny(nil))
			}
			continue
		}
		schemas = append(schemas, component("schemas", d.addSchema(id+"_arguments", d.argumentsSchema(r))))
	}
	var bodies object
	if len(schemas) > 0 {
		bodies = object{{"application/json", object{{"schema", alternatives(schemas)}}}}
	}
	required := !slices.ContainsFunc(overloads, func(r *introspect.Routine) bool {
		return !slices.ContainsFunc(r.Params, func(p introspect.Param) bool { return p.Required })
	})
	return object(nil).with("required", required).with("content", append(bodies, whole...))
}

func textBody(mediaType string) member {
	return member{mediaType, object{{"schema", object{{"type", "string"}}}}}
}
