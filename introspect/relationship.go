package introspect

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/enum"
)

// Cardinality is how many rows of two relations belong together, seen from the
// first one.
type Cardinality uint8

// The cardinalities.
const (
	OneToMany Cardinality = iota
	ManyToOne
	OneToOne
	ManyToMany
)

var cardinalities = [...]string{OneToMany: "one-to-many", ManyToOne: "many-to-one", OneToOne: "one-to-one", ManyToMany: "many-to-many"}

// String gives the cardinality in words, such as "one-to-many".
func (c Cardinality) String() string { return enum.Name(cardinalities[:], c) }

// Relationship leads from a relation to another whose rows can be embedded in
// its own. See https://docs.postgrest.org/en/stable/references/api/resource_embedding.html.
type Relationship struct {
	Table, Target QualifiedName
	// Cardinality of a computed relationship is ManyToOne where the function promises
	// a single row, by not returning a set or by ROWS 1, and OneToMany otherwise.
	Cardinality Cardinality
	// Constraint names the foreign key; empty for many-to-many and computed ones.
	Constraint string
	// Inverse reports that the foreign key is Target's and points to Table. It tells the two
	// directions of a one-to-one relationship apart.
	Inverse bool
	// Columns pairs the columns that join the two, in the order of the foreign
	// key; nil for many-to-many and computed ones.
	Columns []ColumnPair
	// Junction is what a many-to-many relationship goes over, else nil.
	Junction *Junction
	// TableIsView and TargetIsView report views and materialized views.
	TableIsView, TargetIsView bool
	// Function is the function of a computed relationship, else nil: it takes a row
	// of Table and returns rows of Target.
	Function *Routine
}

// ColumnPair is a column of one relation and the column of another that it has to equal.
type ColumnPair struct{ Column, Target string }

// Junction is the relation between the two of a many-to-many relationship.
type Junction struct {
	Table QualifiedName
	// Constraint1 and Constraint2 are its foreign keys to the relationship's Table and Target.
	Constraint1, Constraint2 string
	// Source pairs Table's columns with the junction's, Target pairs Target's
	// columns with the junction's.
	Source, Target []ColumnPair
}

// ToOne reports whether at most one row of Target belongs to a row of Table.
func (r *Relationship) ToOne() bool { return r.Cardinality == ManyToOne || r.Cardinality == OneToOne }

// Self reports whether the relationship leads back to its own relation.
func (r *Relationship) Self() bool { return r.Table == r.Target }

// Compare orders relationships as Relationships lists them, and as an error about
// several of them does: by table and target, then one-to-many, many-to-one,
// one-to-one and many-to-many ones, then by the names of constraints, columns and
// junctions. Computed ones come last.
func (r *Relationship) Compare(other *Relationship) int {
	switch {
	case r.Function != nil && other.Function != nil:
		return cmp.Or(
			r.Function.Name.compare(other.Function.Name),
			r.Table.compare(other.Table), r.Target.compare(other.Target))
	case r.Function != nil:
		return 1
	case other.Function != nil:
		return -1
	}
	if n := cmp.Or(r.Table.compare(other.Table), r.Target.compare(other.Target)); n != 0 {
		return n
	}
	if n := cmp.Compare(r.Cardinality, other.Cardinality); n != 0 {
		return n
	}
	if n := cmp.Or(strings.Compare(r.Constraint, other.Constraint), comparePairs(r.Columns, other.Columns)); n != 0 {
		return n
	}
	if r.Junction != nil && other.Junction != nil {
		return r.Junction.compare(other.Junction)
	}
	return 0
}

func (j *Junction) compare(other *Junction) int {
	return cmp.Or(
		j.Table.compare(other.Table),
		strings.Compare(j.Constraint1, other.Constraint1),
		strings.Compare(j.Constraint2, other.Constraint2),
		comparePairs(j.Source, other.Source),
		comparePairs(j.Target, other.Target))
}

func comparePairs(a, b []ColumnPair) int {
	return slices.CompareFunc(a, b, func(p, q ColumnPair) int {
		return cmp.Or(strings.Compare(p.Column, q.Column), strings.Compare(p.Target, q.Target))
	})
}

// name is what an embed calls the relationship's other end.
func (r *Relationship) name() string {
	if r.Function != nil {
		return r.Function.Name.Name
	}
	return r.Target.Name
}

// related are the relationships of one relation.
type related struct {
	embeddings map[string]embedding // by what an embed may call them
	names      []string             // of the relations and functions among these, sorted
}

// embedding is what the target of an embed may mean: see Relationships.
type embedding struct{ named, keyed []*Relationship }

// Relationships finds what target may mean in an embed of from. named are the
// relationships whose target relation, or function if they are computed, has that name.
// keyed are those whose foreign key has that name, or joins a single column of from that
// has it. One relationship may be in both. Both are in the order of Relationship.Compare,
// and belong to the cache.
//
// Only what is in the schema of from can be embedded: relations, and the functions
// of computed relationships, whose target may be in another exposed schema. A
// relationship to a view is not keyed: that to the view's table has the same key, and the
// two could not be told apart. One from a view to itself is keyed, since nothing else
// tells parents from children. A computed relationship replaces all others whose target
// relation has the name of its function.
func (c *SchemaCache) Relationships(from QualifiedName, target string) (named, keyed []*Relationship) {
	found := c.related[from].embeddings[target]
	return found.named, found.keyed
}

// RelatedNames lists, sorted, the names of the relations and functions that can be
// embedded in from. It is ok if from is in any relationship, even if none can be
// embedded since their junctions are not exposed.
func (c *SchemaCache) RelatedNames(from QualifiedName) (names []string, ok bool) {
	r, ok := c.related[from]
	return r.names, ok
}

// RelatedTargets lists, sorted, the relations that can be embedded in from, including
// those whose rows functions return. It is ok when RelatedNames is.
func (c *SchemaCache) RelatedTargets(from QualifiedName) (targets []string, ok bool) {
	r, ok := c.related[from]
	for _, e := range r.embeddings {
		for _, rel := range e.named {
			targets = append(targets, rel.Target.Name)
		}
	}
	slices.Sort(targets)
	return slices.Compact(targets), ok
}

// RelatedTables lists, sorted, the relations of a schema for which RelatedNames is ok.
func (c *SchemaCache) RelatedTables(schema string) []string {
	var tables []string
	for name := range c.related {
		if name.Schema == schema {
			tables = append(tables, name.Name)
		}
	}
	slices.Sort(tables)
	return tables
}
