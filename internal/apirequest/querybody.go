package apirequest

import (
	"bytes"
	"mime"
	"net/http"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/mediatype"
)

// QueryFormat is the media type of QueryContent, as the Accept-Query header lists it.
const QueryFormat = mediatype.URLEncoded

// maxLocation is how many bytes of a query a URL can have for certain (RFC 9110,
// section 4.1, wants everybody to take 8,000).
const maxLocation = 8000

// readQuery appends the query in the body of an operation with QueryContent to that of
// the URL, as if it stood there behind an ampersand
// (draft-ietf-httpbis-safe-method-w-body). Its error is an *apierror.Error.
func (req *Request) readQuery(r *http.Request, limits Limits) error {
	if req.Content != QueryContent {
		return nil
	}
	if err := checkQueryFormat(r.Header); err != nil {
		return err
	}
	body, err := readBody(r, limits.BodyBytes)
	if err != nil {
		return err
	}
	body = cutLineBreak(body)
	if bytes.ContainsFunc(body, isControl) { // which no URL has
		return apierror.InvalidBody("The query has control characters that are not percent-encoded")
	}
	switch {
	case len(body) == 0:
	case req.RawQuery == "":
		req.RawQuery = string(body)
	default:
		req.RawQuery += "&" + string(body)
	}
	most := maxLocation
	if limits.URLBytes > 0 {
		most = min(most, limits.URLBytes)
	}
	req.LongQuery = len(req.RawQuery) > most || len(filter.Canonical(req.RawQuery)) > most
	return nil
}

// checkQueryFormat refuses a body that is no query, by what its headers say.
func checkQueryFormat(h http.Header) error {
	contentType := h.Get("Content-Type")
	if contentType == "" {
		return apierror.QueryWithoutFormat(QueryFormat)
	}
	_, parameters, _ := mime.ParseMediaType(contentType) // malformed parameters mean nothing
	switch charset := strings.ToLower(parameters["charset"]); {
	case mediatype.Parse(contentType).Name != QueryFormat, charset != "" && charset != "utf-8" && charset != "us-ascii":
		return apierror.QueryFormat(contentType, QueryFormat)
	}
	if coding := h.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return apierror.QueryCoding(coding)
	}
	return nil
}

// cutLineBreak cuts off the line break that a body which was a text file ends with, as curl
// sends it with --data-binary @file. It is none of the query, which has line breaks only
// percent-encoded.
func cutLineBreak(body []byte) []byte {
	if line, ok := bytes.CutSuffix(body, []byte("\n")); ok {
		return bytes.TrimSuffix(line, []byte("\r"))
	}
	return body
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
