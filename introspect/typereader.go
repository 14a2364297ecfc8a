package introspect

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pgrest-go/pgrest/internal/oid"
)

// lengthOverhead is what PostgreSQL adds to the length of character types in a modifier.
const lengthOverhead = 4

// domain is what a domain adds to its type.
type domain struct {
	over              uint32 // the type or domain directly below
	modifier          int32
	notNull           bool
	defaultExpression string
}

// maxLength gives the limit that a modifier sets to a character type, or 0.
func maxLength(number uint32, modifier int32) int {
	if (number == oid.BPChar || number == oid.VarChar) && modifier > lengthOverhead {
		return int(modifier) - lengthOverhead
	}
	return 0
}

// typeOf gives the one *Type of that OID, which readTypes will fill in.
func (r *reader) typeOf(number uint32) *Type {
	t, ok := r.types[number]
	if !ok {
		t = &Type{OID: number}
		r.types[number] = t
	}
	return t
}

func (r *reader) readTypes(ctx context.Context) error {
	var (
		number, element              uint32
		schema, local, name, kind    string
		isArray, castsToJSON         bool
		d                            domain
		relationSchema, relationName string
		labels                       []string
	)
	dest := []any{
		&number, &schema, &local, &name, &kind, &isArray,
		&element, &d.over, &d.modifier, &d.notNull, &d.defaultExpression,
		&relationSchema, &relationName, &labels, &castsToJSON,
	}
	inUse := slices.Sorted(maps.Keys(r.types))
	args := []any{inUse, searchPath(r.catalog)}
	err := r.rows(ctx, typeSQL, args, dest, func() {
		t := r.typeOf(number)
		t.Schema, t.Local, t.Name = r.intern(schema), r.intern(local), r.intern(name)
		t.BaseOID, t.BaseName = number, t.Name
		t.Kind = typeKind(kind, isArray)
		t.Relation = r.qualifiedName(relationSchema, relationName)
		t.Enum = labels
		if isArray && element >= firstUserOID {
			t.Element = r.typeOf(element)
		}
		t.CastsToJSON = castsToJSON && t.Kind != ArrayType && t.Kind != CompositeType
		if kind == "d" {
			t.IsDomain = true
			r.domains[number] = d
		}
		r.catalog.Types = append(r.catalog.Types, t)
	})
	if err != nil {
		return err
	}
	return r.lookThroughDomains()
}

func typeKind(typtype string, isArray bool) TypeKind {
	switch {
	case isArray:
		return ArrayType
	case typtype == "c":
		return CompositeType
	case typtype == "e":
		return EnumType
	case typtype == "r":
		return RangeType
	case typtype == "m":
		return MultirangeType
	case typtype == "p":
		return PseudoType
	default:
		return BaseType
	}
}

// lookThroughDomains gives every domain the properties of its base type. It fails when
// a type in use was not read, which happens only to a Querier without a snapshot during
// a migration.
func (r *reader) lookThroughDomains() error {
	for number, t := range r.types {
		base, ok := r.types[r.base(number)]
		if !ok || base.Name == "" {
			return fmt.Errorf("type %d is gone", number)
		}
		t.BaseOID, t.BaseName = base.OID, base.Name
		t.Kind = base.Kind
		t.Relation = base.Relation
		t.Enum = base.Enum
		t.Element = base.Element
		t.CastsToJSON = base.CastsToJSON
	}
	return nil
}

// base gives the OID of a domain's base type, or the OID itself for other types.
func (r *reader) base(number uint32) uint32 {
	for d, ok := r.domains[number]; ok; d, ok = r.domains[number] {
		number = d.over
	}
	return number
}

// applyDomains gives every column the default, the NOT NULL and the length of its domain.
// As in an INSERT, only the outermost domain's default counts: a domain gets a copy of
// the default of the domain below when it is created.
func (r *reader) applyDomains() {
	for _, t := range r.catalog.Tables {
		for i := range t.Columns {
			if t.Columns[i].Type.IsDomain {
				r.applyDomain(&t.Columns[i])
			}
		}
	}
}

func (r *reader) applyDomain(c *Column) {
	outermost := r.domains[c.Type.OID]
	if c.Default == "" && !c.Generated && c.Identity == 0 {
		c.Default = r.intern(outermost.defaultExpression)
	}
	for d, ok := outermost, true; ok; d, ok = r.domains[d.over] {
		if d.notNull {
			c.Nullable = false
		}
		c.MaxLength = max(c.MaxLength, maxLength(d.over, d.modifier))
	}
}

func (r *reader) readRepresentations(ctx context.Context) error {
	var from, to uint32
	var schema, name string
	return r.rows(ctx, representationSQL, nil, []any{&from, &to, &schema, &name}, func() {
		r.catalog.Representations = append(r.catalog.Representations, Representation{
			From: from, To: to, Function: r.qualifiedName(schema, name),
		})
	})
}
