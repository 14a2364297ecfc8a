package openapi

import (
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
)

// swaggerPaths are the root, the relations and the routines.
func swaggerPaths(s Selection, c Config) object {
	paths := make(object, 0, 1+len(s.Tables)+len(s.Routines))
	paths = append(paths, member{"/", swaggerRoot()})
	for _, t := range s.Tables {
		paths = append(paths, member{"/" + t.Name.Name, swaggerTable(t)})
	}
	search := append([]string{s.Schema}, c.SearchPath...)
	for i, r := range s.Routines {
		if i+1 < len(s.Routines) && s.Routines[i+1].Name == r.Name {
			continue // a path describes only one overload: the last
		}
		paths = append(paths, member{"/rpc/" + r.Name.Name, swaggerRoutine(r, search)})
	}
	return paths
}

func swaggerRoot() object {
	return object{{"get", object{
		{"tags", []string{"Introspection"}},
		{"summary", "OpenAPI description (this document)"},
		{"produces", []string{"application/openapi+json", "application/json"}},
		{"responses", swaggerResponse("200", "OK")},
	}}}
}

// swaggerTable has the operations on a relation. If it takes any kind of write, all are
// described.
func swaggerTable(t *introspect.Table) object {
	name := t.Name.Name
	body := "body." + name
	filters := make([]string, len(t.Columns))
	for i := range t.Columns {
		filters[i] = rowFilter(t, &t.Columns[i])
	}
	ok := object{
		{"description", "OK"},
		{"schema", object{{"type", "array"}, {"items", refTo("definitions", name)}}},
	}
	operation := func(responses object, parameters ...string) object {
		return append(describe(name, t.Comment),
			member{"parameters", parameterRefs(parameters...)},
			member{"responses", responses})
	}
	path := object{{"get", operation(
		append(object{{"200", ok}}, swaggerResponse("206", "Partial Content")...),
		slices.Concat(filters, []string{"select", "order", "range", "rangeUnit", "offset", "limit", "preferCount"})...,
	)}}
	if !writable(t) {
		return path
	}
	return append(path,
		member{"post", operation(swaggerResponse("201", "Created"), body, "select", "preferPost")},
		member{"patch", operation(swaggerResponse("204", "No Content"), slices.Concat(filters, []string{body, "preferReturn"})...)},
		member{"delete", operation(swaggerResponse("204", "No Content"), slices.Concat(filters, []string{"preferReturn"})...)},
	)
}

// describe begins an operation with its tag, and the summary and description from a comment.
func describe(tag, comment string) object {
	summary, description := splitComment(comment)
	return object{{"tags", []string{tag}}}.
		with("summary", summary).
		with("description", description)
}

func swaggerResponse(status, description string) object {
	return object{{status, object{{"description", description}}}}
}

// swaggerRoutine has the operations on a routine: it can be called by GET unless
// it is volatile or for POST alone.
func swaggerRoutine(r *introspect.Routine, search []string) object {
	operation := func(parameters array) object {
		return append(
			append(describe("(rpc) "+r.Name.Name, r.Comment), member{"produces", rowMediaTypes()}).
				with("parameters", parameters),
			member{"responses", swaggerResponse("200", "OK")})
	}
	post := operation(array{
		object{{"name", "args"}, {"required", true}, {"in", "body"}, {"schema", swaggerArguments(r, search)}},
		refTo("parameters", "preferParams"),
	})
	if !r.OffersGET() {
		return object{{"post", post}}
	}
	query := make(array, len(r.Params))
	for i := range r.Params {
		query[i] = swaggerArgument(&r.Params[i], search)
	}
	return object{{"get", operation(query)}, {"post", post}}
}

// swaggerArguments describes the body of a call.
func swaggerArguments(r *introspect.Routine, search []string) object {
	properties := make(object, 0, len(r.Params))
	var required []string
	for _, p := range r.Params {
		name := paramType(p.Type, search)
		properties = append(properties, member{p.Name, object(nil).
			with("type", swaggerType(name)).
			with("format", swaggerFormat(name)).
			with("items", swaggerItems(name))})
		if p.Required {
			required = append(required, p.Name)
		}
	}
	return object(nil).
		with("description", r.Comment).
		with("required", required).
		with("properties", properties).
		with("type", "object")
}

// swaggerArgument describes an argument in the query string. An array is text in
// PostgreSQL's braces, except for that of a variadic parameter, which is given once for
// each element.
func swaggerArgument(p *introspect.Param, search []string) object {
	name := paramType(p.Type, search)
	argument := object{{"name", p.Name}, {"required", p.Required}, {"in", "query"}}
	if p.Variadic {
		element := elementType(name)
		return append(argument,
			member{"type", "array"},
			member{"items", object(nil).
				with("type", swaggerType(element)).
				with("format", swaggerFormat(element))},
			member{"collectionFormat", "multi"})
	}
	kind := swaggerType(name)
	if kind == "" || kind == "array" {
		kind = "string"
	}
	return append(argument, member{"type", kind}, member{"format", swaggerFormat(name)})
}
