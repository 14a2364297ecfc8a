package openapi

// queryExtension is the member of a path that describes its method QUERY, for which
// OpenAPI has no member before 3.2.
const queryExtension = "x-query"

// pageParameters are the parameters of a query string that all reads of rows share.
var pageParameters = []string{"and", "or", "select", "order", "limit", "offset"}

// keysetParameters are those of reads of relations that have a key to page by.
var keysetParameters = []string{"after", "before"}

// addQuerySchema adds what the bodies of all QUERY operations on rows have in common.
func (d *document) addQuerySchema() {
	properties := make(object, 0, len(pageParameters))
	for _, name := range pageParameters {
		properties = append(properties, member{name, d.parameters.get(ownPrefix + name).(object).get("schema")})
	}
	d.schemas = append(d.schemas, member{ownPrefix + "Query", object{
		{"description", "The query of a QUERY (draft-ietf-httpbis-safe-method-w-body): in its body there may be whatever a GET may have in its query " +
			"string, in the same form. It stands behind the query string of the URL. Parameters are described with the GET."},
		{"type", "object"},
		{"properties", properties},
	}})
}

// withQuery adds the QUERY to the operations of a path. It gets the same responses as the
// path's GET. fields are the filters and arguments that its body may have.
func (d *document) withQuery(operations object, fields object, ofRows bool, headers []parameter) object {
	get := operations.get("get").(object)
	schema := object{{"type", "object"}}.with("properties", fields)
	if ofRows {
		schema = append(schema, member{"allOf", array{component("schemas", ownPrefix+"Query")}})
	}
	var responses object
	for _, r := range get.get("responses").(object) {
		switch r.name {
		case "200": // 2XX stands for 206, too, whose response is the same
			responses = append(responses, member{"2XX", r.value})
		case "206":
		default:
			responses = append(responses, r)
		}
	}
	return append(operations, member{queryExtension, object{
		{"tags", get.get("tags")},
		{"summary", get.get("summary")},
		{"parameters", distinctParameters(headers)},
		{"requestBody", object{{"content", object{{"application/x-www-form-urlencoded", object{{"schema", schema}}}}}}},
		{"responses", append(responses, errorResponses("415")...)},
	}})
}

// filterFields are the fields of a body for filters.
func filterFields(filters []parameter) object {
	fields := make(object, len(filters))
	for i, p := range filters {
		fields[i] = member{p.name, component("schemas", ownPrefix+"Filter")}
	}
	return fields
}

// argumentFields are the fields of a body for the arguments of a function.
func argumentFields(arguments []parameter) object {
	fields := make(object, len(arguments))
	for i, p := range arguments {
		fields[i] = member{p.name, p.value.get("schema")}
	}
	return fields
}
