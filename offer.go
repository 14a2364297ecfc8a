package pgrest

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// offered is what OPTIONS tells of a resource, without what the host refuses.
func (x *exchange) offered(schema *snapshot, p *plan.Info) *plan.Info {
	if x.options.Decide == nil || p.Name.Name == "" {
		return p
	}
	return p.Without(func(kind UseKind) bool { return !x.offers(schema, kind, p.Name) })
}

// offeredOf is what there is of a selection without what the host refuses, and a text that
// tells it from other such selections. A relation that may not be read isn't described.
func (x *exchange) offeredOf(schema *snapshot, s openapi.Selection) (openapi.Selection, string) {
	sum := sha256.New()
	refused := func(kind UseKind, name introspect.QualifiedName) bool {
		if x.offers(schema, kind, name) {
			return false
		}
		sum.Write([]byte(kind.String() + " " + name.String() + "\n"))
		return true
	}
	tables := slices.Clone(s.Tables)
	s.Tables = nil
	for _, t := range tables {
		if refused(UseRead, t.Name) {
			continue
		}
		offered := *t
		offered.Insertable = t.Insertable && !refused(UseInsert, t.Name)
		offered.Updatable = t.Updatable && !refused(UseUpdate, t.Name)
		offered.Deletable = t.Deletable && !refused(UseDelete, t.Name)
		s.Tables = append(s.Tables, &offered)
	}
	s.Routines = slices.DeleteFunc(slices.Clone(s.Routines), func(r *introspect.Routine) bool { return refused(UseCall, r.Name) })
	return s, hex.EncodeToString(sum.Sum(nil))
}
