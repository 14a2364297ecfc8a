package apirequest

import (
	"net/http"

	"github.com/pgrest-go/pgrest/internal/etag"
)

// Conditions are what a request asks for of the resource as it is at present (RFC 9110,
// section 13). They are zero for operations that don't heed them.
type Conditions struct{ Match, NoneMatch etag.List }

// Match says on which condition a row is written.
type Match uint8

// The conditions on a row: none, that it is there at all, that it has one of the versions of
// value.Values.Versions, and that it isn't there.
const (
	MatchNothing Match = iota
	MatchAny
	MatchVersion
	MatchAbsent
)

// readConditions reads the conditions of a read, and those of a write: If-Match of rows which
// are there, and If-None-Match: * of a PUT, which then inserts its row. Others mean nothing:
// those by time need a time of the last change, which nothing has.
func (req *Request) readConditions(h http.Header) {
	match, none := h["If-Match"], h["If-None-Match"]
	if len(match) == 0 && len(none) == 0 {
		return
	}
	unlessThere := false
	if req.Action == Upsert {
		list := etag.Parse(none)
		unlessThere = list.Any
	}
	switch {
	case req.Safe && (req.Action == Read || req.Action == Call):
		req.Conditions = Conditions{etag.Parse(match), etag.Parse(none)}
		req.Whole = req.Head
	case len(match) > 0 && (req.Action == Update || req.Action == Delete || req.Action == Upsert):
		list := etag.Parse(match)
		req.Match = MatchVersion
		if list.Any {
			req.Match = MatchAny
		}
		req.Values.Versions = list.Versions()
		if unlessThere { // as well as if it is, which is never
			req.Match, req.Values.Versions = MatchVersion, nil
		}
	case unlessThere:
		req.Match = MatchAbsent
	}
}
