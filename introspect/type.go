package introspect

import (
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/enum"
	"github.com/pgrest-go/pgrest/internal/oid"
)

// TypeKind is the kind of a type; that of a domain is its base type's.
type TypeKind uint8

// The kinds of type are those of pg_type.typtype, and arrays.
const (
	BaseType TypeKind = iota
	ArrayType
	CompositeType
	EnumType
	RangeType
	MultirangeType
	PseudoType
)

var typeKinds = [...]string{
	BaseType: "base", ArrayType: "array", CompositeType: "composite", EnumType: "enum",
	RangeType: "range", MultirangeType: "multirange", PseudoType: "pseudo",
}

// String gives the kind in a word, such as "composite".
func (k TypeKind) String() string { return enum.Name(typeKinds[:], k) }

// Type is a data type. Columns and parameters of one type share one *Type.
type Type struct {
	OID uint32
	// Name is the type as format_type prints it without modifier, with its schema
	// unless that is pg_catalog: "integer", "character varying", "api.color", "text[]".
	Name string
	// Schema and Local are the two parts of the type's qualified name, unquoted, as
	// SQL text needs them: "pg_catalog" and "int4", "api" and "color".
	Schema, Local string
	// BaseOID and BaseName are the type under a domain, which is no domain itself, or
	// else the type itself.
	BaseOID  uint32
	BaseName string
	// Kind is that of the base type.
	Kind TypeKind
	// IsDomain reports that OID names a domain over BaseOID.
	IsDomain bool
	// Relation is the relation whose row type the base type is, exposed or not, and
	// zero for other types.
	Relation QualifiedName
	// Enum holds the labels of an enum, or of a domain over one, in their order.
	Enum []string
	// CastsToJSON reports that CREATE CAST has made a cast of the base type to json, as for
	// hstore. to_json uses such a cast.
	CastsToJSON bool
	// Element is the type of an array's elements, or of those of a domain over one; nil for
	// other types, and for elements of a type that is PostgreSQL's own.
	Element *Type
	// Attributes are the columns of a composite type, or of a domain over one. They
	// are known only for types that a column, parameter or result has, and not for the row
	// type of an exposed relation.
	Attributes []Column
}

// BuiltIn reports a type that PostgreSQL itself brings along, or a domain over one.
func (t *Type) BuiltIn() bool { return t.BaseOID < firstUserOID }

// Named reports that one of the names is the type's: as format_type prints it, or its own with or
// without its schema, in any case. The type under a domain counts, too.
func (t *Type) Named(names ...string) bool {
	own := [...]string{t.Name, t.Local, t.Schema + "." + t.Local, t.BaseName}
	return slices.ContainsFunc(names, func(name string) bool {
		if slices.ContainsFunc(own[:], func(o string) bool { return strings.EqualFold(o, name) }) {
			return true
		}
		_, local, qualified := strings.Cut(t.BaseName, ".")
		return t.IsDomain && qualified && strings.EqualFold(local, name)
	})
}

// CastName gives t as SQL can name it in a cast that doesn't shorten values: the words
// character and bit mean a length of 1.
func (t *Type) CastName() string {
	switch t.OID {
	case oid.BPChar:
		return "pg_catalog.bpchar"
	case oid.BPCharArray:
		return "pg_catalog.bpchar[]"
	case oid.Bit:
		return `pg_catalog."bit"`
	case oid.BitArray:
		return `pg_catalog."bit"[]`
	default:
		return t.Name
	}
}
