package introspect

import (
	"maps"
	"sync"
)

// SharedTypes lets the SchemaCaches of one database, or of one after the other, share their
// built-in types, such as integer: Options.Types. Else each SchemaCache has its own, some
// 20 KiB. The zero value is ready for use, and any number of goroutines may use it.
//
// It holds no more than the built-in types once, however many SchemaCaches come and go.
type SharedTypes struct {
	mu    sync.Mutex
	byOID map[uint32]*Type
	named map[string]*Type // as SchemaCache.builtin of the last one
}

// firstUserOID is the least OID of what users create: PostgreSQL's FirstNormalObjectId.
const firstUserOID = 16384

// shareable reports whether t is a built-in type that nothing else belongs to. Two of them
// are the same if their fields that can be compared are.
func (t *Type) shareable() bool {
	return t.OID < firstUserOID && t.Schema == catalogSchema && t.Relation == QualifiedName{} &&
		!t.IsDomain && !t.CastsToJSON && t.Element == nil && len(t.Enum) == 0 && len(t.Attributes) == 0
}

// equals compares two types that are shareable.
func (t *Type) equals(other *Type) bool {
	return t.OID == other.OID && t.Name == other.Name && t.Local == other.Local && t.Kind == other.Kind
}

// share replaces the types of a catalog by those of others that are equal.
func (s *SharedTypes) share(c *Catalog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byOID == nil {
		s.byOID = make(map[uint32]*Type)
	}
	c.eachType(func(t **Type) {
		if !(*t).shareable() {
			return
		}
		known, ok := s.byOID[(*t).OID]
		if !ok || !known.equals(*t) {
			known = *t // the server may be another version now
			s.byOID[known.OID] = known
		}
		*t = known
	})
}

// index gives the one map of built-in types that is equal to this one.
func (s *SharedTypes) index(named map[string]*Type) map[string]*Type {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !maps.Equal(named, s.named) {
		s.named = named
	}
	return s.named
}

// eachType calls f with each place of a catalog that has a type.
func (c *Catalog) eachType(f func(**Type)) {
	columns := func(columns []Column) {
		for i := range columns {
			f(&columns[i].Type)
		}
	}
	for _, t := range c.Tables {
		columns(t.Columns)
	}
	for _, r := range c.Routines {
		f(&r.Returns.Type)
		for i := range r.Params {
			f(&r.Params[i].Type)
		}
		for i := range r.Returns.Columns {
			f(&r.Returns.Columns[i].Type)
		}
	}
	for i := range c.Types {
		columns(c.Types[i].Attributes)
		f(&c.Types[i])
	}
}
