package plan

import (
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/introspect"
)

// textCast is the type that fields may always be cast to.
const textCast = "text"

// checkCast refuses a cast of a condition or an order to a type that isn't in the set.
func (p *Planner) checkCast(f filter.Field) error {
	if f.Cast == "" || p.anyCast || sameType(f.Cast, textCast) {
		return nil
	}
	if slices.ContainsFunc(p.config.Casts, func(name string) bool { return sameType(f.Cast, name) }) {
		return nil
	}
	allowed := []string{textCast}
	for _, name := range p.config.Casts {
		if !sameType(name, textCast) {
			allowed = append(allowed, name)
		}
	}
	return apierror.CastNotAllowed(f.Cast, allowed)
}

// sameType reports names of types that are the same but for their case and their spaces.
func sameType(a, b string) bool {
	return a == b || strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

// failsWithoutCast reports a condition whose operator takes texts alone, on a field that is
// certainly none and isn't turned to one by PostgreSQL.
func (p *Planner) failsWithoutCast(n *Node, c apirequest.Condition) bool {
	switch c.Operator {
	case filter.Like, filter.ILike, filter.Match, filter.IMatch:
	default:
		return false
	}
	f := c.Field
	f.Cast = ""
	switch kindOf(f) {
	case TextValue:
		return false
	case JSONValue:
		return true
	}
	field := p.field(n, f)
	t := field.typeOf()
	return t != nil && !isText(t) && t.BaseOID != oid.Bytea && !mayBeText(t)
}

// mayBeText reports a base type of an extension: whether that turns to text by itself, as
// citext does, only PostgreSQL knows.
func mayBeText(t *introspect.Type) bool { return t.Kind == introspect.BaseType && !t.BuiltIn() }

// isText reports a type whose values are texts, or are turned to texts by PostgreSQL where
// a function takes these.
func isText(t *introspect.Type) bool {
	switch t.BaseOID {
	case oid.Text, oid.VarChar, oid.BPChar, oid.Name, oid.Char:
		return true
	}
	return false
}

// typeOf is the type of a field without a JSON path, after its call and its cast; nil if it isn't
// known.
func (f *Field) typeOf() *introspect.Type {
	switch {
	case f.Cast != nil:
		return f.Cast.Type
	case f.Operator != nil:
		return f.Returned
	case f.Column != nil:
		return f.Column.Type
	case f.Computed != nil:
		return f.Computed.Returns.Type
	}
	return nil
}

// MayFail reports a field that is cast to another type than text, which not all values need allow.
func (f *Field) MayFail() bool {
	return f.Cast != nil && (f.Cast.Type == nil || f.Cast.Type.IsDomain || !isText(f.Cast.Type))
}

// hasCase reports a field of which there may be a lower case: a text, or what only PostgreSQL
// may know for one.
func (f *Field) hasCase() bool {
	if f.Cast == nil && f.Call == nil && len(f.Path) > 0 {
		return kindOf(f.Field) == TextValue
	}
	t := f.typeOf()
	return t == nil || isText(t) || mayBeText(t)
}
