package response

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/etag"
)

// tag is the entity tag that the response will have, empty for none: the database's or the
// host's, if they have set one, or else that of the representation. Reads have one if their
// bodies are held back whole in memory, and writes if they tell the version of the only row.
func (r *response) tag(host, chosen http.Header, status int, o outcome) string {
	if tag := chosen.Get("Etag"); tag != "" {
		return tag
	}
	if tag := host.Get("Etag"); tag != "" {
		return tag
	}
	switch {
	case !r.config.Conditional || r.plan.Explain != nil || !successful(status),
		!o.ended || r.plan.Head || !r.content.hasBody() || r.body.spool != nil,
		!r.req.Safe && r.version == nil:
		return ""
	}
	if o.rows != 1 { // as of a view whose keys aren't
		r.version = nil
	}
	return etag.New(r.version, r.sum(o))
}

// sum hashes the representation: the body, what it is, and where in the whole it stands, as
// far as the headers tell that. SHA-256 of a small body takes a part of a microsecond; that
// it is no faster hash is so that no row can be written to look like another.
func (r *response) sum(o outcome) [etag.SumSize]byte {
	size := len(r.body.piece)
	text := append(r.body.piece, r.plan.Media.ContentType()...)
	if r.req.Negotiated {
		text = append(append(text, 0), r.req.Schema...)
	}
	if o.total != unknown || o.offset > 0 {
		text = append(text, 0)
		text = binary.BigEndian.AppendUint64(text, uint64(o.total))
		text = binary.BigEndian.AppendUint64(text, uint64(o.offset))
	}
	sum := sha256.Sum256(text)
	r.body.piece = text[:size]
	return [etag.SumSize]byte(sum[:etag.SumSize])
}

// keepVersion keeps the version of the only row.
func (r *response) keepVersion() {
	if version := r.result.Version(); version != nil {
		r.version = append(r.room[:0], version...)
	}
}

// judge holds the request's conditions against the tag, in the order of RFC 9110, section
// 13.2.2, and reports that the client has the representation already. If-Match of a write
// isn't among them: it has been held against the row. Nor are they about a response that
// fails by itself.
func (r *response) judge(tag string, status int) (known bool, err error) {
	match, none := &r.req.Conditions.Match, &r.req.Conditions.NoneMatch
	switch {
	case !successful(status) || r.plan.Explain != nil:
		return false, nil
	case match.Given && !match.Strongly(tag):
		return false, apierror.PreconditionFailed()
	}
	return none.Given && none.Weakly(tag), nil
}

func successful(status int) bool { return status >= 200 && status < 300 }

// setValidators sets the tag, and tells caches of reads to ask for it each time, and that
// it is for nobody else: what a read gives depends on who asks.
func (r *response) setValidators(h *header, tag string) {
	if !r.config.Conditional {
		return
	}
	if tag != "" {
		h.set("Etag", tag)
	}
	if r.req.Safe && r.plan.Explain == nil && len(h.Header["Cache-Control"]) == 0 {
		h.set("Cache-Control", "private, no-cache")
	}
}

// notModified takes those headers out of a 304 that describe the body which doesn't follow.
func notModified(h http.Header) {
	for _, name := range [...]string{"Content-Type", "Content-Range", "Content-Profile"} {
		delete(h, name)
	}
}
