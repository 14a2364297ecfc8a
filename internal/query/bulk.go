package query

import (
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// bulkUpdate renders an update of many rows by their keys. Of objects with one key the last
// counts, so that what is written doesn't depend on the order in which rows are joined.
func bulkUpdate(m *plan.Mutate, f fragment) fragment {
	for i, c := range m.Columns {
		if i > 0 {
			f.add(", ")
		}
		f.add(sqlfrag.Ident(c.Name) + " = ")
		if !m.Bulk.Sparse {
			f.add(bodyColumn(c))
			continue
		}
		f.join(given(c, sqlfrag.Qualified(bodyName, m.Root.OwnName(elementName))))
		f.add(bodyColumn(c) + " ELSE " + sqlfrag.Qualified(m.Target.Alias, c.Name) + " END")
	}
	f.join(objectRows(m).within(" FROM ", " AS "+sqlfrag.Ident(bodyName)))
	f.join(found(m))
	return f
}

// found renders the condition that a row has the key of an object.
func found(m *plan.Mutate) fragment {
	conditions := make([]fragment, len(m.Bulk.Key))
	for i, c := range m.Bulk.Key {
		conditions[i] = sql(sqlfrag.Qualified(m.Target.Alias, c.Name) + " = " + bodyColumn(c))
	}
	return where(append(conditions, toWrite(m)...))
}

// bulkRead renders what stands for an update by objects that have nothing but their keys, of
// columns that may not be writable: a read of the rows. Those of a table are locked, by which
// PostgreSQL holds them against the grants and policies for updates.
func bulkRead(m *plan.Mutate, columns string) fragment {
	f := sql("SELECT " + columns)
	if columns != "" {
		addPlace(m, &f)
	}
	if guarded(m) {
		if columns != "" {
			f.add(", ")
		}
		f.join(allowedColumn(m))
	}
	f.join(objectRows(m).within(" FROM "+target(m)+", ", " AS "+sqlfrag.Ident(bodyName)))
	f.join(found(m))
	if isTable(m.Table) {
		f.add(" FOR NO KEY UPDATE OF " + sqlfrag.Ident(m.Target.Alias))
	}
	return f
}

// given renders the beginning of CASE for what an object of the body has a member for.
func given(c plan.WriteColumn, object string) fragment {
	return sql("CASE WHEN ("+object+" OPERATOR(pg_catalog.->) ?::text) IS NOT NULL THEN ", value.Constant(c.Name))
}

// objectRows renders the objects of the body as rows of values, each key once, with their
// places, and with the objects themselves where these differ in their keys.
func objectRows(m *plan.Mutate) fragment {
	element := sqlfrag.Ident(elementName)
	all := make([]plan.WriteColumn, 0, len(m.Bulk.Key)+len(m.Columns))
	for _, c := range slices.Concat(m.Bulk.Key, m.Columns) {
		all = append(all, mayLack(m.Bulk, c))
	}
	f := sql("(SELECT DISTINCT ON (")
	keys := make([]string, len(m.Bulk.Key))
	for i, c := range m.Bulk.Key {
		keys[i] = parsedValue(c)
		if c.Collation != nil { // or texts that are equal to the column would not be so here
			keys[i] = "(" + keys[i] + " COLLATE " + sqlfrag.Qualified(c.Collation.Schema, c.Collation.Name) + ")"
		}
	}
	f.add(strings.Join(keys, ", ") + ") ")
	for _, c := range all {
		if m.Bulk.Sparse && c.Parse.Name != "" && !containsColumn(m.Bulk.Key, c) { // it may not take NULL
			f.join(given(c, element+".value"))
			f.add(parsedValue(c) + " END")
		} else {
			f.add(parsedValue(c))
		}
		f.add(" AS " + sqlfrag.Ident(c.Name) + ", ")
	}
	if m.Bulk.Sparse {
		f.add(element + ".value AS " + sqlfrag.Ident(m.Root.OwnName(elementName)) + ", ")
	}
	f.add(element + ".place AS " + sqlfrag.Ident(m.Root.OwnName(placeName)))
	f.add(" FROM pg_catalog.json_array_elements(?) WITH ORDINALITY AS "+element+"(value, place), LATERAL pg_catalog.json_to_record("+
		element+".value) AS "+record(sqlfrag.Ident(bodyName), all), body)
	f.add(" ORDER BY " + strings.Join(keys, ", ") + ", " + element + ".place DESC)")
	return f
}

// mayLack is a column that is read from objects which may lack it: as the type under its
// domain, for the domain may not take NULL. What an object has becomes the domain's where it
// is assigned.
func mayLack(b *plan.Bulk, c plan.WriteColumn) plan.WriteColumn {
	if !b.Sparse || c.Parse.Name != "" || c.Type == nil || !c.Type.IsDomain {
		return c
	}
	base := *c.Column
	base.TypeName = (&introspect.Type{OID: c.Type.BaseOID, Name: c.Type.BaseName}).CastName()
	c.Column = &base
	return c
}

func containsColumn(list []plan.WriteColumn, c plan.WriteColumn) bool {
	return slices.ContainsFunc(list, func(other plan.WriteColumn) bool { return other.Name == c.Name })
}

// placeName is the column with the place of an object in the body, before it is an OwnName.
const placeName = "pgrst place"

// addPlace adds the place of each row in the body to what a write returns.
func addPlace(m *plan.Mutate, write *fragment) {
	if m.Root.PlaceColumn != "" {
		write.add(", " + sqlfrag.Qualified(bodyName, m.Root.OwnName(placeName)) + " AS " + sqlfrag.Ident(m.Root.PlaceColumn))
	}
}
