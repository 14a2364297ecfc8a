package introspect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
)

// A cache written by hand gives what one that Load has read does.
func TestNew(t *testing.T) {
	t.Parallel()
	text := &introspect.Type{OID: 25, Name: "text", Schema: "pg_catalog", Local: "text", BaseOID: 25, BaseName: "text"}
	row := &introspect.Type{
		OID: 20001, Name: "api.films", Schema: "api", Local: "films", BaseOID: 20001, BaseName: "api.films",
		Kind: introspect.CompositeType, Relation: api("films"),
	}
	field := func(schema string, typ *introspect.Type) *introspect.Routine {
		return &introspect.Routine{
			Name:    introspect.QualifiedName{Schema: schema, Name: "shout"},
			Params:  []introspect.Param{{Type: typ, Required: true}},
			Returns: introspect.Result{Type: text},
		}
	}
	domain := *row
	domain.IsDomain = true
	extra, second, first := field("extra", row), field("second", row), field("api", &domain)
	search := &introspect.Routine{
		Name:    api("search"),
		Params:  []introspect.Param{{Name: "title", Type: text, Required: true}},
		Returns: introspect.Result{Type: row, Set: true},
	}
	searchAll := &introspect.Routine{Name: api("search"), Returns: introspect.Result{Type: row, Set: true}}
	films := &introspect.Table{
		Name:    api("films"),
		Columns: []introspect.Column{{Name: "title", Type: text}, {Name: "year", Type: text}},
	}
	cache := introspect.New(introspect.Catalog{
		ServerVersion:   150004,
		Schemas:         []string{"api", "second"},
		ExtraSearchPath: []string{"extra"},
		Tables:          []*introspect.Table{films},
		Routines:        []*introspect.Routine{search, extra, second, first, searchAll},
		Types:           []*introspect.Type{text, row},
	})

	require.Equal(t, 150004, cache.ServerVersion)
	require.Equal(t, []string{"api", "second"}, cache.Schemas)
	require.Same(t, films, table(t, cache, "films"))
	require.Same(t, &films.Columns[1], column(t, cache, "films", "year"))
	_, ok := films.Column("director")
	require.False(t, ok)
	_, ok = cache.Table(api("actors"))
	require.False(t, ok)

	require.Equal(t, map[introspect.QualifiedName][]*introspect.Routine{
		api("search"): {searchAll, search},
	}, cache.Routines)
	shout, ok := cache.ComputedField(api("films"), "shout")
	require.True(t, ok)
	require.Same(t, second, shout, "exposed schemas come before the extra search path, and a domain is no row type")

	require.Equal(t, introspect.CastType{Schema: "pg_catalog", Local: "text", Type: text}, cache.CastType("TEXT"))
	_, ok = cache.Type(api("films"))
	require.False(t, ok)
}

// A function is named as PostOnly by its name alone, or with its schema.
func TestNewPostOnly(t *testing.T) {
	t.Parallel()
	routine := func(schema, name string, v introspect.Volatility) *introspect.Routine {
		return &introspect.Routine{Name: introspect.QualifiedName{Schema: schema, Name: name}, Volatility: v}
	}
	for _, tt := range []struct {
		routine           *introspect.Routine
		postOnly, offered bool
	}{
		{routine("api", "login", introspect.Stable), true, false},
		{routine("second", "login", introspect.Volatile), true, false},
		{routine("api", "sign_up", introspect.Immutable), false, true},
		{routine("second", "sign_up", introspect.Immutable), true, false},
		{routine("api", "insert", introspect.Volatile), false, false},
	} {
		introspect.New(introspect.Catalog{Schemas: []string{"api", "second"}, PostOnly: []string{"login", "second.sign_up"},
			Routines: []*introspect.Routine{tt.routine}})
		require.Equal(t, tt.postOnly, tt.routine.PostOnly, tt.routine.Name)
		require.Equal(t, tt.offered, tt.routine.OffersGET(), tt.routine.Name)
	}
}

func TestNewOfNothing(t *testing.T) {
	t.Parallel()
	cache := introspect.New(introspect.Catalog{})
	require.Empty(t, cache.Tables)
	require.Empty(t, cache.Routines)
	require.Equal(t, introspect.CastType{Schema: "pg_catalog", Local: "int4"}, cache.CastType("int"))
	require.Equal(t, introspect.CastType{Local: "text"}, cache.CastType("text"))
	_, ok := cache.ComputedField(api("films"), "shout")
	require.False(t, ok)
}

// filmCache makes a cache by hand: the view api.films of a hidden table, which has a
// foreign key to api.directors.
func filmCache() *introspect.SchemaCache {
	integer := &introspect.Type{OID: 23, Name: "integer", Schema: "pg_catalog", Local: "int4", BaseOID: 23, BaseName: "integer"}
	hidden := introspect.QualifiedName{Schema: "hidden", Name: "films"}
	return introspect.New(introspect.Catalog{
		Schemas: []string{"api"},
		Tables: []*introspect.Table{{
			Name:       api("directors"),
			Columns:    []introspect.Column{{Name: "id", Type: integer}},
			PrimaryKey: []string{"id"},
		}, {
			Name:    api("films"),
			Kind:    introspect.View,
			Columns: []introspect.Column{{Name: "film_id", Type: integer}, {Name: "directed_by", Type: integer}},
		}},
		Hidden: []*introspect.Table{{
			Name:       hidden,
			PrimaryKey: []string{"id"},
			ForeignKeys: []introspect.ForeignKey{{
				Name: "director", Columns: []string{"director_id"},
				References: api("directors"), ReferencedColumns: []string{"id"},
			}, {
				Name: "without columns", References: api("directors"),
			}},
		}},
		Lineage: map[introspect.QualifiedName][]introspect.ColumnOrigin{
			api("films"): {
				{Column: "film_id", Table: hidden, TableColumn: "id"},
				{Column: "directed_by", Table: hidden, TableColumn: "director_id"},
			},
		},
		Representations: []introspect.Representation{{From: 25, To: 23, Function: api("to_number")}},
	})
}

// Relationships and the keys of views are derived from what is written by hand, too.
func TestNewRelationships(t *testing.T) {
	t.Parallel()
	cache := filmCache()
	require.Equal(t, []string{"film_id"}, table(t, cache, "films").PrimaryKey)
	testEmbeds(t, cache, []embedTest{{
		name: "view", from: "films", target: "directors",
		named: []string{"directors, many-to-one by director (directed_by = id)"},
	}, {
		name: "view by column", from: "films", target: "directed_by",
		keyed: []string{"directors, many-to-one by director (directed_by = id)"},
	}, {
		name: "table", from: "directors", target: "films",
		named: []string{"films, one-to-many by director (id = directed_by)"},
	}})
	function, ok := cache.Representation(25, 23)
	require.True(t, ok)
	require.Equal(t, api("to_number"), function)
}

// Relationship.Compare is a total order: one-to-many, many-to-one, one-to-one,
// many-to-many, computed.
func TestRelationshipCompare(t *testing.T) {
	t.Parallel()
	pair := func(column string) []introspect.ColumnPair {
		return []introspect.ColumnPair{{Column: column, Target: "id"}}
	}
	function := func(name string) *introspect.Routine { return &introspect.Routine{Name: api(name)} }
	junction := func(name, constraint string) *introspect.Junction {
		return &introspect.Junction{Table: api(name), Constraint1: constraint}
	}
	a, b := api("a"), api("b")
	ordered := []*introspect.Relationship{
		{Table: a, Target: a, Cardinality: introspect.ManyToMany},
		{Table: a, Target: b, Cardinality: introspect.OneToMany, Constraint: "z"},
		{Table: a, Target: b, Cardinality: introspect.ManyToOne, Constraint: "x", Columns: pair("z")},
		{Table: a, Target: b, Cardinality: introspect.ManyToOne, Constraint: "y", Columns: pair("a")},
		{Table: a, Target: b, Cardinality: introspect.ManyToOne, Constraint: "y", Columns: pair("b")},
		{Table: a, Target: b, Cardinality: introspect.OneToOne, Constraint: "a"},
		{Table: a, Target: b, Cardinality: introspect.ManyToMany, Junction: junction("j", "y")},
		{Table: a, Target: b, Cardinality: introspect.ManyToMany, Junction: junction("j", "z")},
		{Table: a, Target: b, Cardinality: introspect.ManyToMany, Junction: junction("k", "x")},
		{Table: b, Target: a, Cardinality: introspect.OneToMany},
		{Table: b, Target: a, Function: function("f")},
		{Table: a, Target: a, Function: function("g")},
	}
	for i, first := range ordered {
		require.Zero(t, first.Compare(first))
		for _, second := range ordered[i+1:] {
			require.Negative(t, first.Compare(second))
			require.Positive(t, second.Compare(first))
		}
	}
}
