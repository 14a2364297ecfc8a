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
	h := r.client.w.Header()
	status, bodyFollows, err := r.head(h, o)
	if err != nil {
		return false, err
	}
	addTiming(h, r.config)
	r.client.w.WriteHeader(status)
	return bodyFollows, nil
}

// head sets the headers, and gives the status and whether a body follows. When it returns an
// error, no header was set.
func (r *response) head(h http.Header, o outcome) (status int, bodyFollows bool, err error) {
	var chosen overrides
	if r.kind.overridable() {
		if chosen, err = parseOverrides(r.result.Overrides); err != nil {
			return 0, false, err
		}
	}
	status = chosen.statusOr(r.kind.status(o))
	tag := r.tag(h, chosen.header, status, o)
	known, err := r.judge(tag, status)
	if err != nil {
		return 0, false, err
	}
	r.header = header{h, make([]string, 0, headerRoom)}
	r.setHeaders(&r.header, o, tag)
	chosen.apply(h, r.headOnly())
	r.addRemarks(h, status)
	if known {
		status = http.StatusNotModified
		notModified(h)
	}
	// RFC 9110, section 6.4.1
	bodyFollows = status != http.StatusNoContent && status != http.StatusNotModified
	if !bodyFollows {
		delete(h, "Content-Length")
		delete(h, "Trailer")
	}
	return status, bodyFollows && !r.headOnly(), nil
}

// headOnly reports that the client wants no body, whether or not one was made.
func (r *response) headOnly() bool { return r.plan.Head || r.req.Head }

// header is the header of a response, with room for the values that the response sets: one
// piece of memory for all of them.
type header struct {
	http.Header
	room []string
}

// headerRoom is how many headers most responses have at most.
const headerRoom = 8

// set sets a header, whose name is in the canonical form.
func (h *header) set(name, value string) {
	h.room = append(h.room, value)
	n := len(h.room)
	h.Header[name] = h.room[n-1 : n : n]
}

// setHeaders sets the headers of the response, but for the remarks.
func (r *response) setHeaders(h *header, o outcome, tag string) {
	addVary(h.Header)
	if r.content.hasBody() {
		h.set("Content-Type", r.plan.Media.ContentType())
		if r.req.Negotiated {
			h.set("Content-Profile", r.req.Schema)
		}
	}
	r.kind.setOwnHeaders(h, r.req, o)
	r.setValidators(h, tag)
	preferences := r.kind.applied(r.req.Preferences)
	if applied := preferences.Applied(); applied != "" {
		h.set("Preference-Applied", applied)
	}
	r.setRange(h, o)
	if o.ended && !r.headOnly() {
		h.set("Content-Length", strconv.FormatInt(r.body.len(), 10))
	}
}

// setRange says which rows the response has. Before they have come, only an exact count
// tells; without one, Content-Range follows as a trailer. net/http sends that with HTTP/1.1
// alone: with HTTP/2 it refuses and logs a trailer of this name, and the client has to count
// the rows.
func (r *response) setRange(h *header, o outcome) {
	value := r.kind.contentRange(o)
	switch {
	case value == "":
	case o.ended || r.plan.Count == plan.CountExact:
		h.set("Content-Range", value)
	case r.req.Proto == apirequest.HTTP11:
		h.set("Trailer", "Content-Range")
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
	if status == http.StatusServiceUnavailable && len(h["Retry-After"]) == 0 {
		set(h, "Retry-After", retryAfter)
	}
}

// addTiming adds how long the stages of this request took.
func addTiming(h http.Header, c Config) {
	if c.Timing != nil {
		h.Add("Server-Timing", c.Timing())
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
