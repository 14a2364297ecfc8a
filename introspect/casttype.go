package introspect

import (
	"slices"
	"strings"
)

// CastType is what the name of a type means in a cast.
type CastType struct {
	// Schema and Local are the type's qualified name. Schema is pg_catalog where
	// nothing else can be meant, and empty where PostgreSQL has to look the name up
	// along its search path.
	Schema, Local string
	// Words is the type in SQL's own words where these include a modifier, such as
	// "character(1)" and "interval day to second"; else empty.
	Words string
	// Array reports that the word ARRAY follows the type, and SetOf that SETOF precedes
	// it.
	Array, SetOf bool
	// Type is nil where the schema cache doesn't know it: for arrays, and for names
	// that PostgreSQL has to look up.
	Type *Type
}

// CastType says what the name of a type means in a cast. The name consists of letters,
// digits, underscores, dollar signs and spaces, and is read as PostgreSQL's grammar
// reads it, in any case: SQL has words of its own for some types, a few of which mean a
// length of 1, and SETOF may precede the type and ARRAY follow it. Any other word is a
// name that is looked up along the search path, on which pg_catalog comes first unless
// it is named at another place.
//
// Words that PostgreSQL's grammar doesn't know are taken for a name, too. There is
// hardly a type of that name, and PostgreSQL says so.
func (c *SchemaCache) CastType(name string) CastType {
	words := strings.Fields(lower(name))
	cast := CastType{Local: strings.Join(words, " ")}
	bare := words
	setOf := len(bare) > 1 && bare[0] == "setof"
	if setOf {
		bare = bare[1:]
	}
	array := len(bare) > 1 && bare[len(bare)-1] == "array"
	if array {
		bare = bare[:len(bare)-1]
	}
	text := strings.Join(bare, " ")
	known, ok := sqlTypes[text]
	if !ok && len(bare) != 1 {
		return cast
	}
	cast.Local, cast.SetOf, cast.Array = text, setOf, array
	if ok {
		cast.Schema, cast.Local, cast.Words = catalogSchema, known.local, known.words
	}
	if t, ok := c.builtin[cast.Local]; ok && (cast.Schema != "" || c.catalogFirst) {
		cast.Schema = catalogSchema
		if !array {
			cast.Type = t
		}
	}
	return cast
}

// Type finds a type of pg_catalog, of the exposed schemas or of the extra search path.
// Pseudo-types, arrays and the row types of relations are not found.
func (c *SchemaCache) Type(name QualifiedName) (*Type, bool) {
	if name.Schema == catalogSchema {
		t, ok := c.builtin[name.Name]
		return t, ok
	}
	t, ok := c.types[name]
	return t, ok
}

const catalogSchema = "pg_catalog"

// lower puts a name in lower case as PostgreSQL does with one that has no quotes:
// letters beyond ASCII stay as they are.
func lower(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// namedTypes gives by name the types that can be named in a cast: those of the schemas in
// path, and those of pg_catalog.
func namedTypes(path []string, types []*Type) (named map[QualifiedName]*Type, builtin map[string]*Type) {
	named, builtin = make(map[QualifiedName]*Type), make(map[string]*Type)
	for _, t := range types {
		switch {
		case !t.castable():
		case t.Schema == catalogSchema:
			builtin[t.Local] = t
		case slices.Contains(path, t.Schema):
			named[QualifiedName{t.Schema, t.Local}] = t
		}
	}
	return named, builtin
}

// castable reports whether t is found by its name; see SchemaCache.Type.
func (t *Type) castable() bool {
	switch t.Kind {
	case PseudoType:
		return false
	case ArrayType:
		return t.IsDomain
	case CompositeType:
		return t.IsDomain || t.Relation == QualifiedName{}
	default:
		return true
	}
}

// sqlType is a type of pg_catalog that SQL has words for: its name there, and, if the
// words imply a modifier, the words with that.
type sqlType struct{ local, words string }

// sqlTypes holds the types that PostgreSQL's grammar has words for, by these words in
// lower case. The search path doesn't change what they mean.
var sqlTypes = map[string]sqlType{
	"bigint":   {local: "int8"},
	"boolean":  {local: "bool"},
	"dec":      {local: "numeric"},
	"decimal":  {local: "numeric"},
	"float":    {local: "float8"},
	"int":      {local: "int4"},
	"integer":  {local: "int4"},
	"numeric":  {local: "numeric"},
	"real":     {local: "float4"},
	"smallint": {local: "int2"},

	"double precision": {local: "float8"},

	"bit":         {local: "bit", words: "bit(1)"},
	"bit varying": {local: "varbit"},

	"char":                       {local: "bpchar", words: "character(1)"},
	"char varying":               {local: "varchar"},
	"character":                  {local: "bpchar", words: "character(1)"},
	"character varying":          {local: "varchar"},
	"national char":              {local: "bpchar", words: "character(1)"},
	"national char varying":      {local: "varchar"},
	"national character":         {local: "bpchar", words: "character(1)"},
	"national character varying": {local: "varchar"},
	"nchar":                      {local: "bpchar", words: "character(1)"},
	"nchar varying":              {local: "varchar"},
	"varchar":                    {local: "varchar"},

	"time":                        {local: "time"},
	"time with time zone":         {local: "timetz"},
	"time without time zone":      {local: "time"},
	"timestamp":                   {local: "timestamp"},
	"timestamp with time zone":    {local: "timestamptz"},
	"timestamp without time zone": {local: "timestamp"},

	"interval":                  {local: "interval"},
	"interval day":              {local: "interval", words: "interval day"},
	"interval day to hour":      {local: "interval", words: "interval day to hour"},
	"interval day to minute":    {local: "interval", words: "interval day to minute"},
	"interval day to second":    {local: "interval", words: "interval day to second"},
	"interval hour":             {local: "interval", words: "interval hour"},
	"interval hour to minute":   {local: "interval", words: "interval hour to minute"},
	"interval hour to second":   {local: "interval", words: "interval hour to second"},
	"interval minute":           {local: "interval", words: "interval minute"},
	"interval minute to second": {local: "interval", words: "interval minute to second"},
	"interval month":            {local: "interval", words: "interval month"},
	"interval second":           {local: "interval", words: "interval second"},
	"interval year":             {local: "interval", words: "interval year"},
	"interval year to month":    {local: "interval", words: "interval year to month"},
}
