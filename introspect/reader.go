package introspect

import (
	"context"
	_ "embed" // for the queries
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

var (
	//go:embed sql/session.sql
	sessionSQL string
	//go:embed sql/relation.sql
	relationSQL string
	//go:embed sql/distribution.sql
	distributionSQL string
	//go:embed sql/column.sql
	columnSQL string
	//go:embed sql/view.sql
	viewSQL string
	//go:embed sql/key.sql
	keySQL string
	//go:embed sql/index.sql
	indexSQL string
	//go:embed sql/routine.sql
	routineSQL string
	//go:embed sql/rowfunction.sql
	rowFunctionSQL string
	//go:embed sql/attribute.sql
	attributeSQL string
	//go:embed sql/type.sql
	typeSQL string
	//go:embed sql/representation.sql
	representationSQL string
	//go:embed sql/handler.sql
	handlerSQL string
	//go:embed sql/role.sql
	roleSQL string
	//go:embed sql/parameter.sql
	parameterSQL string
)

// The bits of pg_relation_is_updatable.
const (
	canUpdate = 1 << 2
	canInsert = 1 << 3
	canDelete = 1 << 4
)

// reader reads one Catalog. Columns and routines get their *Type at once; readTypes fills
// the types in later, when all that are in use are known.
type reader struct {
	db      Querier
	catalog Catalog
	tables  map[uint32]*Table // the exposed relations, by OID
	hidden  map[uint32]*Table // others that have keys, by OID
	lineage lineage           // of the exposed views and of those in their queries
	// keyColumns are the names of the key columns that views may show.
	keyColumns map[columnRef]tableColumn
	types      map[uint32]*Type  // by OID
	domains    map[uint32]domain // by OID
	names      map[string]string // for intern
	citus      bool              // the extension is there
}

func newReader(db Querier, opts Options) *reader {
	return &reader{
		db: db,
		catalog: Catalog{
			// Not nil, which would be NULL as a query's argument.
			Schemas:         append([]string{}, opts.Schemas...),
			ExtraSearchPath: append([]string{}, opts.ExtraSearchPath...),
			PostOnly:        opts.PostOnly,
		},
		tables:     make(map[uint32]*Table),
		hidden:     make(map[uint32]*Table),
		lineage:    make(lineage),
		keyColumns: make(map[columnRef]tableColumn),
		types:      make(map[uint32]*Type),
		domains:    make(map[uint32]domain),
		names:      make(map[string]string),
	}
}

func (r *reader) read(ctx context.Context) (Catalog, error) {
	for _, step := range []struct {
		what string
		read func(context.Context) error
	}{
		{"server version", r.readSession},
		{"relations", r.readRelations},
		{"distribution", r.readDistribution},
		{"columns", r.readColumns},
		{"views", r.readViews},
		{"keys", r.readKeys},
		{"unique indexes", r.readUniqueIndexes},
		{"routines", r.readRoutines},
		{"functions of rows", r.readRowFunctions},
		{"composite types", r.readAttributes},
		{"types", r.readTypes},
		{"domain representations", r.readRepresentations},
		{"media type handlers", r.readHandlers},
		{"role settings", r.readRoles},
	} {
		if err := step.read(ctx); err != nil {
			return Catalog{}, fmt.Errorf("read %s: %w", step.what, err)
		}
	}
	r.applyDomains()
	r.nameLineage()
	return r.catalog, nil
}

// rows runs a query, scans every row into dest and calls each after it. The statement
// is not prepared: it is needed once, and the connection is the host's.
func (r *reader) rows(ctx context.Context, sql string, args []any, dest []any, each func()) error {
	rows, err := r.db.Query(ctx, sql, append([]any{pgx.QueryExecModeExec}, args...)...)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, dest, func() error {
		each()
		return nil
	})
	return err
}

// intern returns the one copy of s that all of the catalog shares: in a schema of
// thousands of tables most names and types occur many times.
func (r *reader) intern(s string) string {
	if s == "" {
		return ""
	}
	if kept, ok := r.names[s]; ok {
		return kept
	}
	r.names[s] = s
	return s
}

func (r *reader) qualifiedName(schema, name string) QualifiedName {
	return QualifiedName{Schema: r.intern(schema), Name: r.intern(name)}
}

func (r *reader) readSession(ctx context.Context) error {
	var settings string
	return r.rows(ctx, sessionSQL, nil, []any{&r.catalog.ServerVersion, &settings, &r.citus}, func() {})
}

func (r *reader) readRelations(ctx context.Context) error {
	var (
		oid                         uint32
		schema, name, kind, comment string
		writable                    int
		inherited, rowSecurity      bool
	)
	dest := []any{&oid, &schema, &name, &kind, &comment, &writable, &inherited, &rowSecurity}
	return r.rows(ctx, relationSQL, []any{r.catalog.Schemas}, dest, func() {
		t := &Table{
			Name:        r.qualifiedName(schema, name),
			Kind:        tableKind(kind),
			Comment:     comment,
			Insertable:  writable&canInsert != 0,
			Updatable:   writable&canUpdate != 0,
			Deletable:   writable&canDelete != 0,
			Inherited:   inherited,
			RowSecurity: rowSecurity,
		}
		r.tables[oid] = t
		r.catalog.Tables = append(r.catalog.Tables, t)
	})
}

// readDistribution reads how Citus spreads relations, where it is.
func (r *reader) readDistribution(ctx context.Context) error {
	if !r.citus {
		return nil
	}
	var oid uint32
	var distributed bool
	return r.rows(ctx, distributionSQL, nil, []any{&oid, &distributed}, func() {
		t, exposed := r.tables[oid]
		switch {
		case !exposed:
		case distributed:
			t.Distribution = Distributed
		default:
			t.Distribution = Reference
		}
	})
}

func tableKind(relkind string) TableKind {
	switch relkind {
	case "p":
		return PartitionedTable
	case "f":
		return ForeignTable
	case "v":
		return View
	case "m":
		return MaterializedView
	default:
		return OrdinaryTable
	}
}

func (r *reader) readColumns(ctx context.Context) error {
	var (
		relation, typeOID                                    uint32
		modifier                                             int32
		name, typeName, defaultExpression, identity, comment string
		collationSchema, collationName                       string
		notNull, generated                                   bool
	)
	dest := []any{
		&relation, &name, &typeOID, &modifier, &typeName, &notNull,
		&defaultExpression, &identity, &generated, &collationSchema, &collationName, &comment,
	}
	var columns []Column // of the relation that is being read
	var table *Table
	keep := func() {
		if table != nil {
			table.Columns = slices.Clone(columns)
		}
		columns = columns[:0]
	}
	err := r.rows(ctx, columnSQL, []any{r.catalog.Schemas}, dest, func() {
		if t := r.tables[relation]; t != table {
			keep()
			table = t
		}
		c := Column{
			Name:      r.intern(name),
			Comment:   comment,
			Type:      r.typeOf(typeOID),
			TypeName:  r.intern(typeName),
			Nullable:  !notNull,
			Default:   r.intern(defaultExpression),
			Generated: generated,
			MaxLength: maxLength(typeOID, modifier),
		}
		if identity != "" {
			c.Identity = identity[0]
		}
		if collationName != "" {
			name := r.qualifiedName(collationSchema, collationName)
			c.Collation = &name
		}
		columns = append(columns, c)
	})
	keep()
	return err
}
