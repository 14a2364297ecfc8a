package query_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
)

// The lines of a schema file, whose form testdata/archive.schema shows.
var (
	domainLine   = regexp.MustCompile(`^domain (\w+): (\w+)(?:, to json by (\w+), from text by (\w+))?$`)
	tableLine    = regexp.MustCompile(`^table ("(?:[^"]|"")+"|\w+): (.+)$`)
	columnPart   = regexp.MustCompile(`^("(?:[^"]|"")+"|\w+)(\*?) ([\w\[\]]+)$`)
	keyLine      = regexp.MustCompile(`^key (\w+): (\w+) \(([^)]+)\) -> (\w+) \(([^)]+)\)$`)
	spreadLine   = regexp.MustCompile(`^(distributed|reference): (.+)$`)
	functionLine = regexp.MustCompile(`^function (\w+): (\w+) -> (set of |row of )?(\w+)$`)
)

// schema reads the schema of testdata/name.schema.
func schema(t testing.TB, name string) *introspect.SchemaCache {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".schema")
	require.NoError(t, err)
	s := schemaReader{types: builtinTypes(), tables: map[string]*introspect.Table{}, catalog: introspect.Catalog{Schemas: []string{name}}}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			require.NoError(t, s.read(line))
		}
	}
	for _, typ := range s.types {
		s.catalog.Types = append(s.catalog.Types, typ)
	}
	return introspect.New(s.catalog)
}

type schemaReader struct {
	catalog introspect.Catalog
	types   map[string]*introspect.Type
	tables  map[string]*introspect.Table
}

func (s *schemaReader) name(name string) introspect.QualifiedName {
	return introspect.QualifiedName{Schema: s.catalog.Schemas[0], Name: name}
}

func (s *schemaReader) read(line string) error {
	if m := domainLine.FindStringSubmatch(line); m != nil {
		s.addDomain(m[1], s.types[m[2]], m[3], m[4])
	} else if m := tableLine.FindStringSubmatch(line); m != nil {
		return s.addTable(unquote(m[1]), m[2])
	} else if m := keyLine.FindStringSubmatch(line); m != nil {
		t := s.tables[m[2]]
		t.ForeignKeys = append(t.ForeignKeys, introspect.ForeignKey{Name: m[1], Columns: strings.Split(m[3], ", "),
			References: s.name(m[4]), ReferencedColumns: strings.Split(m[5], ", ")})
	} else if m := spreadLine.FindStringSubmatch(line); m != nil {
		for _, name := range strings.Split(m[2], ", ") {
			s.tables[name].Distribution = map[string]introspect.Distribution{"distributed": introspect.Distributed, "reference": introspect.Reference}[m[1]]
		}
	} else if m := functionLine.FindStringSubmatch(line); m != nil {
		s.addFunction(m[1], m[2], m[3], m[4])
	} else {
		return fmt.Errorf("a schema has no such line: %s", line)
	}
	return nil
}

func (s *schemaReader) addDomain(name string, base *introspect.Type, toJSON, fromText string) {
	domain := *base
	domain.OID, domain.IsDomain = uint32(20000+len(s.types)), true
	domain.Schema, domain.Local, domain.Name = s.name(name).Schema, name, s.name(name).String()
	s.types[name] = &domain
	if toJSON != "" {
		s.catalog.Representations = append(s.catalog.Representations,
			introspect.Representation{From: domain.OID, To: s.types["json"].OID, Function: s.name(toJSON)},
			introspect.Representation{From: s.types["text"].OID, To: domain.OID, Function: s.name(fromText)})
	}
}

func (s *schemaReader) addTable(name, columns string) error {
	t := &introspect.Table{Name: s.name(name), Insertable: true, Updatable: true, Deletable: true}
	for _, part := range strings.Split(columns, ", ") {
		m := columnPart.FindStringSubmatch(part)
		if m == nil || s.types[m[3]] == nil {
			return fmt.Errorf("a table has no such column: %s", part)
		}
		column := unquote(m[1])
		t.Columns = append(t.Columns, introspect.Column{Name: column, Type: s.types[m[3]], TypeName: s.types[m[3]].Name, Nullable: m[2] == ""})
		if m[2] != "" {
			t.PrimaryKey = append(t.PrimaryKey, column)
		}
	}
	s.tables[name] = t
	s.catalog.Tables = append(s.catalog.Tables, t)
	return nil
}

func (s *schemaReader) addFunction(name, parameter, kind, result string) {
	row := func(table string) *introspect.Type {
		return &introspect.Type{OID: 30000, BaseOID: 30000, Name: table, Kind: introspect.CompositeType, Relation: s.name(table)}
	}
	r := &introspect.Routine{Name: s.name(name), Volatility: introspect.Stable, Params: []introspect.Param{{Type: row(parameter), Required: true}}}
	switch kind {
	case "set of ":
		r.Returns = introspect.Result{Type: row(result), Set: true, Rows: 1000}
	case "row of ":
		r.Returns = introspect.Result{Type: row(result), Set: true, Rows: 1}
	default:
		r.Returns = introspect.Result{Type: s.types[result]}
	}
	s.catalog.Routines = append(s.catalog.Routines, r)
}

func unquote(name string) string {
	if !strings.HasPrefix(name, `"`) {
		return name
	}
	return strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
}

func builtinTypes() map[string]*introspect.Type {
	types := map[string]*introspect.Type{}
	for _, t := range []struct {
		oid   uint32
		local string
		name  string
	}{
		{23, "int4", "integer"}, {25, "text", "text"}, {114, "json", "json"}, {1082, "date", "date"},
		{1700, "numeric", "numeric"}, {3614, "tsvector", "tsvector"}, {3802, "jsonb", "jsonb"},
		{1114, "timestamp", "timestamp without time zone"}, {1184, "timestamptz", "timestamp with time zone"},
	} {
		types[t.local] = &introspect.Type{OID: t.oid, BaseOID: t.oid, Name: t.name, Schema: "pg_catalog", Local: t.local}
	}
	types["text[]"] = &introspect.Type{OID: 1009, BaseOID: 1009, Name: "text[]", Schema: "pg_catalog", Local: "_text", Kind: introspect.ArrayType}
	return types
}
