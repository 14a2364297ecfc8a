package auth

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// Setting is a run-time parameter of PostgreSQL and its value.
type Setting = introspect.Setting

// Context is what a request's transaction is told besides the identity.
type Context struct {
	// Schema is the exposed schema that the request is about. Empty leaves it out
	// of the search path.
	Schema string
	// ExtraSearchPath are the schemas after Schema in the search path.
	ExtraSearchPath []string
	// Method and Path are the request's, such as "GET" and "/films".
	Method, Path string
	// Headers and Cookies are JSON objects of the request's headers and cookies,
	// as HeadersJSON and CookiesJSON make them. Empty stands for {}.
	Headers, Cookies []byte
	// Timezone is the time zone that the request prefers. Empty leaves the setting
	// alone.
	Timezone string
	// RoleSettings are those that ALTER ROLE gave to the identity's role. PostgreSQL
	// applies them at login, and not when a session changes to the role.
	RoleSettings []Setting
	// FunctionSettings are those of the called function that are to hold for the
	// whole transaction.
	FunctionSettings []Setting
	// AppSettings are those that the host configured, such as "app.settings.site".
	AppSettings []Setting
}

// Settings lists the transaction-local settings that a request's transaction
// begins with, in the order in which they have to be made. Those of the role come
// before the change to the role, since some may be open to the authenticator only. Those
// of a function come after the time zone, and so override it.
//
// Settings in c that would change the identity, the role and the claims, are left out. So
// are the client's encoding, which is UTF-8, and the transaction's isolation level and
// access mode, which it has from its beginning.
//
// The caller must have checked the identity by id.Check.
func Settings(id Identity, c Context) []Setting {
	const fixed = 8
	s := make([]Setting, 0, fixed+len(c.RoleSettings)+len(c.FunctionSettings)+len(c.AppSettings))
	s = append(s, Setting{Name: "search_path", Value: searchPath(c)})
	s = appendUnreserved(s, c.RoleSettings)
	s = append(s,
		Setting{Name: "role", Value: id.Role},
		Setting{Name: "request.jwt.claims", Value: id.claimsText()},
		Setting{Name: "request.method", Value: c.Method},
		Setting{Name: "request.path", Value: c.Path},
		Setting{Name: "request.headers", Value: objectOrEmpty(c.Headers)},
		Setting{Name: "request.cookies", Value: objectOrEmpty(c.Cookies)},
	)
	if c.Timezone != "" {
		s = append(s, Setting{Name: "timezone", Value: c.Timezone})
	}
	s = appendUnreserved(s, c.FunctionSettings)
	return appendUnreserved(s, c.AppSettings)
}

// appendUnreserved appends the settings without those of reserved names.
func appendUnreserved(dst, settings []Setting) []Setting {
	for _, s := range settings {
		if !reserved(s.Name) {
			dst = append(dst, s)
		}
	}
	return dst
}

// reserved reports whether a setting may not be made by a role, a function or a host.
// PostgreSQL takes such names in any case.
func reserved(name string) bool {
	switch strings.ToLower(name) {
	case "role", "session_authorization", "request.jwt.claims", "client_encoding",
		"transaction_isolation", "transaction_read_only", "transaction_deferrable":
		return true
	}
	return false
}

// usualSchemas is how many schemas a search path has room for without an allocation.
const usualSchemas = 8

func searchPath(c Context) string {
	if c.Schema == "" {
		return sqlfrag.SearchPath(c.ExtraSearchPath...)
	}
	schemas := make([]string, 0, usualSchemas)
	return sqlfrag.SearchPath(append(append(schemas, c.Schema), c.ExtraSearchPath...)...)
}

func objectOrEmpty(text []byte) string {
	if len(text) == 0 {
		return "{}"
	}
	return string(text)
}
