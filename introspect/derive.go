package introspect

import (
	"maps"
	"slices"
)

// Catalog holds the parts of a SchemaCache as they were read, before anything is
// derived from them. Every column, parameter and result has a Type.
type Catalog struct {
	// ServerVersion is as in SchemaCache.
	ServerVersion int
	// Schemas, ExtraSearchPath and PostOnly are as in Options.
	Schemas, ExtraSearchPath, PostOnly []string
	// Tables are the relations of the exposed schemas.
	Tables []*Table
	// Routines are the functions of the exposed schemas, and those of the extra
	// search path that may serve as computed fields.
	Routines []*Routine
	// RowFunctions are the names of functions and aggregates of the search path that rows of
	// more than one relation may be the only argument of.
	RowFunctions []string
	// Hidden are the tables of other schemas, with only their names and keys. A view of
	// one has its relationships.
	Hidden []*Table
	// Lineage lists the columns of a view, in their order, that show a key column of a
	// table unchanged, directly or through other views. The view's primary key and its
	// relationships come from it.
	Lineage map[QualifiedName][]ColumnOrigin
	// Types are those that can be named in a cast, when their schema and kind allow
	// it. The types of columns and parameters need not be among them.
	Types []*Type
	// Representations are the domain representations, one for each pair of types.
	Representations []Representation
	// Handlers are the media type handlers. Those that are not of an exposed schema,
	// or whose media type is none, are ignored.
	Handlers []Handler
	// Roles holds the settings of roles by the role's name.
	Roles map[string]RoleSettings
}

// ColumnOrigin says which column of a table a view's column shows unchanged.
type ColumnOrigin struct {
	// Column is the view's.
	Column string
	// Table and TableColumn are where its values come from.
	Table       QualifiedName
	TableColumn string
}

// New makes a SchemaCache of the parts and derives the rest: the index of columns by
// name, the keys of views, relationships, computed fields, the order of overloads, the
// fields of Routine that are marked so, and the names of cast types. It needs no
// database. The parts belong to the SchemaCache from then on and must not change any more.
func New(c Catalog) *SchemaCache {
	cache := &SchemaCache{
		ServerVersion: c.ServerVersion,
		Schemas:       c.Schemas,
		Tables:        make(map[QualifiedName]*Table, len(c.Tables)),
	}
	for _, t := range c.Tables {
		t.index = indexColumns(t.Columns)
		cache.Tables[t.Name] = t
	}
	tables := maps.Clone(cache.Tables)
	for _, t := range c.Hidden {
		tables[t.Name] = t
	}
	views := viewSources(c)
	addViewKeys(views, tables)
	cache.related = relate(c, tables, cache.Tables, views)
	for _, r := range c.Routines {
		r.derive(cache.Tables)
		r.PostOnly = slices.Contains(c.PostOnly, r.Name.Name) || slices.Contains(c.PostOnly, r.Name.String())
	}
	cache.Routines = callableRoutines(c.Schemas, c.Routines)
	cache.computed = computedFields(cache.Tables, searchPath(c), c.Routines)
	cache.types, cache.builtin = namedTypes(searchPath(c), c.Types)
	cache.catalogFirst = !slices.Contains(c.ExtraSearchPath, catalogSchema)
	cache.representations = representations(c.Representations)
	cache.handlers = handlers(c.Schemas, c.Handlers)
	cache.roles = c.Roles
	cache.rowFunctions = make(map[string]bool, len(c.RowFunctions))
	for _, name := range c.RowFunctions {
		cache.rowFunctions[name] = true
	}
	return cache
}

// searchPath gives the schemas that are searched, the exposed ones first.
func searchPath(c Catalog) []string {
	return slices.Concat(c.Schemas, c.ExtraSearchPath)
}

func indexColumns(columns []Column) map[string]int {
	index := make(map[string]int, len(columns))
	for i := range columns {
		index[columns[i].Name] = i
	}
	return index
}

// callableRoutines groups by name those routines of the schemas that can be called.
func callableRoutines(schemas []string, routines []*Routine) map[QualifiedName][]*Routine {
	byName := make(map[QualifiedName][]*Routine)
	for _, r := range routines {
		if slices.Contains(schemas, r.Name.Schema) && r.Callable() {
			byName[r.Name] = append(byName[r.Name], r)
		}
	}
	for _, overloads := range byName {
		slices.SortStableFunc(overloads, compareOverloads)
	}
	return byName
}

// computedFields finds the computed fields of the tables. Of two with the same name, the
// one whose schema comes first in path wins.
func computedFields(tables map[QualifiedName]*Table, path []string, routines []*Routine) map[computedKey]*Routine {
	rank := rankSchemas(path)
	fields := make(map[computedKey]*Routine)
	for _, r := range routines {
		place, searched := rank[r.Name.Schema]
		if !searched || !isComputedField(r, tables) {
			continue
		}
		key := computedKey{r.Params[0].Type.Relation, r.Name.Name}
		if other, ok := fields[key]; !ok || place < rank[other.Name.Schema] {
			fields[key] = r
		}
	}
	return fields
}

// isComputedField reports whether r takes a row of one of the tables, alone, and
// returns a single value.
func isComputedField(r *Routine, tables map[QualifiedName]*Table) bool {
	if len(r.Params) != 1 || r.Returns.Set || r.Returns.Void {
		return false
	}
	t := r.Params[0].Type
	_, exposed := tables[t.Relation]
	return exposed && !t.IsDomain
}

// rankSchemas gives each schema's first place in path.
func rankSchemas(path []string) map[string]int {
	rank := make(map[string]int, len(path))
	for i, schema := range path {
		if _, ok := rank[schema]; !ok {
			rank[schema] = i
		}
	}
	return rank
}
