package introspect

import (
	"slices"
	"strings"
)

// QualifiedName names a relation or routine within its schema.
type QualifiedName struct {
	Schema string
	Name   string
}

// String gives the name as error messages spell it: schema.name, unquoted.
func (n QualifiedName) String() string { return n.Schema + "." + n.Name }

// compare orders names by schema, then name.
func (n QualifiedName) compare(other QualifiedName) int {
	if c := strings.Compare(n.Schema, other.Schema); c != 0 {
		return c
	}
	return strings.Compare(n.Name, other.Name)
}

// SchemaCache is what a database exposes, as its catalogs told at one moment.
// It is immutable: a change in the database yields a new SchemaCache, and any
// number of goroutines may read one.
type SchemaCache struct {
	// ServerVersion is the server's version number as server_version_num
	// gives it: 150004 for 15.4.
	ServerVersion int
	// Schemas are the exposed schemas, in the order in which they were asked for.
	Schemas []string
	// Tables holds every relation of the exposed schemas by name: tables,
	// partitioned and foreign tables, views and materialized views. Partitions
	// are reached through their parent and are not listed.
	Tables map[QualifiedName]*Table
	// Routines holds the functions of the exposed schemas by name, each with all
	// its overloads in a stable order. Aggregates, window functions, procedures
	// and trigger functions can't be called and are not listed, nor are functions
	// whose arguments can't be given: see Routine.Callable.
	Routines map[QualifiedName][]*Routine

	// related holds the relationships by relation.
	related map[QualifiedName]related
	// computed holds computed fields by relation and field name.
	computed map[computedKey]*Routine
	// rowFunctions are the names of functions that take rows of more than one relation.
	rowFunctions map[string]bool
	// representations holds the casting functions of domain representations.
	representations map[representationKey]QualifiedName
	// handlers holds the media type handlers by relation and media type.
	handlers map[handlerKey]*Handler
	// roles holds the settings of roles by the role's name.
	roles map[string]RoleSettings
	// types holds the types of the search path that can be named in a cast, and builtin
	// those of pg_catalog, by their local names.
	types   map[QualifiedName]*Type
	builtin map[string]*Type
	// catalogFirst reports that pg_catalog is searched before all other schemas, since the
	// search path doesn't name it.
	catalogFirst bool
}

type computedKey struct {
	table QualifiedName
	field string
}

// Table finds the relation of that name.
func (c *SchemaCache) Table(name QualifiedName) (*Table, bool) {
	t, ok := c.Tables[name]
	return t, ok
}

// ResultTable gives the relation whose rows a routine returns. If the relation is not
// exposed, or the routine returns rows of a composite type or has OUT, INOUT or
// TABLE columns, it is one that is made for the purpose and has only the columns of the
// result. It is nil for a routine that returns values, and for one that returns record
// without declaring its columns.
//
// A relation that is made has the name of the result's type, in the routine's schema. It
// therefore has the relationships of the exposed relation of that name, if there is one:
// for the rows of a hidden table, those of the view of the same name; for the rows of a
// relation in another exposed schema, those of its namesake in the routine's.
//
// A single OUT or TABLE column of a composite type is no column of the result: then
// PostgreSQL's result has the columns of that type.
func (c *SchemaCache) ResultTable(r *Routine) *Table {
	if r.rows == nil && r.Returns.Type != nil {
		return c.Tables[r.Returns.Type.Relation]
	}
	return r.rows
}

// ComputedField finds the function that serves as a computed field of table: one
// that takes the table's row type alone and returns a single value, in an exposed
// schema or one of the extra search path. Where several schemas have one, the
// first of them wins, exposed schemas before the extra search path.
// See https://docs.postgrest.org/en/stable/references/api/computed_fields.html.
func (c *SchemaCache) ComputedField(table QualifiedName, name string) (*Routine, bool) {
	r, ok := c.computed[computedKey{table, name}]
	return r, ok
}

// TakesRow reports that a function or an aggregate of the search path has a name, and takes
// rows of more than one relation, as to_json and count do. Where a relation has neither a
// column nor a computed field of that name, PostgreSQL may call it in their place.
func (c *SchemaCache) TakesRow(name string) bool { return c.rowFunctions[name] }

// ComputedFields lists the functions that ComputedField finds for table, by name.
func (c *SchemaCache) ComputedFields(table QualifiedName) []*Routine {
	var fields []*Routine
	for key, r := range c.computed {
		if key.table == table {
			fields = append(fields, r)
		}
	}
	slices.SortFunc(fields, func(a, b *Routine) int { return strings.Compare(a.Name.Name, b.Name.Name) })
	return fields
}
