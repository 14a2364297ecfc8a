package introspect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
)

// A cache written by hand answers as one that Load has read.
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

	cast, ok := cache.CastType("TEXT")
	require.True(t, ok)
	require.Same(t, text, cast)
	_, ok = cache.CastType("films")
	require.False(t, ok)
}

func TestNewOfNothing(t *testing.T) {
	t.Parallel()
	cache := introspect.New(introspect.Catalog{})
	require.Empty(t, cache.Tables)
	require.Empty(t, cache.Routines)
	_, ok := cache.CastType("int")
	require.False(t, ok)
	_, ok = cache.ComputedField(api("films"), "shout")
	require.False(t, ok)
}
