package openapi

import (
	"net/url"

	"github.com/pgrest-go/pgrest/introspect"
)

// Document gives the OpenAPI 3.1 document of a selection of the cache, as JSON.
//
// A relation has three schemas: of its rows, of what is inserted and of what is
// updated. In the last two there is no column that only the database writes, and an
// insert requires those that have neither a default nor NULL. A fourth is that of the
// body of an insert: one row or several. A relation has the operations that PostgreSQL
// can do with it, whatever the grants. The overloads of a routine share an operation.
// Names of schemas and operationIds are made of the names of relations and routines,
// and stay the same while those do.
//
// Equal arguments give equal documents. The error is a *ServerURLError for a server
// URL that clients can't use.
func Document(cache *introspect.SchemaCache, s Selection, c Config) ([]byte, error) {
	at, err := c.server()
	if err != nil {
		return nil, err
	}
	d := newDocument(cache, s.sorted(), c)
	paths := d.paths()
	doc := object{{"openapi", "3.1.0"}, {"info", d.info()}, {"servers", array{object{{"url", at.url()}}}}}
	doc = doc.with("tags", d.tags())
	doc = append(doc, member{"paths", paths}, member{"components", d.components()})
	if c.Security {
		doc = append(doc, member{"security", array{object{{securityScheme, array{}}}}})
	}
	doc = doc.with("externalDocs", externalDocs(c.DocsVersion))
	return encode(doc, s.columns()), nil
}

// document is an OpenAPI 3.1 document that is being made.
type document struct {
	cache     *introspect.SchemaCache
	selection Selection
	config    Config

	schemas        object // the component schemas, by their names
	schemaNames    names
	parameters     object
	parameterNames names
	// types names the schemas of enums and composite types, by the names of these.
	types map[string]string
	// tables has what was made for each selected relation.
	tables map[introspect.QualifiedName]*tableParts
	// results names the schemas of results that are rows of no selected relation.
	results map[*introspect.Routine]string
	// readErrors and writeErrors are the responses of reads and writes that fail.
	readErrors, writeErrors object
}

// tableParts are what the operations on a relation refer to.
type tableParts struct {
	row, insert, inserts, update string // the names of schemas
	filters                      []columnFilter
	rows                         object // the content of a response
}

// columnFilter refers to the parameter that filters by a column.
type columnFilter struct {
	column string
	ref    object
}

func newDocument(cache *introspect.SchemaCache, s Selection, c Config) *document {
	d := &document{
		cache: cache, selection: s, config: c,
		schemaNames: names{}, parameterNames: names{},
		types:       map[string]string{},
		tables:      make(map[introspect.QualifiedName]*tableParts, len(s.Tables)),
		results:     make(map[*introspect.Routine]string),
		readErrors:  errorResponses("400", "401", "403", "404", "406", "416", "500", "503", "default"),
		writeErrors: errorResponses("400", "401", "403", "404", "405", "406", "409", "415", "500", "503", "default"),
	}
	d.addCommonSchemas()
	d.addCommonParameters()
	// All rows get their names before any schema is made: one may refer to another.
	relations := make([]string, len(s.Tables))
	for i, t := range s.Tables {
		relations[i] = t.Name.Name
	}
	for i, row := range d.schemaNames.takeAll(relations) {
		d.tables[s.Tables[i].Name] = &tableParts{row: row}
	}
	for _, t := range s.Tables {
		d.addTable(t)
	}
	return d
}

func (d *document) info() object {
	title, description := splitComment(d.selection.Comment)
	if title == "" {
		title = "PostgREST API"
	}
	return append(object{{"title", title}}.with("description", description), member{"version", d.config.Version})
}

const (
	rootTag        = "Introspection"
	routineTag     = "(rpc)"
	securityScheme = "JWT"
)

// tags are one for each relation, with what its comment says, and one for all
// functions.
func (d *document) tags() array {
	tags := array{object{{"name", rootTag}, {"description", "What the API consists of"}}}
	for _, t := range d.selection.Tables {
		if t.Name.Name == rootTag || t.Name.Name == routineTag {
			continue
		}
		tags = append(tags, object{{"name", t.Name.Name}}.with("description", t.Comment))
	}
	if len(d.selection.Routines) > 0 {
		tags = append(tags, object{{"name", routineTag}, {"description", "Functions"}})
	}
	return tags
}

// paths are the root, the relations and the routines.
func (d *document) paths() object {
	paths := object{{"/", object{{"get", d.rootOperation()}}}}
	for _, t := range d.selection.Tables {
		paths = append(paths, member{"/" + url.PathEscape(t.Name.Name), d.tablePath(t)})
	}
	var overloads [][]*introspect.Routine
	var routines []string // their names
	for i, r := range d.selection.Routines {
		if i == 0 || r.Name != d.selection.Routines[i-1].Name {
			overloads, routines = append(overloads, nil), append(routines, r.Name.Name)
		}
		overloads[len(overloads)-1] = append(overloads[len(overloads)-1], r)
	}
	for i, id := range (names{}).takeAll(routines) {
		paths = append(paths, member{"/rpc/" + url.PathEscape(routines[i]), d.routinePath(id, overloads[i])})
	}
	return paths
}

func (d *document) rootOperation() object {
	return object{
		{"operationId", "describe"},
		{"tags", []string{rootTag}},
		{"summary", "OpenAPI description of the API"},
		{"responses", append(object{{"200", object{
			{"description", "OK"},
			{"content", object{
				{"application/openapi+json", object{{"schema", object{{"type", "object"}}}}},
				{"application/json", object{{"schema", object{{"type", "object"}}}}},
				{"application/vnd.oai.openapi+json;version=3.1", object{{"schema", object{{"type", "object"}}}}},
				textBody("application/vnd.oai.openapi+yaml;version=3.1"),
			}},
		}}}, errorResponses("401", "404", "406", "default")...)},
	}
}

func (d *document) components() object {
	return object{
		{"schemas", d.schemas},
		{"parameters", d.parameters},
		{"headers", responseHeaders()},
		{"responses", errorComponents()},
		{"securitySchemes", object{{securityScheme, object{
			{"type", "http"},
			{"scheme", "bearer"},
			{"bearerFormat", "JWT"},
			{"description", "A JSON Web Token. Its role claim names the database role that the request runs as."},
		}}}},
	}
}
