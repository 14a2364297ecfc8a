package openapi

import (
	"net/url"

	"github.com/pgrest-go/pgrest/introspect"
)

// Document gives the OpenAPI 3.1 document of a selection of the cache, as JSON.
//
// A relation has four schemas: of its rows, of a row to insert, of the body of an insert
// (one row or several), and of an update. Columns that only the database writes are in the
// first alone; a row to insert requires those that have no default and can't be NULL. A
// relation has the operations that PostgreSQL can do with it, whatever the grants. The
// overloads of a routine share an operation. Schemas and operationIds are named after
// relations and routines, and keep their names while those do. Where generators would
// take two names for the same, since they differ only in case or in separators, one gets
// a number. The names of the components that every document has begin with "pgrest.".
//
// A column has a parameter to filter by, with two exceptions, which the parameter "and"
// covers: a column whose name has to be in quotes in a query string, since generators
// don't take quotes in names, and one that generators don't tell from another column.
//
// What can be read has a QUERY in the extension x-query, as there is no member for one in
// OpenAPI 3.1: an operation whose body takes what the GET takes as its query string.
//
// Equal arguments give equal documents. The error is a *ServerURLError for a server
// URL that clients can't use, and an *AdditionError for an addition that there is no place
// for.
func Document(cache *introspect.SchemaCache, s Selection, c Config) ([]byte, error) {
	return DocumentTemplate(cache, s, c).document(c)
}

// members gives the document's members before and after those of documentServers.
func (d *document) members(a *added) (head, rest object, err error) {
	paths := d.paths()
	if err := d.checkNames(a); err != nil {
		return nil, nil, err
	}
	head = object{{"openapi", "3.1.0"}, {"info", a.addedInfo(d.info())}}
	doc := object(nil).with("tags", d.tags())
	doc = append(doc, member{"paths", append(paths, a.paths...)}, member{"components", d.components(a)}).
		with("security", a.requirements(d.config.Security)).
		with("externalDocs", externalDocs(d.config.DocsVersion))
	return head, doc, nil
}

// checkNames refuses additions whose names generators would take for names of the document.
func (d *document) checkNames(a *added) error {
	for _, o := range a.operations {
		if d.names.operations[fold(o.id)] {
			return &AdditionError{pathKind, o.path, "its operationId " + o.id + " is another operation's already"}
		}
		d.names.operations[fold(o.id)] = true
	}
	for _, kind := range []struct {
		name  string
		added object
	}{{schemaKind, a.schemas}, {schemeKind, a.schemes}} {
		for _, m := range kind.added {
			switch key := fold(m.name); {
			case identifier(m.name) != m.name:
				return &AdditionError{kind.name, m.name, "it is no name of a component, or one of those that every document has"}
			case d.names.has(key):
				return &AdditionError{kind.name, m.name, takenReason}
			default:
				d.names.taken[key] = true
			}
		}
	}
	return a.checkSecurity(securityScheme)
}

// documentServers tells where the API is.
func documentServers(at server, more array) object {
	return object{{"servers", append(array{object{{"url", at.url()}}}, more...)}}
}

// document is an OpenAPI 3.1 document that is being made.
type document struct {
	cache     *introspect.SchemaCache
	selection Selection
	config    Config

	schemas    object // the component schemas, by their names
	parameters object
	names      names // of all components
	// types holds the names of the schemas of enums and composite types, by type name.
	types map[string]string
	// tables has what was made for each selected relation.
	tables map[introspect.QualifiedName]*tableParts
	// routines has the selected routines, grouped by name.
	routines []routineParts
	// results holds the names of the schemas of results that are not rows of a selected
	// relation.
	results map[*introspect.Routine]string
	// readErrors and writeErrors are the responses of reads and writes that fail, and
	// changeErrors those of writes to rows that are there.
	readErrors, writeErrors, changeErrors object
}

// tableParts are what the operations on a relation refer to.
type tableParts struct {
	id, tag                              string            // the ending of its operationIds, and their tag
	row, insert, inserts, update, nested string            // the names of its schemas
	goNames                              map[string]string // see goFieldNames
	filters                              []parameter
	rows                                 object // the content of a response with rows
}

// routineParts are the overloads of a routine. Their operationIds end in the id.
type routineParts struct {
	id        string
	overloads []*introspect.Routine
}

func newDocument(cache *introspect.SchemaCache, s Selection, c Config) *document {
	d := &document{
		cache: cache, selection: s, config: c,
		names:       newNames(),
		types:       map[string]string{},
		tables:      make(map[introspect.QualifiedName]*tableParts, len(s.Tables)),
		results:     make(map[*introspect.Routine]string),
		readErrors:  errorResponses("400", "401", "403", "404", "406", "416", "500", "503", "default"),
		writeErrors: errorResponses("400", "401", "403", "404", "405", "406", "409", "415", "500", "503", "default"),
	}
	d.changeErrors = d.writeErrors
	if c.Conditional {
		d.changeErrors = errorResponses("400", "401", "403", "404", "405", "406", "409", "412", "415", "500", "503", "default")
	}
	d.addCommonSchemas()
	d.addCommonParameters()
	d.addQuerySchema()
	d.nameOperations()
	for _, name := range reservedNames {
		d.names.taken[name] = true
	}
	// All row schemas get their names before any is made, since they may refer to each other.
	for i, row := range d.names.takeAll("", tableNames(s.Tables)) {
		d.tables[s.Tables[i].Name].row = row
	}
	d.nameNested()
	for _, t := range s.Tables {
		d.addTable(t)
	}
	for _, t := range s.Tables {
		d.addNested(t)
	}
	return d
}

// nameOperations makes the operationIds. It does so before components get their names, so
// that none gets a name that generators derive from an operationId.
func (d *document) nameOperations() {
	operations := d.names.operations
	operations[rootID], operations[fold(batchID)] = true, true
	relations := d.selection.Tables
	tags := tagsOf(relations)
	for i, id := range newNames().takeAll("", tableNames(relations)) {
		d.tables[relations[i].Name] = &tableParts{id: id, tag: tags[i]}
		for _, verb := range tableVerbs {
			operations[verb+fold(id)] = true
		}
	}
	var routines []string // their names
	for i, r := range d.selection.Routines {
		if i == 0 || r.Name != d.selection.Routines[i-1].Name {
			d.routines, routines = append(d.routines, routineParts{}), append(routines, r.Name.Name)
		}
		last := &d.routines[len(d.routines)-1]
		last.overloads = append(last.overloads, r)
	}
	for i, id := range newNames().takeAll("", routines) {
		d.routines[i].id = id
		for _, verb := range routineVerbs {
			operations[verb+fold(id)] = true
		}
	}
}

func tableNames(tables []*introspect.Table) []string {
	all := make([]string, len(tables))
	for i, t := range tables {
		all[i] = t.Name.Name
	}
	return all
}

func (d *document) info() object {
	title, description := d.config.title(d.selection.Comment)
	if title == "" {
		title = d.selection.Schema
	}
	return append(object{{"title", title}}.with("description", description), member{"version", d.config.Version})
}

const (
	rootID         = "describe"
	rootTag        = "Introspection"
	routineTag     = "(rpc)"
	securityScheme = "JWT" // as in OpenAPI 2.0
)

// tags are one for each relation, with its comment, one for all functions, and one for the
// root.
func (d *document) tags() array {
	tags := array{object{{"name", rootTag}, {"description", "What the API consists of"}}}
	for _, t := range d.selection.Tables {
		tags = append(tags, object{{"name", d.tables[t.Name].tag}}.with("description", t.Comment))
	}
	if len(d.selection.Routines) > 0 {
		tags = append(tags, object{{"name", routineTag}, {"description", "Functions"}})
	}
	return tags
}

// tagsOf names the tags of relations. A tag is the relation's name, unless generators would
// take that for another tag's, perhaps because they drop letters beyond ASCII.
func tagsOf(tables []*introspect.Table) []string {
	tags, ascii := newNames(), map[string]bool{}
	tags.taken[fold(rootTag)], tags.taken[fold(routineTag)] = true, true
	all := tableNames(tables)
	for i, tag := range tags.takeAll("", all) {
		f := fold(all[i])
		if tag != identifier(all[i]) || f != "" && ascii[f] {
			all[i] = tag
		}
		ascii[f] = true
	}
	return all
}

// paths are the root, the relations and the routines.
func (d *document) paths() object {
	root := object{{"get", d.rootOperation()}}
	if d.config.Batches {
		root = append(root, member{"post", d.batchOperation()})
	}
	paths := object{{"/", root}}
	for _, t := range d.selection.Tables {
		paths = append(paths, member{"/" + url.PathEscape(t.Name.Name), d.tableOperations(t)})
	}
	for _, r := range d.routines {
		paths = append(paths, member{"/rpc/" + url.PathEscape(r.overloads[0].Name.Name), d.routineOperations(r.id, r.overloads)})
	}
	return paths
}

func (d *document) rootOperation() object {
	content := object{
		{"application/openapi+json", object{{"schema", object{{"type", "object"}}}}},
		{"application/json", object{{"schema", object{{"type", "object"}}}}},
		{"application/vnd.oai.openapi+json;version=3.1", object{{"schema", object{{"type", "object"}}}}},
		textBody("application/vnd.oai.openapi+yaml;version=3.1"),
	}
	if d.config.TypeScript {
		content = append(content, textBody("application/typescript"))
	}
	return object{
		{"operationId", rootID},
		{"tags", []string{rootTag}},
		{"summary", "OpenAPI description of the API"},
		{"responses", append(object{{"200", object{
			{"description", "OK"},
			{"content", content},
		}}}, errorResponses("401", "404", "406", "default")...)},
	}
}

func (d *document) components(a *added) object {
	return object{
		{"schemas", append(d.schemas, a.schemas...)},
		{"parameters", d.parameters},
		{"headers", d.responseHeaders()},
		{"responses", d.errorComponents()},
		{"securitySchemes", append(object{{securityScheme, object{
			{"type", "http"},
			{"scheme", "bearer"},
			{"bearerFormat", "JWT"},
			{"description", "A JSON Web Token. Its role claim names the database role that the request runs as."},
		}}}, a.schemes...)},
	}
}
