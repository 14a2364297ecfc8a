package openapi

import (
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
)

// errorTexts are the responses that tell of errors, by status.
var errorTexts = []struct{ status, name, description string }{
	{"400", "BadRequest", "The request can't be understood, or the database refused its values."},
	{"401", "Unauthorized", "The token is missing or not valid, or the anonymous role lacks a privilege."},
	{"403", "Forbidden", "The role lacks a privilege."},
	{"404", "NotFound", "There is no such relation or function."},
	{"405", "MethodNotAllowed", "The method can't be used here."},
	{"406", "NotAcceptable", "The media type can't be made, or a single row was asked for and there is not exactly one."},
	{"409", "Conflict", "The rows contradict a unique key or a foreign key."},
	{"412", preconditionFailed, "The row has another version than those of If-Match."},
	{"415", "UnsupportedMediaType", "The media type of the body can't be read."},
	{"416", "RangeNotSatisfiable", "The range begins after the last row."},
	{"500", "ServerError", "The server or the database failed."},
	{"503", "Unavailable", "The database can't be reached."},
	{"default", "Failure", "Any other error, as the database raised it."},
}

// preconditionFailed is the response to a condition that doesn't hold.
const preconditionFailed = "PreconditionFailed"

// errorComponents are the responses that tell of errors.
func (d *document) errorComponents() object {
	responses := make(object, 0, len(errorTexts))
	for _, e := range errorTexts {
		var headers []string
		switch e.status {
		case "412":
			if !d.config.Conditional {
				continue
			}
		case "401":
			headers = []string{"WWW-Authenticate"}
		case "503":
			headers = []string{"Retry-After"}
		}
		responses = append(responses, member{ownPrefix + e.name, response(e.description, content(component("schemas", ownPrefix+"Error")), headers...)})
	}
	return responses
}

// errorResponses refers to the responses of those statuses.
func errorResponses(statuses ...string) object {
	responses := make(object, 0, len(statuses))
	for _, status := range statuses {
		for _, e := range errorTexts {
			if e.status == status {
				responses = append(responses, member{status, component("responses", ownPrefix+e.name)})
			}
		}
	}
	return responses
}

// responseHeaders are the headers of responses.
func (d *document) responseHeaders() object {
	text := func(description, example string) object {
		return object{
			{"description", description},
			{"schema", object{{"type", "string"}}},
			{"example", example},
		}
	}
	var tag object
	if d.config.Conditional {
		tag = object{{ownPrefix + "ETag", text("The version of what was read or written, for If-None-Match and If-Match.", `"T1c7zmEZ1nNXAfcT0R1Jmg"`)}}
	}
	headers := append(tag, object{
		{ownPrefix + "Content-Range", text("The rows of the response, and how many there are if a count was asked for.", "0-9/42")},
		{ownPrefix + "Location", text("Where the row is that was inserted, with return=headers-only.", "/films?id=eq.1")},
		{ownPrefix + "Preference-Applied", text("The preferences that were obeyed.", "count=exact")},
		{ownPrefix + "WWW-Authenticate", text("What is wrong with the token, if one was sent.",
			`Bearer error="invalid_token", error_description="JWT expired"`)},
		{ownPrefix + "Retry-After", text("When to try again, in seconds.", "1")},
	}...)
	if d.config.KeysetPages {
		headers = append(headers, member{ownPrefix + "Link", text("The next, the previous and the first page, with Prefer: pagination=keyset (RFC 8288).",
			`</films?after=WyIx&limit=10>; rel="next", </films?limit=10>; rel="first"`)})
	}
	return headers
}

// tagged adds the header of the tag to those of a response, if there are tags.
func (d *document) tagged(headers ...string) []string {
	if d.config.Conditional {
		return append([]string{"ETag"}, headers...)
	}
	return headers
}

// conditional adds the response to a read that the client has already.
func (d *document) conditional(responses object) object {
	if d.config.Conditional {
		return append(responses, member{"304", response("The client has it already", nil, "ETag")})
	}
	return responses
}

// response makes a response with headers and, unless it is nil, content.
func response(description string, content object, headers ...string) object {
	refs := make(object, len(headers))
	for i, name := range headers {
		refs[i] = member{name, component("headers", ownPrefix+name)}
	}
	return object{{"description", description}}.with("headers", refs).with("content", content)
}

// rowsContent is the content of a response with rows of a relation: an array, a single
// object, CSV, and the media types of the database's own handlers. Rows whose nulls are
// stripped don't have the schema of the relation, since columns may be missing.
func (d *document) rowsContent(t *introspect.Table) object {
	row, some := d.row(t), object{{"type", "object"}}
	var made object
	for _, mediaType := range d.cache.MediaTypes(t.Name) {
		made = append(made, member{mediaType, object{}})
	}
	builtin := append(content(schemaOfArray(row)),
		member{"application/vnd.pgrst.object+json", object{{"schema", orAny(row)}}},
		member{"application/vnd.pgrst.array+json;nulls=stripped", object{{"schema", schemaOfArray(some)}}},
		member{"application/vnd.pgrst.object+json;nulls=stripped", object{{"schema", some}}},
		textBody("text/csv"),
	)
	handled := func(m member) bool { return slices.ContainsFunc(made, func(h member) bool { return h.name == m.name }) }
	return append(slices.DeleteFunc(builtin, handled), made...)
}
