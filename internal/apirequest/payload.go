package apirequest

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/value"
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
	// Members are the values of Columns, each the text that its PostgreSQL type reads, nil for
	// null. The list is nil if Raw isn't a single JSON object, as it was sent, without arrays
	// and objects in it.
	Members [][]byte
	// Form holds the pairs of a URL-encoded body for a function, in their order,
	// where repeated names are the elements of a variadic argument.
	Form []filter.Argument
	// Objects is the number of objects in a body of rows to update, and Sparse reports that
	// they differ in their keys.
	Objects int64
	Sparse  bool
	// Media is the body's media type.
	Media mediatype.Type
}

// noRows is the payload's JSON when there is nothing to write.
const noRows = "[]"

// payloadOf is what a payload is for, and the columns parameter of the query string, nil
// for none.
type payloadOf struct {
	resource Resource
	action   Action
	columns  []string
	// sparse lets the objects of an array differ in their keys, since what one lacks has a
	// default.
	sparse bool
	// bulk takes rows to update, each with its key.
	bulk bool
	// nested takes rows to insert that have others within them, which Request.Nest reads.
	nested bool
}

// parsePayload reads a body, whose Content-Type header is contentType
// (empty stands for JSON). It keeps body and may return it as Raw. Of the limits those
// of the body apply. Its error is an *apierror.Error. See
// https://docs.postgrest.org/en/stable/references/api/tables_views.html#insert.
func parsePayload(body []byte, contentType string, of payloadOf, limits Limits) (*Payload, error) {
	p := &Payload{Media: mediatype.Type{Name: mediatype.JSON}}
	if contentType != "" {
		p.Media = mediatype.Parse(contentType)
	}
	var err error
	switch routine := of.resource == Routine; {
	case p.Media.Name == mediatype.JSON:
		err = p.readJSON(body, of, limits.BodyColumns)
	case p.Media.Name == mediatype.Rows && of.bulk:
		err = p.readRows(body, of, limits.BodyColumns)
	case of.nested:
		p.Raw = body
	case p.Media.Name == mediatype.CSV:
		err = p.readCSV(body, limits)
	case p.Media.Name == mediatype.URLEncoded:
		err = p.readForm(body, routine, limits)
	case routine && slices.Contains(rawMedia, p.Media.Name):
		p.Raw = body
	default:
		err = apierror.InvalidBody("Content-Type not acceptable: " + p.Media.String())
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// rawMedia are the media types that a function with one unnamed parameter takes as they are.
var rawMedia = []string{mediatype.Plain, mediatype.XML, mediatype.Octets}

// readJSON takes the body as it is. With the columns parameter PostgreSQL is the
// first to parse it, which spares large bodies a pass.
func (p *Payload) readJSON(body []byte, of payloadOf, maxColumns int) error {
	// PUT writes whole rows: it knows no columns parameter.
	if of.columns != nil && of.action != Upsert {
		// What is no object is for PostgreSQL to refuse, if it is no array either.
		p.Raw, p.Array = body, !bytes.HasPrefix(bytes.TrimLeft(body, jsonBlanks), []byte{'{'})
		p.Columns = slices.Sorted(slices.Values(of.columns))
		return nil
	}
	if of.resource == Routine && len(body) == 0 {
		body = []byte("{}") // a call without arguments needs no body
	}
	shape, ok := readShape(body, maxColumns, of.sparse)
	switch {
	case shape.tooWide:
		return apierror.TooManyBodyColumns(maxColumns)
	case !ok:
		return apierror.InvalidBody("Empty or invalid json")
	case !shape.uniform:
		return apierror.InvalidBody("All object keys must match")
	case shape.objects == 0:
		p.Raw, p.Array = []byte(noRows), true
		return nil
	}
	p.Raw, p.Array, p.Columns = body, shape.array, shape.columns()
	p.Members = shape.texts()
	return nil
}

// readRows reads an array of rows to update. The columns parameter leaves out members.
func (p *Payload) readRows(body []byte, of payloadOf, maxColumns int) error {
	shape, ok := readShape(body, maxColumns, true)
	switch {
	case shape.tooWide:
		return apierror.TooManyBodyColumns(maxColumns)
	case !ok:
		return apierror.InvalidBody("Empty or invalid json")
	case !shape.array || !shape.uniform:
		return apierror.InvalidBody("Rows to update are an array of objects")
	}
	p.Raw, p.Array, p.Columns = body, true, shape.columns()
	p.Objects, p.Sparse = int64(shape.objects), shape.differ
	if of.columns != nil {
		p.Columns = slices.Sorted(slices.Values(of.columns))
		p.Sparse = p.Sparse || slices.ContainsFunc(p.Columns, func(name string) bool { return !slices.Contains(shape.columns(), name) })
	}
	return nil
}

// readForm reads a URL-encoded body: for a function its pairs are arguments, for
// a relation they are one object of strings, where the last of a name counts.
func (p *Payload) readForm(body []byte, routine bool, limits Limits) error {
	values := map[string]string{}
	for pair := range strings.FieldsFuncSeq(string(body), func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(pair, "=")
		argument := filter.Argument{Name: unescapeForm(name), Value: unescapeForm(value)}
		if !utf8.ValidString(argument.Name) || !utf8.ValidString(argument.Value) {
			return apierror.InvalidBody("Invalid form: not UTF-8")
		}
		values[argument.Name] = argument.Value
		if limits.BodyColumns > 0 && len(values) > limits.BodyColumns {
			return apierror.TooManyBodyColumns(limits.BodyColumns)
		}
		if routine {
			p.Form = append(p.Form, argument)
		}
		if limits.FormValues > 0 && len(p.Form) > limits.FormValues {
			return apierror.TooManyFormValues(limits.FormValues)
		}
	}
	p.Columns = slices.Sorted(maps.Keys(values))
	if routine {
		return nil
	}
	p.Raw = value.ObjectText(values)
	return nil
}

// unescapeForm decodes a name or value of a form: plus signs are blanks, and a
// percent sign that no two hexadecimal digits follow stands for itself.
func unescapeForm(s string) string {
	if !strings.ContainsAny(s, "+%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			if octet, err := strconv.ParseUint(s[i+1:min(i+3, len(s))], 16, 8); err == nil && i+2 < len(s) {
				c, i = byte(octet), i+2
			}
		}
		b = append(b, c)
	}
	return string(b)
}
