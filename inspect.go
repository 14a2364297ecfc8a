package pgrest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/response"
	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// inspect answers with a description of the API, of which the database says what
// the role may use.
func (x *exchange) inspect(schema *snapshot, p *plan.Inspect) error {
	role := schema.cache.RoleSettings(x.identity.Role)
	session := executor.Session{
		Identity: x.identity, Context: x.context(role.Settings, nil), PreRequest: x.prelude, ReadOnly: true,
		Isolation: role.Isolation,
	}
	result, err := x.executor.Once(x.r.Context(), session, executor.Command{
		Program: query.BuildInspection(p), Expect: plan.Expectation{MaxAffected: -1},
	})
	if err != nil {
		return err
	}
	defer result.Close()
	used := usage{}
	for result.Next() {
		used.add(result.Values())
	}
	if err := result.Err(); err != nil {
		return err
	}
	x.clock.lap("transaction")
	config := x.openAPI()
	key := strings.Join([]string{p.Media.Name, p.Schema, used.fingerprint()}, " ")
	document, err := schema.documents.get(key, func() (*openapi.Template, error) {
		return describe(p.Media, schema.cache, used.selection(schema.cache, p), config)
	})
	if err != nil {
		return err
	}
	parts, err := document.template.Parts(config)
	if err != nil {
		return err
	}
	response.Document(&x.w, x.request, p.Media, parts, document.tag(parts), x.r.Header.Get("If-None-Match"), x.config)
	return nil
}

// describe makes the description in the form that was asked for, for clients that reach
// the API wherever they do.
func describe(media mediatype.Type, cache *introspect.SchemaCache, s openapi.Selection, c openapi.Config) (*openapi.Template, error) {
	switch media.Name {
	case mediatype.OpenAPI31:
		return openapi.DocumentTemplate(cache, s, c), nil
	case mediatype.OpenAPI31YAML:
		return openapi.DocumentTemplate(cache, s, c).YAML()
	}
	return openapi.SwaggerTemplate(cache, s, c), nil
}

func (x *exchange) openAPI() openapi.Config {
	at := x.origin()
	return openapi.Config{
		Version: response.ProtocolVersion, Title: x.options.OpenAPITitle, DocsVersion: "v16",
		ServerURL: x.options.OpenAPIServerURL, Host: at.host, HTTPS: at.https, BasePath: at.path,
		Security: x.options.OpenAPISecurity, MaxRows: int(max(0, x.options.MaxRows)), SearchPath: x.options.ExtraSearchPath,
	}
}

// usage is what a role may use of a schema.
type usage struct {
	comment             string
	relations, routines map[string]bool
	hash                strings.Builder
}

func (u *usage) add(row [][]byte) {
	for _, value := range row {
		u.hash.Write(strconv.AppendQuote(nil, string(value)))
	}
	switch string(row[0]) {
	case query.SchemaComment:
		u.comment = string(row[1])
	case query.UsedRelation:
		if u.relations == nil {
			u.relations = map[string]bool{}
		}
		u.relations[string(row[1])] = true
	case query.UsedRoutine:
		if u.routines == nil {
			u.routines = map[string]bool{}
		}
		u.routines[string(row[1])+" "+string(row[2])] = true
	}
}

func (u *usage) fingerprint() string {
	sum := sha256.Sum256([]byte(u.hash.String()))
	return hex.EncodeToString(sum[:])
}

// selection is what there is of a schema, without what the role may not use if
// privileges are to be followed.
func (u *usage) selection(cache *introspect.SchemaCache, p *plan.Inspect) openapi.Selection {
	all := openapi.All(cache, p.Schema)
	all.Comment = u.comment
	if !p.Privileges {
		return all
	}
	some := openapi.Selection{Schema: all.Schema, Comment: all.Comment}
	for _, t := range all.Tables {
		if u.relations[t.Name.Name] {
			some.Tables = append(some.Tables, t)
		}
	}
	for _, r := range all.Routines {
		if u.routines[r.Name.Name+" "+parameterTypes(r)] {
			some.Routines = append(some.Routines, r)
		}
	}
	return some
}

// parameterTypes tells overloads apart as pg_proc does.
func parameterTypes(r *introspect.Routine) string {
	oids := make([]string, len(r.Params))
	for i, p := range r.Params {
		oids[i] = strconv.FormatUint(uint64(p.Type.OID), 10)
	}
	return strings.Join(oids, " ")
}

// documents keeps descriptions of one schema cache, by whom they are for.
type documents struct {
	mu    sync.Mutex
	byKey map[string]*document
	size  int // of the templates
}

// document is a description, made once for all that ask for it at the same time. It
// depends on nothing that clients can make up, as they can names of the host.
type document struct {
	once     sync.Once
	template *openapi.Template
	sum      [sha256.Size]byte // of its first and last part
	err      error
}

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
func (d *documents) get(key string, build func() (*openapi.Template, error)) (*document, error) {
	found := d.entry(key)
	found.once.Do(func() {
		found.err = errors.New("describe the API: it panicked before") // unless it doesn't
		if found.template, found.err = build(); found.err == nil {
			found.sum = found.template.Sum()
		}
		d.built(key, found)
	})
	return found, found.err
}

func (d *documents) entry(key string) *document {
	d.mu.Lock()
	defer d.mu.Unlock()
	if found, ok := d.byKey[key]; ok {
		return found
	}
	if d.byKey == nil || len(d.byKey) >= maxDocuments {
		d.byKey, d.size = map[string]*document{}, 0
	}
	made := new(document)
	d.byKey[key] = made
	return made
}

// built takes note of a description's size. One that failed is tried again by the
// next that asks.
func (d *documents) built(key string, made *document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.byKey[key] != made: // dropped meanwhile
	case made.err != nil:
		delete(d.byKey, key)
	case d.size+made.template.Size() > maxDocumentSize:
		d.byKey, d.size = map[string]*document{key: made}, made.template.Size()
	default:
		d.size += made.template.Size()
	}
}
