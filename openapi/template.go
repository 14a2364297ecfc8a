package openapi

import (
	"bytes"
	"crypto/sha256"

	"github.com/pgrest-go/pgrest/introspect"
)

// Template is a document without the members that say where clients reach the API. These
// stand in its middle. One template serves clients that reach the API at different places.
type Template struct {
	head, rest []byte              // the members before and after those, as JSON objects or YAML
	servers    func(server) object // makes those members
	yaml       bool
	err        error // why there are no documents; nil if there are
}

// SwaggerTemplate gives the template of the documents that Swagger makes of a selection and
// a config. An addition that has no place in them has Parts and YAML fail.
func SwaggerTemplate(cache *introspect.SchemaCache, s Selection, c Config) *Template {
	return newTemplate(s, c, func(a *added) (head, rest object, err error) { return swagger(cache, s.sorted(), c, a) }, swaggerServer)
}

// DocumentTemplate gives the template of the documents that Document makes of a selection
// and a config. An addition that has no place in them has Parts and YAML fail.
func DocumentTemplate(cache *introspect.SchemaCache, s Selection, c Config) *Template {
	return newTemplate(s, c, newDocument(cache, s.sorted(), c).members, documentServers)
}

// newTemplate makes a template of the members of a document.
func newTemplate(s Selection, c Config, members func(*added) (head, rest object, err error), servers func(server, array) object) *Template {
	a, err := c.Additions.read(s)
	if err != nil {
		return &Template{err: err}
	}
	head, rest, err := members(a)
	if err != nil {
		return &Template{err: err}
	}
	return &Template{
		head: encode(head, 0), rest: encode(rest, s.columns()),
		servers: func(at server) object { return servers(at, a.servers) },
	}
}

// YAML gives the template of the same document in YAML, as the function YAML makes it.
func (t *Template) YAML() (*Template, error) {
	if t.err != nil {
		return nil, t.err
	}
	head, err := YAML(t.head)
	if err != nil {
		return nil, err
	}
	rest, err := YAML(t.rest)
	if err != nil {
		return nil, err
	}
	return &Template{head: head, rest: rest, servers: t.servers, yaml: true}, nil
}

// Size is about the size of a document, in bytes.
func (t *Template) Size() int { return len(t.head) + len(t.rest) }

// Sum is a checksum of what all documents of the template have in common.
func (t *Template) Sum() [sha256.Size]byte {
	h := sha256.New()
	h.Write(t.head)
	h.Write(t.rest)
	return [sha256.Size]byte(h.Sum(nil))
}

// Parts gives the document for clients that reach the API where the config says, in
// parts to be written one after the other. All documents share the first and the last.
// The error is a *ServerURLError for a server URL that clients can't use, and an
// *AdditionError for an addition that has no place in the documents.
func (t *Template) Parts(c Config) ([][]byte, error) {
	if t.err != nil {
		return nil, t.err
	}
	at, err := c.server()
	if err != nil {
		return nil, err
	}
	between := encode(t.servers(at), 0)
	if t.yaml {
		if between, err = YAML(between); err != nil {
			return nil, err
		}
		return [][]byte{t.head, between, t.rest}, nil
	}
	between[0] = ','
	between[len(between)-1] = ','
	return [][]byte{t.head[:len(t.head)-1], between, t.rest[1:]}, nil
}

// document joins the parts.
func (t *Template) document(c Config) ([]byte, error) {
	parts, err := t.Parts(c)
	if err != nil {
		return nil, err
	}
	return bytes.Join(parts, nil), nil
}
