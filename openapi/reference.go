package openapi

import (
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// reference is the column that a foreign key of one column leads to.
type reference struct {
	table  introspect.QualifiedName
	column string
}

// references finds the references of a table's columns, by the column's name. If one has
// several, tables come before views, and then the order of relationships counts.
func references(cache *introspect.SchemaCache, t *introspect.Table) map[string]reference {
	found := make(map[string]reference)
	var toViews []*introspect.Relationship
	add := func(r *introspect.Relationship) {
		column := r.Columns[0]
		if _, ok := found[column.Column]; !ok {
			found[column.Column] = reference{r.Target, column.Target}
		}
	}
	names, _ := cache.RelatedNames(t.Name)
	for _, name := range names {
		named, _ := cache.Relationships(t.Name, name)
		for _, r := range named {
			switch {
			case len(r.Columns) != 1 || !fromHolder(cache, t, r):
			case r.TargetIsView:
				toViews = append(toViews, r)
			default:
				add(r)
			}
		}
	}
	for _, r := range toViews {
		add(r)
	}
	return found
}

// fromHolder reports whether a relationship of t follows a foreign key of t, and not one
// of the other side. For a view, the foreign key is that of its table.
func fromHolder(cache *introspect.SchemaCache, t *introspect.Table, r *introspect.Relationship) bool {
	switch r.Cardinality {
	case introspect.ManyToOne:
		return r.Function == nil
	case introspect.OneToOne:
	default:
		return false
	}
	column := r.Columns[0]
	switch {
	case holds(t, r.Constraint, column.Column):
		return true
	case !r.TableIsView:
		return false
	case !r.TargetIsView:
		target, ok := cache.Table(r.Target)
		return ok && !holds(target, r.Constraint, column.Target)
	}
	// Between two views only one thing tells the sides apart, most of the time: the key that
	// is referred to is the primary key.
	return !slices.Equal(t.PrimaryKey, []string{column.Column})
}

// holds reports whether the table has that foreign key on that column alone.
func holds(t *introspect.Table, constraint, column string) bool {
	return slices.ContainsFunc(t.ForeignKeys, func(k introspect.ForeignKey) bool {
		return k.Name == constraint && slices.Equal(k.Columns, []string{column})
	})
}

// columnNotes describes a column: its comment, then the notes on the keys that it is
// part of, in the words that clients look for.
func columnNotes(t *introspect.Table, c *introspect.Column, refs map[string]reference) string {
	var notes []string
	if slices.Contains(t.PrimaryKey, c.Name) {
		notes = append(notes, "This is a Primary Key.<pk/>")
	}
	if ref, ok := refs[c.Name]; ok {
		table := ref.table.Name
		notes = append(notes, "This is a Foreign Key to `"+table+"."+ref.column+"`."+
			"<fk table='"+table+"' column='"+ref.column+"'/>")
	}
	if len(notes) == 0 {
		return c.Comment
	}
	text := "Note:\n" + strings.Join(notes, "\n")
	if c.Comment != "" {
		text = c.Comment + "\n\n" + text
	}
	return text
}

// columnDescription describes a column for people: its comment, and the keys that it is
// part of. It doesn't name relations that are not selected.
func (d *document) columnDescription(t *introspect.Table, c *introspect.Column, refs map[string]reference) string {
	description := c.Comment
	if slices.Contains(t.PrimaryKey, c.Name) {
		note := "Primary key."
		if len(t.PrimaryKey) > 1 {
			note = "Part of the primary key."
		}
		description = joinParagraphs(description, note)
	}
	if ref, ok := refs[c.Name]; ok && d.tables[ref.table] != nil {
		description = joinParagraphs(description, "Foreign key to `"+ref.table.Name+"."+ref.column+"`.")
	}
	return description
}
