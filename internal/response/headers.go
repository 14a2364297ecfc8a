package response

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// writeHead writes the status and the headers, and reports whether the status lets a body
// follow. When it returns an error, nothing was written.
func (r *response) writeHead(o outcome) (bodyFollows bool, err error) {
	var chosen overrides
	if r.kind.overridable() {
		if chosen, err = parseOverrides(r.result.Overrides); err != nil {
			return false, err
		}
	}
	h := r.client.w.Header()
	r.setHeaders(h, o)
	status := chosen.apply(h, r.kind.status(o), r.plan.Head)
	r.addRemarks(h, status)
	// RFC 9110, section 6.4.1
	bodyFollows = status != http.StatusNoContent && status != http.StatusNotModified
	if !bodyFollows {
		delete(h, "Content-Length")
		delete(h, "Trailer")
	}
	r.client.w.WriteHeader(status)
	return bodyFollows && !r.plan.Head, nil
}

// setHeaders sets the headers of the response, but for the remarks.
func (r *response) setHeaders(h http.Header, o outcome) {
	addVary(h)
	if r.content.hasBody() {
		set(h, "Content-Type", r.plan.Media.ContentType())
		setProfile(h, r.req)
	}
	r.kind.setOwnHeaders(h, r.req, o)
	preferences := r.kind.applied(r.req.Preferences)
	if applied := preferences.Applied(); applied != "" {
		set(h, "Preference-Applied", applied)
	}
	r.setRange(h, o)
	if o.ended && !r.plan.Head {
		set(h, "Content-Length", strconv.FormatInt(r.body.len(), 10))
	}
}

// setRange says which rows the response has. Before they have come, only an exact count
// tells; without one, Content-Range follows as a trailer. net/http sends that with HTTP/1.1
// alone: with HTTP/2 it refuses and logs a trailer of this name, and the client has to count
// the rows.
func (r *response) setRange(h http.Header, o outcome) {
	value := r.kind.contentRange(o)
	switch {
	case value == "":
	case o.ended || r.plan.Count == plan.CountExact:
		set(h, "Content-Range", value)
	case r.req.Proto == apirequest.HTTP11:
		set(h, "Trailer", "Content-Range")
	}
}

// setTrailer says behind the body what setRange couldn't say before it.
func (r *response) setTrailer(h http.Header) {
	value := r.kind.contentRange(r.outcome())
	if value != "" && r.plan.Count != plan.CountExact && r.req.Proto == apirequest.HTTP11 {
		set(h, http.TrailerPrefix+"Content-Range", value)
	}
}

// addRemarks adds headers that the database can't replace.
func (r *response) addRemarks(h http.Header, status int) {
	if names := r.plan.LegacyNames; len(names) > 0 {
		h.Add("Warning", legacyWarning(names))
	}
	if r.config.Timing != nil {
		h.Add("Server-Timing", r.config.Timing())
	}
	if status == http.StatusServiceUnavailable && len(h["Retry-After"]) == 0 {
		set(h, "Retry-After", retryAfter)
	}
}

// retryAfter is when to try again, in seconds, while the database is away.
const retryAfter = "1"

// set sets a header, whose name is in the canonical form.
func set(h http.Header, name, value string) { h[name] = []string{value} }

// addVary says which headers of requests responses depend on, beside those that
// middleware of the host's has named.
func addVary(h http.Header) { h["Vary"] = append(h["Vary"], "Accept, Prefer, Range") }

// setProfile names the schema where there are several to choose from.
func setProfile(h http.Header, req *apirequest.Request) {
	if req.Negotiated {
		set(h, "Content-Profile", req.Schema)
	}
}

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
