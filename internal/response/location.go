package response

import (
	"net/url"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/query"
)

// contentLocation is the canonical URL of what was read: parameters in alphabetical order.
func contentLocation(req *apirequest.Request) string {
	parameters := filter.Canonical(req.RawQuery)
	if parameters == "" {
		return resourceURL(req)
	}
	return resourceURL(req) + "?" + parameters
}

// location is the URL of a row, by the columns of its primary key and their values.
func location(req *apirequest.Request, key []query.Column, values [][]byte) string {
	s := resourceURL(req)
	for i, column := range key {
		separator := "&"
		if i == 0 {
			separator = "?"
		}
		s += separator + escapeQuery(filter.QuoteName(column.Name)) + "=" + escapeQuery(keyFilter(column.Encoding, values[i]))
	}
	return s
}

func resourceURL(req *apirequest.Request) string { return req.Mount + "/" + url.PathEscape(req.Name) }

// keyFilter is the filter that finds a row by a value of its key, which is shown as
// JSON does, without quotes.
func keyFilter(encoding query.Encoding, value []byte) string {
	switch {
	case value == nil:
		return "is.null"
	case encoding == query.Text:
		return "eq." + string(value)
	}
	return "eq." + strings.Trim(string(encode.AppendValue(nil, encoding, value)), `"`)
}

// escapeQuery encodes what RFC 3986 doesn't call unreserved, blanks included.
func escapeQuery(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
