package introspect

import (
	"context"
	"maps"
	"slices"
)

// keyColumn is a row of key.sql: a column of a key, and the column that it references
// if the key is a foreign key.
type keyColumn struct {
	column, referenced columnRef
	kind, key          string
	schema, table      string
	name               string
	referencedSchema   string
	referencedTable    string
	referencedName     string
}

func (r *reader) readKeys(ctx context.Context) error {
	var k keyColumn
	dest := []any{
		&k.column.relation, &k.schema, &k.table, &k.kind, &k.key, &k.column.number, &k.name,
		&k.referenced.relation, &k.referencedSchema, &k.referencedTable,
		&k.referenced.number, &k.referencedName,
	}
	sources := r.lineage.sources()
	var lastRelation uint32
	var lastKey string
	return r.rows(ctx, keySQL, []any{slices.Sorted(maps.Keys(sources)), r.catalog.Schemas}, dest, func() {
		first := k.column.relation != lastRelation || k.key != lastKey
		lastRelation, lastKey = k.column.relation, k.key
		r.addKeyColumn(&k, first)
		if sources[k.column.relation] {
			r.nameColumn(k.column, k.schema, k.table, k.name)
		}
		if sources[k.referenced.relation] {
			r.nameColumn(k.referenced, k.referencedSchema, k.referencedTable, k.referencedName)
		}
	})
}

// addKeyColumn adds a column to a key of its table. The first column begins a new key.
func (r *reader) addKeyColumn(k *keyColumn, first bool) {
	t := r.tableWithKey(k)
	column := r.intern(k.name)
	if first && k.kind != "f" {
		t.Constraints = append(t.Constraints, r.intern(k.key))
	}
	switch k.kind {
	case "p":
		t.KeyConstraint = r.intern(k.key)
		t.PrimaryKey = append(t.PrimaryKey, column)
	case "u":
		if first {
			t.UniqueKeys = append(t.UniqueKeys, nil)
		}
		key := &t.UniqueKeys[len(t.UniqueKeys)-1]
		*key = append(*key, column)
	case "f":
		if first {
			t.ForeignKeys = append(t.ForeignKeys, ForeignKey{
				Name:       r.intern(k.key),
				References: r.qualifiedName(k.referencedSchema, k.referencedTable),
			})
		}
		key := &t.ForeignKeys[len(t.ForeignKeys)-1]
		key.Columns = append(key.Columns, column)
		key.ReferencedColumns = append(key.ReferencedColumns, r.intern(k.referencedName))
	}
}

// readUniqueIndexes reads the indexes by which ON CONFLICT can find a row beside keys.
func (r *reader) readUniqueIndexes(ctx context.Context) error {
	var relation, index, last uint32
	var predicate, column string
	return r.rows(ctx, indexSQL, []any{r.catalog.Schemas}, []any{&relation, &index, &predicate, &column}, func() {
		t, ok := r.tables[relation]
		if !ok {
			return
		}
		if index != last {
			last = index
			t.UniqueIndexes = append(t.UniqueIndexes, UniqueIndex{Predicate: predicate})
		}
		of := &t.UniqueIndexes[len(t.UniqueIndexes)-1]
		of.Columns = append(of.Columns, r.intern(column))
	})
}

// tableWithKey gives the exposed or hidden table of a key.
func (r *reader) tableWithKey(k *keyColumn) *Table {
	if t, ok := r.tables[k.column.relation]; ok {
		return t
	}
	t, ok := r.hidden[k.column.relation]
	if !ok {
		t = &Table{Name: r.qualifiedName(k.schema, k.table)}
		r.hidden[k.column.relation] = t
		r.catalog.Hidden = append(r.catalog.Hidden, t)
	}
	return t
}

// nameColumn notes the name of a key column that views may show.
func (r *reader) nameColumn(column columnRef, schema, table, name string) {
	r.keyColumns[column] = tableColumn{r.qualifiedName(schema, table), r.intern(name)}
}
