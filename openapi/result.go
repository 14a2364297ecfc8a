package openapi

import (
	"bytes"
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
)

// argumentsSchema describes the arguments of a call as an object.
func (d *document) argumentsSchema(r *introspect.Routine) object {
	s := shape{document: d, description: r.Comment, closed: true, goNames: goFieldNames(paramNames(r))}
	for _, p := range r.Params {
		if p.Name == "" {
			continue // it can't be given, and has a default
		}
		s.add(&introspect.Column{Name: p.Name, Type: p.Type, TypeName: p.Type.Name},
			slices.Clone(d.typeSchema(p.Type)), p.Required)
		s.addExample(&introspect.Column{Name: p.Name, Type: p.Type}, p.Required)
	}
	return s.schema()
}

// resultResponses are the responses to a call that succeeds, with those headers. If the
// results of overloads differ, each is an alternative.
func (d *document) resultResponses(id string, overloads []*introspect.Routine, headers []string) object {
	var schemas, rows array
	var made object // the content of functions that make a media type themselves
	void, counted := false, false
	for _, r := range overloads {
		switch {
		case r.Returns.Void:
			void = true
		case r.MediaType != "":
			made = append(made, member{r.MediaType, object{}})
		default:
			one := d.resultSchema(id, r)
			if d.config.NullRows && !r.Returns.Set && r.Returns.Composite() {
				one = nullable(one)
			}
			if r.Returns.Composite() {
				rows = appendNew(rows, one)
			}
			if r.Returns.Set {
				one, counted = schemaOfArray(one), true
			}
			schemas = appendNew(schemas, orAny(one))
		}
	}
	var responses object
	if len(schemas) > 0 {
		made = append(resultContent(alternatives(schemas), rows), made...)
	}
	if len(made) > 0 {
		responses = append(responses, member{"200", response("The result", distinct(made), headers...)})
	}
	if counted {
		responses = append(responses, member{"206", response("Some rows of the result", distinct(made), headers...)})
	}
	if void {
		responses = append(responses, member{"204", response("The function returned nothing", nil)})
	}
	return responses
}

// resultContent is the content of a result. A row can be asked for as a single object, too.
func resultContent(schema any, rows array) object {
	c := object{{"application/json", object{{"schema", schema}}}}
	if len(rows) > 0 {
		c = append(c, member{"application/vnd.pgrst.object+json", object{{"schema", alternatives(rows)}}})
	}
	return append(c, textBody("text/csv"))
}

// resultSchema describes what a call returns, a value or a row. If it returns a set, it
// describes one of the set.
func (d *document) resultSchema(id string, r *introspect.Routine) object {
	switch t := d.cache.ResultTable(r); {
	case r.Returns.Scalar():
		return nullable(d.typeSchema(r.Returns.Type))
	case t == nil: // record, whose columns only the function knows
		return object{{"type", "object"}}
	case d.selected(t):
		return d.row(t)
	default:
		return d.resultRow(id, r, t)
	}
}

// selected reports whether t is a selected relation, and not one of the same name that was
// made of the result of a function.
func (d *document) selected(t *introspect.Table) bool {
	exposed, ok := d.cache.Table(t.Name)
	return ok && exposed == t && d.tables[t.Name] != nil
}

// resultRow refers to a schema of the columns of a result.
func (d *document) resultRow(id string, r *introspect.Routine, t *introspect.Table) object {
	name, ok := d.results[r]
	if !ok {
		s := shape{document: d, goNames: goFieldNames(columnNames(t.Columns))}
		for i := range t.Columns {
			c := &t.Columns[i]
			s.add(c, d.columnSchema(t, c, nil), true)
			s.addExample(c, true)
		}
		name = d.addSchema(id+"_result", s.schema())
		d.results[r] = name
	}
	return component("schemas", name)
}

// alternatives makes one schema of several.
func alternatives(schemas array) any {
	if len(schemas) == 1 {
		return schemas[0]
	}
	return object{{"anyOf", schemas}}
}

// appendNew appends a schema that is not among the schemas yet.
func appendNew(schemas array, schema any) array {
	encoded := appendJSON(nil, schema)
	for _, s := range schemas {
		if bytes.Equal(appendJSON(nil, s), encoded) {
			return schemas
		}
	}
	return append(schemas, schema)
}

// distinct keeps the first of the members of one name.
func distinct(o object) object {
	var kept object
	for _, m := range o {
		if !slices.ContainsFunc(kept, func(k member) bool { return k.name == m.name }) {
			kept = append(kept, m)
		}
	}
	return kept
}
