package openapi

import (
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
)

// routinePath has the operations on the overloads of a routine: a call by POST, and
// one by GET unless all of them are volatile.
func (d *document) routinePath(overloads []*introspect.Routine) object {
	quiet := slices.DeleteFunc(slices.Clone(overloads), func(r *introspect.Routine) bool {
		return r.Volatility == introspect.Volatile
	})
	var path object
	if len(quiet) > 0 {
		path = object{{"get", d.queryOperation(quiet)}}
	}
	return append(path, member{"post", d.callOperation(overloads)})
}

func (d *document) beginCall(verb string, overloads []*introspect.Routine) object {
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
		{"operationId", d.operationIDs.take(verb + "_" + name)},
		{"tags", []string{routineTag}},
		{"summary", summary},
	}.with("description", description)
}

// queryOperation is a call with its arguments in the query string.
func (d *document) queryOperation(overloads []*introspect.Routine) object {
	var arguments array
	hidden := slices.Clone(reserved)
	for i, r := range overloads {
		for j := range r.Params {
			p := &r.Params[j]
			if p.Name == "" || seenBefore(overloads[:i], p.Name) {
				continue
			}
			hidden = append(hidden, p.Name)
			arguments = append(arguments, d.argument(p, requiredByAll(overloads, p.Name)))
		}
	}
	responses := d.resultResponses(overloads)
	return append(d.beginCall("query", overloads),
		member{"parameters", slices.Concat(arguments, d.resultParameters(overloads, hidden[len(reserved):]),
			parametersNamed("Prefer.read"), d.profile("Accept-Profile"))},
		member{"responses", append(responses, d.readErrors...)})
}

func seenBefore(overloads []*introspect.Routine, name string) bool {
	return slices.ContainsFunc(overloads, func(r *introspect.Routine) bool {
		return slices.ContainsFunc(r.Params, func(p introspect.Param) bool { return p.Name == name })
	})
}

func requiredByAll(overloads []*introspect.Routine, name string) bool {
	return !slices.ContainsFunc(overloads, func(r *introspect.Routine) bool {
		return !slices.ContainsFunc(r.Params, func(p introspect.Param) bool { return p.Name == name && p.Required })
	})
}

// argument is a parameter in the query string. Arrays are written in PostgreSQL's
// braces, but those of a variadic parameter once for each element; JSON and rows are
// written as JSON.
func (d *document) argument(p *introspect.Param, required bool) object {
	schema := d.typeSchema(p.Type)
	description := "Of type " + p.Type.Name + "."
	example := d.exampleOf(p.Type)
	switch kind := p.Type.Kind; {
	case p.Variadic:
		example = nil
	case kind == introspect.ArrayType:
		schema, description, example = object{{"type", "string"}}, description+" Written as {1,2}.", nil
	case len(schema) == 0 || kind == introspect.CompositeType:
		schema, example = object{{"type", "string"}}, nil
	}
	return append(query(p.Name, description, nil, ""), member{"schema", schema}).
		with("required", required).
		with("example", example)
}

// resultParameters are the parameters that shape a result of rows.
func (d *document) resultParameters(overloads []*introspect.Routine, arguments []string) array {
	var filters array
	rows := false
	for _, r := range overloads {
		rows = rows || r.Returns.Composite() && !r.Returns.Void
		t := d.cache.ResultTable(r)
		if t != nil && d.selected(t) && len(overloads) == 1 {
			filters = d.filters(t, arguments...)
		}
	}
	if !rows {
		return nil
	}
	for _, name := range []string{"and", "or", "select", "order", "limit", "offset"} {
		if !slices.Contains(arguments, name) {
			filters = append(filters, component("parameters", name))
		}
	}
	return filters
}

// callOperation is a call with its arguments in the body.
func (d *document) callOperation(overloads []*introspect.Routine) object {
	responses := d.resultResponses(overloads)
	return append(d.beginCall("call", overloads),
		member{"parameters", slices.Concat(d.resultParameters(overloads, nil),
			parametersNamed("Prefer.call"), d.profile("Content-Profile"))},
		member{"requestBody", d.callBody(overloads)},
		member{"responses", append(responses, d.writeErrors...)})
}

// callBody describes the body of a call: an object of arguments, or whatever the
// parameter takes that takes a body whole.
func (d *document) callBody(overloads []*introspect.Routine) object {
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
		schemas = append(schemas, component("schemas", d.addSchema(r.Name.Name+"_arguments", d.argumentsSchema(r))))
	}
	var bodies object
	if len(schemas) > 0 {
		bodies = object{{"application/json", object{{"schema", alternatives(schemas)}}}}
	}
	return object{{"content", append(bodies, whole...)}}
}

func textBody(mediaType string) member {
	return member{mediaType, object{{"schema", object{{"type", "string"}}}}}
}
