package introspect

import "github.com/pgrest-go/pgrest/internal/enum"

// TableKind tells tables from views.
type TableKind uint8

// The kinds of relation that are exposed.
const (
	OrdinaryTable TableKind = iota
	PartitionedTable
	ForeignTable
	View
	MaterializedView
)

var tableKinds = [...]string{
	OrdinaryTable: "table", PartitionedTable: "partitioned table", ForeignTable: "foreign table",
	View: "view", MaterializedView: "materialized view",
}

// String gives the kind as psql calls it, such as "partitioned table".
func (k TableKind) String() string { return enum.Name(tableKinds[:], k) }

// IsView reports whether rows come from a stored query.
func (k TableKind) IsView() bool { return k == View || k == MaterializedView }

// Distribution tells where the rows of a relation are in a cluster of Citus
// (https://docs.citusdata.com).
type Distribution uint8

// The distributions.
const (
	// Local: on this server, as all are without Citus.
	Local Distribution = iota
	// Reference: on each of the workers.
	Reference
	// Distributed: each on one of the workers.
	Distributed
)

var distributions = [...]string{Local: "local", Reference: "reference", Distributed: "distributed"}

// String gives the distribution in a word.
func (d Distribution) String() string { return enum.Name(distributions[:], d) }

// Table is an exposed relation: a table or a view of any kind.
type Table struct {
	Name    QualifiedName
	Kind    TableKind
	Comment string
	// Columns in the order of the table; dropped and system columns are left out.
	Columns []Column
	// PrimaryKey names the key's columns in the key's order; nil where there is none, or one
	// WITHOUT OVERLAPS. A view has the keys of all tables whose whole key it shows, one after
	// the other.
	PrimaryKey []string
	// UniqueKeys holds the column names of each unique constraint but the primary key and
	// those WITHOUT OVERLAPS, in the order of the constraints' names.
	UniqueKeys [][]string
	// Constraints names the primary key's constraint, which is KeyConstraint if there is one,
	// and the unique ones, sorted.
	Constraints   []string
	KeyConstraint string
	// UniqueIndexes are those over columns alone that no constraint has.
	UniqueIndexes []UniqueIndex
	// ForeignKeys of this table, in the order of the constraints' names. One to a partitioned
	// table is listed once, one that is NOT ENFORCED as any other, and one with PERIOD not.
	ForeignKeys []ForeignKey
	// Insertable, Updatable and Deletable say what PostgreSQL can do with the
	// relation, by itself or by an INSTEAD OF trigger, whatever the grants.
	Insertable, Updatable, Deletable bool
	// Inherited reports a table that others inherit from, or did. It has their rows, too,
	// among which its keys need not be unique.
	Inherited bool
	// RowSecurity reports that policies decide which rows a role sees.
	RowSecurity bool
	// Distribution says how Citus spreads the rows over its workers. That of a view is that of
	// the tables in its query.
	Distribution Distribution

	index map[string]int // the index in Columns by column name
}

// Column finds the column of that name.
func (t *Table) Column(name string) (*Column, bool) {
	i, ok := t.index[name]
	if !ok {
		return nil, false
	}
	return &t.Columns[i], true
}

// Constrained gives the columns of the primary key or the unique constraint of that name.
func (t *Table) Constrained(constraint string) (columns []string, ok bool) {
	unique := 0
	for _, name := range t.Constraints {
		switch {
		case name == t.KeyConstraint:
			columns = t.PrimaryKey
		case unique < len(t.UniqueKeys):
			columns, unique = t.UniqueKeys[unique], unique+1
		default:
			return nil, false
		}
		if name == constraint {
			return columns, true
		}
	}
	return nil, false
}

// Column is a column of a table or view.
type Column struct {
	Name    string
	Comment string
	Type    *Type
	// TypeName is the type with its modifier, as format_type prints it:
	// "character varying(20)", "numeric(10,2)".
	TypeName string
	// Nullable is false for a NOT NULL column and for one whose domain is NOT NULL.
	Nullable bool
	// Default is the SQL expression of the column's default, or of its domain's; empty
	// without one. An identity column has none, nor does a generated one.
	Default string
	// Identity is 'a' for GENERATED ALWAYS AS IDENTITY, 'd' for BY DEFAULT and 0 otherwise.
	Identity byte
	// Generated reports GENERATED ALWAYS AS (…): the column can't be written.
	Generated bool
	// Collation is the column's if it is not deterministic, and so has texts be equal that
	// differ; else nil.
	Collation *QualifiedName
	// MaxLength is the limit of a character type, or of a domain over one, in characters; 0
	// without one.
	MaxLength int
}

// UniqueIndex is a unique index that belongs to no constraint.
type UniqueIndex struct {
	Columns []string
	// Predicate is the SQL condition of a partial index, as pg_get_expr prints it; empty for
	// an index of all rows.
	Predicate string
}

// ForeignKey is a foreign-key constraint of the table that holds it.
type ForeignKey struct {
	Name    string
	Columns []string
	// References is the table pointed to, exposed or not, and ReferencedColumns its columns,
	// in the order of Columns.
	References        QualifiedName
	ReferencedColumns []string
}
