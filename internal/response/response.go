// Package response writes answers: status, headers and body. A body is held
// back up to a threshold, so that status, Content-Length and Content-Range can
// still say what became of it. Beyond, a read is streamed, and whatever else waits
// for its end in a spool.
//
//	err := response.Answer(w, req, p, result, config)
//	if err != nil { // nothing was written yet
//		response.Error(w, apierror.From(err, identity.Anonymous), config)
//	}
package response

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/spool"
)

// Config is what of the handler's options decides over responses.
type Config struct {
	// Threshold is the number of bytes of a body that are held back in memory.
	Threshold int
	// Store is where larger bodies wait.
	Store *spool.Store
	// WriteTimeout is how long the client may take for each piece of a large body; 0
	// is no bound.
	WriteTimeout time.Duration
	// MinimalErrors leaves details and hint out of errors.
	MinimalErrors bool
	// Encoders make bodies of the host's own media types, by their names.
	Encoders map[string]Encoder
	// Broken is told why an answer was broken off. It has to be set.
	Broken func(error)
	// Timing gives the value of the Server-Timing header when the headers are
	// written; nil for no such header.
	Timing func() string
}

// Error writes an error. See https://docs.postgrest.org/en/stable/references/errors.html.
func Error(w http.ResponseWriter, err *apierror.Error, c Config) {
	body := err.Body(c.MinimalErrors)
	h := w.Header()
	h["Content-Type"] = []string{"application/json; charset=utf-8"}
	if err.Code != "" { // an auth.Error of the host's may have none
		h["Proxy-Status"] = []string{"PostgREST; error=" + err.Code}
	}
	if err.Status == http.StatusServiceUnavailable {
		h["Retry-After"] = []string{retryAfter}
	}
	for name, values := range err.Header {
		replace(h, name, values)
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))} // whatever the database says
	w.WriteHeader(err.Status)
	_, _ = w.Write(body) // a client that went away is not our error
}

// retryAfter is when to try again, in seconds, while the database is away.
const retryAfter = "1"

// Document answers with a description of the API, or with 304 to a client that has
// it already: one whose If-None-Match has its tag (RFC 9110, section 13.1.2).
func Document(w http.ResponseWriter, req *apirequest.Request, media mediatype.Type, parts [][]byte, tag, known string, c Config) {
	h := w.Header()
	addVary(h)
	h["Etag"] = []string{tag}
	if req.Negotiated {
		h["Content-Profile"] = []string{req.Schema}
	}
	if c.Timing != nil {
		h["Server-Timing"] = []string{c.Timing()}
	}
	if known == "*" || strings.Contains(known, tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h["Content-Type"] = []string{media.ContentType()}
	if req.HeadersOnly {
		w.WriteHeader(http.StatusOK)
		return
	}
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	h["Content-Length"] = []string{strconv.Itoa(size)}
	w.WriteHeader(http.StatusOK)
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return // a client that went away is not our error
		}
	}
}

// Info answers OPTIONS. See https://docs.postgrest.org/en/stable/references/api/options.html.
func Info(w http.ResponseWriter, info *plan.Info, c Config) {
	h := w.Header()
	if h.Get("Access-Control-Allow-Origin") == "" { // the host's own CORS policy goes first
		h["Access-Control-Allow-Origin"] = []string{"*"}
	}
	h["Allow"] = []string{info.Allow}
	if info.AcceptQuery != "" {
		h["Accept-Query"] = []string{info.AcceptQuery}
	}
	h["Content-Length"] = []string{"0"}
	addVary(h)
	if c.Timing != nil {
		h["Server-Timing"] = []string{c.Timing()}
	}
	w.WriteHeader(http.StatusOK)
}

// addVary says which headers of requests answers depend on, beside those that
// middleware of the host's has named.
func addVary(h http.Header) { h["Vary"] = append(h["Vary"], "Accept, Prefer, Range") }

// ProtocolVersion is the version of PostgREST whose API this is.
const ProtocolVersion = "16.2"

// legacyWarning is a miscellaneous persistent warning (RFC 7234, section 5.5.7)
// about embeds, by target and alias, that were called by their target.
func legacyWarning(names [][2]string) string {
	return `299 PostgRESTv` + ProtocolVersion + ` "Embedded resource was referenced by relation name even though it has an alias. ` +
		"This is deprecated and will stop working in a future release. Update " + Renames(names) +
		` in query string filters, orders or limits."`
}

// Renames says how to call embeds, given by target and alias.
func Renames(names [][2]string) string {
	changes := make([]string, len(names))
	for i, name := range names {
		changes[i] = "`" + name[0] + "` to `" + name[1] + "`"
	}
	return apierror.Cut(strings.Join(changes, ", "))
}

// contentLocation is the canonical URL of what was read: parameters in
// alphabetical order.
func contentLocation(req *apirequest.Request) string {
	query := filter.Canonical(req.RawQuery)
	if query == "" {
		return req.Mount + "/" + url.PathEscape(req.Name)
	}
	return req.Mount + "/" + url.PathEscape(req.Name) + "?" + query
}

// contentRange is the value of Content-Range (RFC 9110, section 14.4) for rows
// from offset on; total is nil when it is not known.
func contentRange(offset, rows int64, total *int64) string {
	s := make([]byte, 0, len("9223372036854775807-9223372036854775807/9223372036854775807"))
	if rows > 0 && (total == nil || *total != 0) {
		s = strconv.AppendInt(s, offset, 10)
		s = append(s, '-')
		s = strconv.AppendInt(s, offset+rows-1, 10)
	} else {
		s = append(s, '*')
	}
	s = append(s, '/')
	if total == nil {
		s = append(s, '*')
	} else {
		s = strconv.AppendInt(s, *total, 10)
	}
	return string(s)
}

// readStatus is 206 when there are more rows than were sent. Without a total
// nobody can tell.
func readStatus(rows int64, total *int64) int {
	if total != nil && rows < *total {
		return http.StatusPartialContent
	}
	return http.StatusOK
}
