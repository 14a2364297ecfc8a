// Package typescript describes an API as the type that supabase-js and postgrest-js take
// as their parameter Database, from the schema cache that the API is made of.
//
//	source := typescript.Types(cache, []openapi.Selection{openapi.All(cache, "api")}, typescript.Config{})
//
// With it a client's queries are checked as they are typed, and their rows have types:
//
//	import type { Database } from './database'
//	const api = new PostgrestClient<Database, {}, 'api'>(url, { schema: 'api' })
//	const { data } = await api.from('films').select('title, directors(name)')
//
// The package needs no database and does no I/O.
package typescript

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// Config says what the types tell beside the selections.
type Config struct {
	// PostgrestVersion is what the types say of the server's version, by which postgrest-js
	// decides what its own types allow. Default: "14", the latest that postgrest-js knows
	// of; it takes a later one for an early one.
	PostgrestVersion string
}

const knownVersion = "14"

// Types gives the source of a TypeScript module that exports the type Database, with a
// member for each of the selections, whose schemas must differ. The default schema of the
// other types that it exports, such as Tables, is that of the first selection.
//
// A relation has the type Row of what is read, its computed fields included, and Insert and
// Update of what is written, where it can be: without columns that only the database
// writes. A column that can't be NULL and has no default is required in Insert. What is
// known of a column is its type in JSON: numbers, of whatever size, are number, and
// what PostgreSQL writes as a string is string, but for enums, which are their labels.
// Values that a function of the database makes JSON of are Json. A result of a function is
// taken for not null, and so are the columns of one, as postgrest-js's own generator has
// them.
//
// Equal arguments give equal modules.
func Types(cache *introspect.SchemaCache, selections []openapi.Selection, c Config) []byte {
	m := &module{cache: cache, schemas: map[string]*schema{}, hidden: map[string]*introspect.Type{}}
	for _, s := range selections {
		m.schemas[s.Schema] = newSchema(s)
	}
	// Types that are met late, such as an enum that only another schema has a column of, are
	// to be among those of their schema, which may be printed before.
	for known := -1; known < m.known(); {
		known = m.known()
		m.print(&printer{}, selections, c)
	}
	var p printer
	m.print(&p, selections, c)
	return p.text
}

// module is a module that is being made.
type module struct {
	cache   *introspect.SchemaCache
	schemas map[string]*schema
	// hidden are the composite types of other schemas that were met, by their names in SQL.
	hidden map[string]*introspect.Type
}

// known counts the types that were met.
func (m *module) known() int {
	n := len(m.hidden)
	for _, s := range m.schemas {
		n += len(s.enums) + len(s.composites)
	}
	return n
}

func (m *module) print(p *printer, selections []openapi.Selection, c Config) {
	p.line("export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]")
	p.line("")
	p.open("export type Database = {")
	p.open("__InternalSupabase: {")
	p.line("PostgrestVersion: " + literal(cmp.Or(c.PostgrestVersion, knownVersion)))
	p.close("}")
	for _, s := range selections {
		m.printSchema(p, m.schemas[s.Schema])
	}
	p.close("}")
	m.printHidden(p)
	if len(selections) > 0 {
		p.shorthands(selections[0].Schema)
		m.printConstants(p, selections)
	}
}

// schema is a selection, and the types of its schema that were met while the rest was
// printed.
type schema struct {
	selection  openapi.Selection
	tables     map[string]*introspect.Table
	enums      map[string]*introspect.Type
	composites map[string]*introspect.Type
}

func newSchema(s openapi.Selection) *schema {
	made := &schema{
		selection: s, tables: make(map[string]*introspect.Table, len(s.Tables)),
		enums: map[string]*introspect.Type{}, composites: map[string]*introspect.Type{},
	}
	for _, t := range s.Tables {
		made.tables[t.Name.Name] = t
	}
	return made
}

func (m *module) printSchema(p *printer, s *schema) {
	p.open(key(s.selection.Schema) + ": {")
	tables := slices.SortedFunc(maps.Values(s.tables), func(a, b *introspect.Table) int { return cmp.Compare(a.Name.Name, b.Name.Name) })
	for _, group := range []struct {
		name  string
		views bool
	}{{"Tables", false}, {"Views", true}} {
		p.group(group.name, func() {
			for _, t := range tables {
				if t.Kind.IsView() == group.views {
					m.printTable(p, t)
				}
			}
		})
	}
	p.group("Functions", func() { m.printFunctions(p, s) })
	p.group("Enums", func() {
		for _, name := range slices.Sorted(maps.Keys(s.enums)) {
			p.line(key(name) + ": " + union(s.enums[name].Enum))
		}
	})
	p.group("CompositeTypes", func() { m.printComposites(p, s) })
	p.close("}")
}

// printComposites prints the composite types that were met.
func (m *module) printComposites(p *printer, s *schema) { m.printAttributes(p, s.composites) }

// printHidden prints the composite types of schemas that aren't described. They are no
// members of Database, whose members are what clients can ask for.
func (m *module) printHidden(p *printer) {
	if len(m.hidden) == 0 {
		return
	}
	p.line("")
	p.open("type Hidden = {")
	m.printAttributes(p, m.hidden)
	p.close("}")
}

// printAttributes prints composite types by their names. The attributes of one may add others.
func (m *module) printAttributes(p *printer, composites map[string]*introspect.Type) {
	printed := map[string]bool{}
	for len(printed) < len(composites) {
		for _, name := range slices.Sorted(maps.Keys(composites)) {
			if printed[name] {
				continue
			}
			printed[name] = true
			p.open(key(name) + ": {")
			for i := range composites[name].Attributes {
				c := &composites[name].Attributes[i]
				p.property(c.Name, "", orNull(m.typeOf(c.Type)), "")
			}
			p.close("}")
		}
	}
}

// printConstants prints the labels of enums as values.
func (m *module) printConstants(p *printer, selections []openapi.Selection) {
	p.line("")
	p.open("export const Constants = {")
	for _, selection := range selections {
		s := m.schemas[selection.Schema]
		p.open(key(selection.Schema) + ": {")
		p.open("Enums: {")
		for _, name := range slices.Sorted(maps.Keys(s.enums)) {
			p.line(key(name) + ": " + list(s.enums[name].Enum) + ",")
		}
		p.close("},")
		p.close("},")
	}
	p.close("} as const")
}
