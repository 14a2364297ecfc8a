package pgrest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"sync"

	"github.com/pgrest-go/pgrest/openapi"
)

// documentCache keeps descriptions of the API that a schema cache makes, by their media
// type, schema, and what their readers may use.
type documentCache struct {
	mu    sync.Mutex
	byKey map[string]*document
	size  int // of the templates
}

// document is a description, made once for all who ask for it at the same time. It lacks
// what clients can make up, as they can the name of the host.
type document struct {
	once     sync.Once
	template template
	sum      [sha256.Size]byte // of its first and last part
	err      error
}

// template makes descriptions for clients that reach the API at different places, which
// have all but what stands in their middle in common.
type template interface {
	Parts(openapi.Config) ([][]byte, error)
	Size() int
	Sum() [sha256.Size]byte
}

// fixed is a description that is the same wherever clients reach the API.
type fixed []byte

func (f fixed) Parts(openapi.Config) ([][]byte, error) { return [][]byte{f, nil}, nil }
func (f fixed) Size() int                              { return len(f) }
func (f fixed) Sum() [sha256.Size]byte                 { return sha256.Sum256(f) }

// tag is the entity tag (RFC 9110, section 8.8.3) of the parts of one that was made of
// the template.
func (d *document) tag(parts [][]byte) string {
	sum := sha256.Sum256(slices.Concat(d.sum[:], parts[1]))
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// What is kept is bounded by number and size.
const (
	maxDocuments    = 32
	maxDocumentSize = 128 << 20 // of all together
)

// get finds the description of that key, or has it built, while those of other keys
// can be had.
func (c *documentCache) get(key string, build func() (template, error)) (*document, error) {
	found := c.entry(key)
	found.once.Do(func() {
		defer c.built(key, found)
		found.err = errors.New("describe the API: it panicked") // unless it doesn't
		if found.template, found.err = build(); found.err == nil {
			found.sum = found.template.Sum()
		}
	})
	return found, found.err
}

func (c *documentCache) entry(key string) *document {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.byKey[key]; ok {
		return found
	}
	if c.byKey == nil || len(c.byKey) >= maxDocuments {
		c.byKey, c.size = map[string]*document{}, 0
	}
	made := new(document)
	c.byKey[key] = made
	return made
}

// built takes note of a description's size. One that failed is tried again by the
// next that asks.
func (c *documentCache) built(key string, made *document) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.byKey[key] != made: // dropped meanwhile
	case made.err != nil:
		delete(c.byKey, key)
	case c.size+made.template.Size() > maxDocumentSize:
		c.byKey, c.size = map[string]*document{key: made}, made.template.Size()
	default:
		c.size += made.template.Size()
	}
}
