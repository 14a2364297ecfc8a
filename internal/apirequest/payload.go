package apirequest

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/mediatype"
)

// Payload is the body of a request that writes or calls.
type Payload struct {
	// Raw is what goes to PostgreSQL as one parameter: JSON text for relations
	// (as it was sent, or made of CSV or of a form), for functions also text, XML
	// or bytes. It is exactly [] when there is nothing to write: for an empty
	// array, for CSV without rows, and for JSON that is neither object nor array.
	Raw []byte
	// Array reports a JSON array of objects rather than a single object.
	Array bool
	// Columns are the columns to write or the named arguments: those of the query
	// string's columns parameter where the body is JSON, or else the keys of the
	// objects, the header of the CSV, the names of the form; sorted and distinct.
	Columns []string
	// Form holds the pairs of a URL-encoded body for a function, in their order,
	// where repeated names are the elements of a variadic argument.
	Form []filter.Argument
	// Media is the body's media type.
	Media mediatype.Type
}

// noRows is the payload's JSON when there is nothing to write.
const noRows = "[]"

// parsePayload reads the body of req, whose Content-Type header is contentType
// (empty stands for JSON). It keeps body and may return it as Raw. Its error is
// an *apierror.Error. See
// https://docs.postgrest.org/en/stable/references/api/tables_views.html#insert.
func parsePayload(body []byte, contentType string, req *Request) (*Payload, error) {
	p := &Payload{Media: mediatype.Type{Name: mediatype.JSON}}
	if contentType != "" {
		p.Media = mediatype.Parse(contentType)
	}
	routine := req.Resource == Routine
	switch p.Media.Name {
	case mediatype.JSON:
		// PUT writes whole rows: it knows no columns parameter.
		if columns := req.Query.Columns; columns != nil && req.Action != Upsert {
			return p, p.readDeclared(body, columns)
		}
		if routine && len(body) == 0 {
			body = []byte("{}") // a call without arguments needs no body
		}
		return p, p.readJSON(body)
	case mediatype.CSV:
		return p, p.readCSV(body)
	case mediatype.URLEncoded:
		return p, p.readForm(body, routine)
	case mediatype.Plain, mediatype.XML, mediatype.Octets:
		if routine {
			p.Raw = body
			return p, nil
		}
	}
	return nil, apierror.InvalidBody("Content-Type not acceptable: " + p.Media.String())
}
