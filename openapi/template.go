package openapi

import (
	"bytes"
	"crypto/sha256"

	"github.com/pgrest-go/pgrest/introspect"
)

// Template is a document but for where clients reach the API, which it has in its middle:
// documents for all of them are made of one.
type Template struct {
	head, rest []byte              // JSON objects of the members before and behind, or YAML
	reached    func(server) object // the members between
	yaml       bool
}

// SwaggerTemplate gives what all that Swagger makes of a selection and a config has in
// common, wherever the API is reached.
func SwaggerTemplate(cache *introspect.SchemaCache, s Selection, c Config) *Template {
	head, rest := swagger(cache, s.sorted(), c)
	return &Template{head: encode(head, 0), rest: encode(rest, s.columns()), reached: swaggerServer}
}

// DocumentTemplate gives what all that Document makes of a selection and a config has in
// common, wherever the API is reached.
func DocumentTemplate(cache *introspect.SchemaCache, s Selection, c Config) *Template {
	head, rest := newDocument(cache, s.sorted(), c).members()
	return &Template{head: encode(head, 0), rest: encode(rest, s.columns()), reached: documentServers}
}

// YAML gives the template of the same document in YAML, as the function YAML makes it.
func (t *Template) YAML() (*Template, error) {
	head, err := YAML(t.head)
	if err != nil {
		return nil, err
	}
	rest, err := YAML(t.rest)
	if err != nil {
		return nil, err
	}
	return &Template{head: head, rest: rest, reached: t.reached, yaml: true}, nil
}

// Size is about that of a document.
func (t *Template) Size() int { return len(t.head) + len(t.rest) }

// Sum is a checksum of the parts that all documents have.
func (t *Template) Sum() [sha256.Size]byte {
	h := sha256.New()
	h.Write(t.head)
	h.Write(t.rest)
	return [sha256.Size]byte(h.Sum(nil))
}

// Parts gives the document for clients that reach the API where the config says, in
// parts to be written one after the other, of which the first and the last are the same
// for all. The error is a *ServerURLError for a server URL that clients can't use.
func (t *Template) Parts(c Config) ([][]byte, error) {
	at, err := c.server()
	if err != nil {
		return nil, err
	}
	between := encode(t.reached(at), 0)
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
