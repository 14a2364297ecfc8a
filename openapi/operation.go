package openapi

import (
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
)

// tableOperations are the operations that PostgreSQL can do with a relation.
func (d *document) tableOperations(t *introspect.Table) object {
	path := object{{"get", d.readOperation(t)}}
	if t.Insertable {
		path = append(path, member{"post", d.insertOperation(t)})
	}
	if t.Insertable && t.Updatable && len(t.PrimaryKey) > 0 && d.hasFilters(t, t.PrimaryKey) {
		path = append(path, member{"put", d.upsertOperation(t)})
	}
	if t.Updatable {
		path = append(path, member{"patch", d.updateOperation(t)})
	}
	if t.Deletable {
		path = append(path, member{"delete", d.deleteOperation(t)})
	}
	fields := filterFields(d.tables[t.Name].filters)
	if d.pagesByKey(t) {
		for _, name := range keysetParameters {
			fields = fields.with(name, object{{"type", "string"}})
		}
	}
	return d.withQuery(path, fields, true, d.tableHeaders(t))
}

// readHeaders are the headers of a read. Those for a range are among them if its rows can
// be paged.
func (d *document) readHeaders(paged bool) []parameter {
	var page []parameter
	if paged {
		page = ownParameters("Range", "Range-Unit")
	}
	return slices.Concat(page, d.conditions("If-None-Match"), ownParameters("Prefer.read"), d.profile("Accept-Profile"))
}

// conditions refers to a header that has a condition, if there are such.
func (d *document) conditions(name string) []parameter {
	if !d.config.Conditional {
		return nil
	}
	return ownParameters(name)
}

// pagesByKey reports a relation that has a key to page by.
func (d *document) pagesByKey(t *introspect.Table) bool {
	return d.config.KeysetPages && len(t.PrimaryKey) > 0
}

// tableHeaders are the headers of a read of a relation.
func (d *document) tableHeaders(t *introspect.Table) []parameter {
	if !d.pagesByKey(t) {
		return d.readHeaders(true)
	}
	return slices.Concat(ownParameters("Range", "Range-Unit", "Prefer.page"), d.profile("Accept-Profile"))
}

// begin begins an operation on a relation. Its operationId begins with the verb. For a
// read, the relation's comment replaces the summary.
func (d *document) begin(t *introspect.Table, verb, summary string) object {
	title, description := splitComment(t.Comment)
	if verb == "read" {
		if title != "" {
			summary = title
		}
		description = joinParagraphs(description, d.embedding(t))
	} else {
		description = ""
	}
	return object{
		{"operationId", verb + "_" + d.tables[t.Name].id},
		{"tags", []string{d.tables[t.Name].tag}},
		{"summary", summary},
	}.with("description", description)
}

func joinParagraphs(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "\n\n" + second
}

func (d *document) row(t *introspect.Table) object {
	return component("schemas", d.tables[t.Name].row)
}

// hasFilters reports whether there is a parameter for each of the columns.
func (d *document) hasFilters(t *introspect.Table, columns []string) bool {
	return !slices.ContainsFunc(columns, func(column string) bool {
		return !slices.ContainsFunc(d.tables[t.Name].filters, func(p parameter) bool { return p.name == column })
	})
}

func (d *document) readOperation(t *introspect.Table) object {
	rows := d.tables[t.Name].rows
	headers, pages := d.tagged("Content-Range", "Preference-Applied"), pageParameters
	if d.pagesByKey(t) {
		headers, pages = append(headers, "Link"), slices.Concat(pages, keysetParameters)
	}
	return append(d.begin(t, "read", "Read rows of "+t.Name.Name),
		member{"parameters", distinctParameters(
			d.tables[t.Name].filters, ownParameters(pages...), d.groupingParameters(), d.tableHeaders(t))},
		member{"responses", append(d.conditional(object{
			{"200", response("The rows", rows, headers...)},
			{"206", response("Some of the rows", rows, headers...)},
		}), d.readErrors...)})
}

func (d *document) insertOperation(t *introspect.Table) object {
	one := component("schemas", d.tables[t.Name].insert)
	headers := []string{"Content-Range", "Location", "Preference-Applied"}
	names := []string{"columns", "on_conflict", "select", "order", "Prefer.insert"}
	if d.config.Upserts {
		names = slices.Insert(names, 2, "update")
	}
	return append(d.begin(t, "insert", "Insert rows into "+t.Name.Name),
		member{"parameters", distinctParameters(
			ownParameters(names...),
			d.writeHeaders())},
		member{"requestBody", object{
			{"required", true},
			{"content", slices.Concat(
				content(component("schemas", d.tables[t.Name].inserts), "text/csv"),
				object{{"application/x-www-form-urlencoded", object{{"schema", one}}}},
				d.nestedContent(t))},
		}},
		member{"responses", append(object{
			{"200", response("The rows, with return=representation, when duplicates were merged and none was new", d.tables[t.Name].rows, headers...)},
			{"201", response("The rows were inserted; they are sent back with return=representation", d.tables[t.Name].rows, headers...)},
		}, d.writeErrors...)})
}

func (d *document) upsertOperation(t *introspect.Table) object {
	one := component("schemas", d.tables[t.Name].insert)
	key := make([]parameter, 0, len(t.PrimaryKey))
	for _, name := range t.PrimaryKey {
		example := ""
		if c, ok := t.Column(name); ok {
			if value := d.exampleOperand(c, "eq"); value != "" {
				example = "eq." + value
			}
		}
		value := query(name, "The value of the primary key, the same as in the body.",
			object{{"type", "string"}, {"pattern", `^eq\.`}}, example).
			with("required", true).
			with(goNameExtension, goParameterName(name, identifier(name)))
		key = append(key, parameter{name, folded(name), value})
	}
	return append(d.begin(t, "upsert", "Insert or replace one row of "+t.Name.Name),
		member{"parameters", distinctParameters(key,
			d.conditions("If-Match"), d.conditions("If-None-Match.put"), ownParameters("columns", "select", "Prefer.write"), d.writeHeaders())},
		member{"requestBody", object{
			{"required", true},
			{"content", content(one)},
		}},
		member{"responses", append(object{
			{"200", response("The row was replaced", d.tables[t.Name].rows, d.tagged("Preference-Applied")...)},
			{"201", response("The row was inserted", d.tables[t.Name].rows, d.tagged("Preference-Applied")...)},
			{"204", response("The row was replaced", nil, "Preference-Applied")},
		}, d.changeErrors...)})
}

func (d *document) updateOperation(t *introspect.Table) object {
	changes := component("schemas", d.tables[t.Name].update)
	body := append(content(changes), member{"application/x-www-form-urlencoded", object{{"schema", changes}}})
	if d.config.BulkUpdates {
		body = append(body, member{"application/vnd.pgrst.rows+json", object{{"schema", schemaOfArray(changes)}}})
	}
	return append(d.begin(t, "update", "Update rows of "+t.Name.Name),
		member{"parameters", distinctParameters(d.tables[t.Name].filters,
			ownParameters("and", "or", "columns", "select", "order"), d.conditions("If-Match"), ownParameters("Prefer.update"), d.writeHeaders())},
		member{"requestBody", object{
			{"required", true},
			{"content", body},
		}},
		member{"responses", d.changeResponses(t, "updated", d.tagged("Content-Range", "Preference-Applied"))})
}

func (d *document) deleteOperation(t *introspect.Table) object {
	return append(d.begin(t, "delete", "Delete rows of "+t.Name.Name),
		member{"parameters", distinctParameters(d.tables[t.Name].filters,
			ownParameters("and", "or", "select", "order"), d.conditions("If-Match"), ownParameters("Prefer.write"), d.writeHeaders())},
		member{"responses", d.changeResponses(t, "deleted", []string{"Content-Range", "Preference-Applied"})})
}

// changeResponses are the responses to an update or delete, of which that with the rows has
// those headers.
func (d *document) changeResponses(t *introspect.Table, verb string, headers []string) object {
	return append(object{
		{"200", response("The rows that were "+verb+", with return=representation", d.tables[t.Name].rows, headers...)},
		{"204", response("The rows were "+verb, nil, "Content-Range", "Preference-Applied")},
	}, d.changeErrors...)
}
