package introspect

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

// Relationship leads from a relation to another whose rows can be embedded in
// its own. See https://docs.postgrest.org/en/stable/references/api/resource_embedding.html.
type Relationship struct {
	Table, Target QualifiedName
	Cardinality   Cardinality
	// Constraint names the foreign key; empty for many-to-many and computed ones.
	Constraint string
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

// ColumnPair is a column of one relation, and the one of another that it has to equal.
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
