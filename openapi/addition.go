package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Additions are what a host adds to a document beside what the schema cache makes of it:
// its own routes, how requests are secured, and where else the API is. All of it is in
// the words of the document that it is for, OpenAPI 3.1 for Document and 2.0 for Swagger,
// as JSON objects that go into the document as they are but for white space; references
// may be to components of either side. Whoever reads the document sees all of them.
//
// What can't be added is an *AdditionError, and there is no document: what is no JSON
// object, and what has a name that the document gives itself.
type Additions struct {
	// Info has members of info, such as contact, license and termsOfService. A description
	// takes the place of what the schema's comment says; the title is Config.Title, and the
	// version Config.Version.
	Info map[string]json.RawMessage
	// Servers are where the API is, too, in addition to where the document says it is by
	// Config. OpenAPI 2.0 has no words for them, and leaves them out.
	Servers []Server
	// Paths has path items by their paths, such as "/checkout". As all paths they are
	// below the address of the API. Where the host serves them elsewhere, such as beside the
	// path that the API is mounted at, the item in OpenAPI 3.1 has servers of its own; there
	// is no such thing in 2.0. An operationId must not be one of the document's.
	Paths map[string]json.RawMessage
	// Schemas has schemas by their names: components/schemas in OpenAPI 3.1, definitions in
	// 2.0.
	Schemas map[string]json.RawMessage
	// SecuritySchemes has security schemes by their names: components/securitySchemes in
	// OpenAPI 3.1, securityDefinitions in 2.0. "JWT" is the document's own.
	SecuritySchemes map[string]json.RawMessage
	// Security says what the operations of the API require, unless an operation says
	// otherwise: all schemes of one of these, with their scopes. With Config.Security "JWT"
	// is one of these by itself.
	Security []map[string][]string
}

// Server is an address that the API is reached at.
type Server struct {
	// URL is absolute, or relative to where the document is, and has no variables.
	URL string
	// Description says what is there; it may be empty.
	Description string
}

// AdditionError reports what can't be added to a document.
type AdditionError struct {
	Kind   string // of addition: "info", "server", "path", "schema", "security scheme" or "security"
	Name   string // its name, path or URL
	Reason string // why it can't be added
}

// Error names the addition and the reason.
func (e *AdditionError) Error() string {
	return fmt.Sprintf("openapi: add %s %q: %s", e.Kind, e.Name, e.Reason)
}

// The kinds of additions, as errors have them.
const (
	infoKind     = "info"
	serverKind   = "server"
	pathKind     = "path"
	schemaKind   = "schema"
	schemeKind   = "security scheme"
	securityKind = "security"
)

// takenReason is why there is no place for a name.
const takenReason = "the document has it already"

// Check returns the *AdditionError that every document of the selection fails with, of
// either version; nil if there is none. Without a selection it looks at the additions
// alone. What only a document can tell, which is what it names its schemas and
// operations, is not checked.
func (a Additions) Check(s Selection) error {
	_, err := a.read(s)
	return err
}

// IsZero reports whether nothing is added.
func (a Additions) IsZero() bool {
	return len(a.Info)+len(a.Servers)+len(a.Paths)+len(a.Schemas)+len(a.SecuritySchemes)+len(a.Security) == 0
}

// Clone returns a copy that shares nothing with the original.
func (a Additions) Clone() Additions {
	texts := func(m map[string]json.RawMessage) map[string]json.RawMessage {
		m = maps.Clone(m)
		for name, text := range m {
			m[name] = bytes.Clone(text)
		}
		return m
	}
	security := slices.Clone(a.Security)
	for i := range security {
		security[i] = maps.Clone(security[i])
		for name, scopes := range security[i] {
			security[i][name] = slices.Clone(scopes)
		}
	}
	return Additions{
		Info: texts(a.Info), Servers: slices.Clone(a.Servers), Paths: texts(a.Paths),
		Schemas: texts(a.Schemas), SecuritySchemes: texts(a.SecuritySchemes), Security: security,
	}
}

// added are additions in the form of a document's members.
type added struct {
	info, paths, schemas, schemes object
	servers, security             array
	operations                    []operationID
}

// operationID is an operationId, and the path that has it.
type operationID struct{ path, id string }

// read checks the additions, and their paths against those of the selection.
func (a Additions) read(s Selection) (*added, error) {
	var made added
	var err error
	if made.info, err = readInfo(a.Info); err != nil {
		return nil, err
	}
	if made.servers, err = readServers(a.Servers); err != nil {
		return nil, err
	}
	if made.paths, err = readObjects(pathKind, a.Paths); err != nil {
		return nil, err
	}
	if made.schemas, err = readObjects(schemaKind, a.Schemas); err != nil {
		return nil, err
	}
	if made.schemes, err = readObjects(schemeKind, a.SecuritySchemes); err != nil {
		return nil, err
	}
	if made.operations, err = operationIDs(made.paths); err != nil {
		return nil, err
	}
	made.security = readSecurity(a.Security)
	return &made, checkPaths(made.paths, s)
}

// readObjects gives JSON objects as members, in the order of their names.
func readObjects(kind string, texts map[string]json.RawMessage) (object, error) {
	var all object
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		text, reason := compact(texts[name])
		if reason == "" && text[0] != '{' {
			reason = "it is no JSON object"
		}
		if reason != "" {
			return nil, &AdditionError{kind, name, reason}
		}
		all = append(all, member{name, text})
	}
	return all, nil
}

// compact gives JSON without white space, or why a document can't have it.
func compact(text json.RawMessage) (json.RawMessage, string) {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return nil, "it is no JSON: " + err.Error()
	}
	if !utf8.Valid(text) {
		return nil, "it is no UTF-8"
	}
	return b.Bytes(), ""
}

func readInfo(texts map[string]json.RawMessage) (object, error) {
	var all object
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		text, reason := compact(texts[name])
		if name == "title" || name == "version" {
			reason = "Config has it"
		}
		if reason != "" {
			return nil, &AdditionError{infoKind, name, reason}
		}
		all = append(all, member{name, text})
	}
	return all, nil
}

func readServers(servers []Server) (array, error) {
	var all array
	for _, s := range servers {
		reason := ""
		if _, err := url.Parse(s.URL); err != nil || s.URL == "" {
			reason = "it is no URL"
		} else if strings.ContainsAny(s.URL, "{}?#") {
			reason = "it has a variable, a query or a fragment"
		}
		if reason != "" {
			return nil, &AdditionError{serverKind, s.URL, reason}
		}
		all = append(all, object{{"url", s.URL}}.with("description", s.Description))
	}
	return all, nil
}

func readSecurity(requirements []map[string][]string) array {
	var all array
	for _, r := range requirements {
		schemes := object{}
		for _, name := range slices.Sorted(maps.Keys(r)) {
			schemes = append(schemes, member{name, r[name]})
		}
		all = append(all, schemes)
	}
	return all
}

// operationIDs are those of paths.
func operationIDs(paths object) ([]operationID, error) {
	var all []operationID
	for _, p := range paths {
		var item struct {
			Get, Put, Post, Delete, Options, Head, Patch, Trace struct{ OperationID string }
		}
		if err := json.Unmarshal(p.value.(json.RawMessage), &item); err != nil {
			return nil, &AdditionError{pathKind, p.name, "its operations are no JSON objects with texts as operationId: " + err.Error()}
		}
		for _, operation := range []struct{ OperationID string }{
			item.Get, item.Put, item.Post, item.Delete, item.Options, item.Head, item.Patch, item.Trace,
		} {
			if operation.OperationID != "" {
				all = append(all, operationID{p.name, operation.OperationID})
			}
		}
	}
	return all, nil
}

// checkPaths refuses paths that are none, and those that another path of theirs or of the
// selection is the same as.
func checkPaths(paths object, s Selection) error {
	if len(paths) == 0 {
		return nil
	}
	taken := map[string]bool{"/": true}
	for _, t := range s.Tables {
		taken["/"+t.Name.Name] = true
	}
	for _, r := range s.Routines {
		taken["/rpc/"+r.Name.Name] = true
	}
	for _, p := range paths {
		if !strings.HasPrefix(p.name, "/") || strings.ContainsAny(p.name, "?#") {
			return &AdditionError{pathKind, p.name, "it doesn't begin with a slash, or has a query or a fragment"}
		}
		key, ok := pathKey(p.name)
		if !ok {
			return &AdditionError{pathKind, p.name, "it is not well escaped"}
		}
		if taken[key] {
			return &AdditionError{pathKind, p.name, takenReason}
		}
		taken[key] = true
	}
	return nil
}

// pathParameter is a parameter within a path, whose name makes no other path of it. What
// comes in its place is no text that a path can have.
var pathParameter = regexp.MustCompile(`\{[^{}]*\}`)

// pathKey is the same for paths that a request may mean alike.
func pathKey(path string) (string, bool) {
	key, err := url.PathUnescape(pathParameter.ReplaceAllString(path, "\x00"))
	return key, err == nil
}

// checkSecurity refuses requirements of schemes that there are none of.
func (a *added) checkSecurity(own ...string) error {
	for _, requirement := range a.security {
		for _, scheme := range requirement.(object) {
			if !slices.Contains(own, scheme.name) && a.schemes.get(scheme.name) == nil {
				return &AdditionError{securityKind, scheme.name, "there is no such security scheme"}
			}
		}
	}
	return nil
}

// requirements are those of the document, by its own scheme and by the additions.
func (a *added) requirements(own bool) array {
	if own {
		return append(array{object{{securityScheme, array{}}}}, a.security...)
	}
	return a.security
}

// addedInfo gives info with what was added, which wins.
func (a *added) addedInfo(info object) object {
	for _, m := range a.info {
		info = slices.DeleteFunc(info, func(own member) bool { return own.name == m.name })
	}
	return append(info, a.info...)
}
