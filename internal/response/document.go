package response

import (
	"net/http"
	"strconv"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/etag"
	"github.com/pgrest-go/pgrest/internal/mediatype"
)

// Document writes a description of the API, or 304 to a client that has it already: one
// whose If-None-Match, by its header lines, has its tag (RFC 9110, section 13.1.2).
func Document(w http.ResponseWriter, req *apirequest.Request, media mediatype.Type, parts [][]byte, tag string, known []string, c Config) {
	h := w.Header()
	addVary(h)
	set(h, "Etag", tag)
	setProfile(h, req)
	if c.Timing != nil {
		set(h, "Server-Timing", c.Timing())
	}
	if list := etag.Parse(known); list.Weakly(tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	set(h, "Content-Type", media.ContentType())
	if req.Head {
		w.WriteHeader(http.StatusOK)
		return
	}
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	set(h, "Content-Length", strconv.Itoa(size))
	w.WriteHeader(http.StatusOK)
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return // a client that went away is not our error
		}
	}
}
