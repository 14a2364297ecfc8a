package introspect_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

// describe puts a relationship in words, the names of the schema api unqualified:
//
//	directors, many-to-one by director (director_id = id)
func describe(t *testing.T, cache *introspect.SchemaCache, r *introspect.Relationship) string {
	t.Helper()
	require.Equal(t, cache.Tables[r.Table].Kind.IsView(), r.TableIsView)
	require.Equal(t, cache.Tables[r.Target].Kind.IsView(), r.TargetIsView)
	cardinality := map[introspect.Cardinality]string{
		introspect.OneToMany: "one-to-many", introspect.ManyToOne: "many-to-one",
		introspect.OneToOne: "one-to-one", introspect.ManyToMany: "many-to-many",
	}
	s := local(r.Target) + ", " + cardinality[r.Cardinality]
	switch {
	case r.Function != nil:
		return s + " computed by " + local(r.Function.Name)
	case r.Junction != nil:
		j := r.Junction
		return s + " over " + local(j.Table) + " by " + j.Constraint1 + " " + pairs(j.Source) +
			" and " + j.Constraint2 + " " + pairs(j.Target)
	default:
		return s + " by " + r.Constraint + " " + pairs(r.Columns)
	}
}

func local(name introspect.QualifiedName) string { return strings.TrimPrefix(name.String(), "api.") }

func pairs(columns []introspect.ColumnPair) string {
	equal := make([]string, len(columns))
	for i, c := range columns {
		equal[i] = c.Column + " = " + c.Target
	}
	return "(" + strings.Join(equal, ", ") + ")"
}

func describeAll(t *testing.T, cache *introspect.SchemaCache, all []*introspect.Relationship) []string {
	t.Helper()
	require.True(t, slices.IsSortedFunc(all, (*introspect.Relationship).Compare))
	var words []string
	for _, r := range all {
		words = append(words, describe(t, cache, r))
	}
	return words
}

// embedTest embeds target in from, both of the schema api.
type embedTest struct {
	name, from, target string
	named, keyed       []string
}

func testEmbeds(t *testing.T, cache *introspect.SchemaCache, tests []embedTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			named, keyed := cache.Relationships(api(tt.from), tt.target)
			require.Equal(t, tt.named, describeAll(t, cache, named), "named")
			require.Equal(t, tt.keyed, describeAll(t, cache, keyed), "keyed")
		})
	}
}

func TestRelationshipsOfTables(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TABLE api.directors (id int PRIMARY KEY, mentor int CONSTRAINT mentorship REFERENCES api.directors);
		CREATE TABLE api.films (
			id int PRIMARY KEY,
			director_id int CONSTRAINT director REFERENCES api.directors,
			editor_id int CONSTRAINT editor REFERENCES api.directors,
			sequel_of int UNIQUE CONSTRAINT sequel REFERENCES api.films
		);
		CREATE TABLE api.specs (film_id int PRIMARY KEY CONSTRAINT spec REFERENCES api.films);
		CREATE TABLE api.posters (id int PRIMARY KEY, film_id int UNIQUE CONSTRAINT poster REFERENCES api.films);
		CREATE TABLE api.stills (id int PRIMARY KEY, film_id int CONSTRAINT still REFERENCES api.films);
		CREATE UNIQUE INDEX ON api.stills (film_id);
		CREATE TABLE api.halls (cinema int, number int, PRIMARY KEY (cinema, number));
		CREATE TABLE api.screenings (
			at timestamp PRIMARY KEY, number int, cinema int,
			CONSTRAINT hall FOREIGN KEY (cinema, number) REFERENCES api.halls);
		CREATE TABLE api.projectors (
			number int, cinema int, UNIQUE (number, cinema),
			CONSTRAINT place FOREIGN KEY (cinema, number) REFERENCES api.halls);
		CREATE TABLE api.doors (
			number int, cinema int, code int, UNIQUE (number, cinema, code), UNIQUE (number),
			CONSTRAINT door FOREIGN KEY (cinema, number) REFERENCES api.halls);
		CREATE TABLE api.box_office (day date, film_id int CONSTRAINT gross REFERENCES api.films, PRIMARY KEY (day, film_id))
			PARTITION BY RANGE (day);
		CREATE TABLE api.box_office_2024 PARTITION OF api.box_office FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
		CREATE TABLE api.reports (day date, film_id int,
			CONSTRAINT reported FOREIGN KEY (day, film_id) REFERENCES api.box_office)`)
	testEmbeds(t, cache, []embedTest{{
		name: "two foreign keys to one table", from: "films", target: "directors",
		named: []string{
			"directors, many-to-one by director (director_id = id)",
			"directors, many-to-one by editor (editor_id = id)",
		},
	}, {
		name: "and back", from: "directors", target: "films",
		named: []string{
			"films, one-to-many by director (id = director_id)",
			"films, one-to-many by editor (id = editor_id)",
		},
	}, {
		name: "by constraint", from: "films", target: "editor",
		keyed: []string{"directors, many-to-one by editor (editor_id = id)"},
	}, {
		name: "by constraint and back", from: "directors", target: "editor",
		keyed: []string{"films, one-to-many by editor (id = editor_id)"},
	}, {
		name: "by column", from: "films", target: "director_id",
		keyed: []string{"directors, many-to-one by director (director_id = id)"},
	}, {
		name: "by the column that others reference", from: "directors", target: "id",
		keyed: []string{
			"directors, one-to-many by mentorship (id = mentor)",
			"films, one-to-many by director (id = director_id)",
			"films, one-to-many by editor (id = editor_id)",
		},
	}, {
		name: "not by the other table's column", from: "directors", target: "director_id",
	}, {
		name: "table itself, both ways", from: "directors", target: "directors",
		named: []string{
			"directors, one-to-many by mentorship (id = mentor)",
			"directors, many-to-one by mentorship (mentor = id)",
		},
	}, {
		name: "table itself by column", from: "directors", target: "mentor",
		keyed: []string{"directors, many-to-one by mentorship (mentor = id)"},
	}, {
		name: "table itself by constraint", from: "directors", target: "mentorship",
		keyed: []string{
			"directors, one-to-many by mentorship (id = mentor)",
			"directors, many-to-one by mentorship (mentor = id)",
		},
	}, {
		name: "table itself, one-to-one", from: "films", target: "films",
		named: []string{
			"films, one-to-one by sequel (id = sequel_of)",
			"films, one-to-one by sequel (sequel_of = id)",
		},
	}, {
		name: "foreign key that is the primary key", from: "specs", target: "films",
		named: []string{"films, one-to-one by spec (film_id = id)"},
	}, {
		name: "foreign key that is the primary key, back", from: "films", target: "specs",
		named: []string{"specs, one-to-one by spec (id = film_id)"},
	}, {
		name: "foreign key that is unique", from: "posters", target: "films",
		named: []string{"films, one-to-one by poster (film_id = id)"},
	}, {
		name: "foreign key with a unique index but no constraint", from: "stills", target: "films",
		named: []string{"films, many-to-one by still (film_id = id)"},
	}, {
		name: "composite key", from: "screenings", target: "halls",
		named: []string{"halls, many-to-one by hall (cinema = cinema, number = number)"},
	}, {
		name: "composite key by constraint", from: "halls", target: "hall",
		keyed: []string{"screenings, one-to-many by hall (cinema = cinema, number = number)"},
	}, {
		name: "composite key not by one of its columns", from: "screenings", target: "cinema",
	}, {
		name: "composite key that is unique, in another order", from: "projectors", target: "halls",
		named: []string{"halls, one-to-one by place (cinema = cinema, number = number)"},
	}, {
		name: "composite key with unique columns beside and within", from: "doors", target: "halls",
		named: []string{"halls, many-to-one by door (cinema = cinema, number = number)"},
	}, {
		name: "partitioned table", from: "box_office", target: "films",
		named: []string{"films, many-to-one by gross (film_id = id)"},
	}, {
		name: "to a partitioned table, once", from: "films", target: "gross",
		keyed: []string{"box_office, one-to-many by gross (id = film_id)"},
	}, {
		name: "foreign key to a partitioned table, once", from: "reports", target: "reported",
		keyed: []string{"box_office, many-to-one by reported (day = day, film_id = film_id)"},
	}, {
		name: "partition", from: "films", target: "box_office_2024",
	}, {
		name: "unrelated", from: "films", target: "halls",
	}, {
		name: "unknown", from: "actors", target: "films",
	}})
}

func TestRelationshipsOverJunctions(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TABLE api.films (id int PRIMARY KEY);
		CREATE TABLE api.actors (id int PRIMARY KEY);
		CREATE TABLE api.roles (
			film_id int CONSTRAINT in_film REFERENCES api.films,
			actor_id int CONSTRAINT of_actor REFERENCES api.actors,
			character text, PRIMARY KEY (character, actor_id, film_id));
		CREATE TABLE api.reviews (
			id int PRIMARY KEY,
			film_id int REFERENCES api.films, actor_id int REFERENCES api.actors, UNIQUE (film_id, actor_id));
		CREATE TABLE api.similar (
			a int CONSTRAINT first REFERENCES api.films, b int CONSTRAINT second REFERENCES api.films,
			PRIMARY KEY (a, b));
		CREATE TABLE api.critics (id int PRIMARY KEY);
		CREATE TABLE api.duels (
			critic_1 int CONSTRAINT d1 REFERENCES api.critics, critic_2 int CONSTRAINT d2 REFERENCES api.critics,
			film_id int CONSTRAINT df REFERENCES api.films, PRIMARY KEY (critic_1, critic_2, film_id));
		CREATE TABLE api.halls (cinema int, number int, PRIMARY KEY (cinema, number));
		CREATE TABLE api.seats (
			cinema int, number int, critic_id int CONSTRAINT taken REFERENCES api.critics,
			CONSTRAINT seat FOREIGN KEY (cinema, number) REFERENCES api.halls, PRIMARY KEY (critic_id, number, cinema))`)
	testEmbeds(t, cache, []embedTest{{
		name: "junction", from: "films", target: "actors",
		named: []string{"actors, many-to-many over roles by in_film (id = film_id) and of_actor (id = actor_id)"},
	}, {
		name: "and back", from: "actors", target: "films",
		named: []string{"films, many-to-many over roles by of_actor (id = actor_id) and in_film (id = film_id)"},
	}, {
		name: "not by the junction's constraint", from: "films", target: "of_actor",
	}, {
		name: "junction itself", from: "films", target: "roles",
		named: []string{"roles, one-to-many by in_film (id = film_id)"},
	}, {
		name: "table with itself", from: "films", target: "films",
		named: []string{
			"films, many-to-many over similar by first (id = a) and second (id = b)",
			"films, many-to-many over similar by second (id = b) and first (id = a)",
		},
	}, {
		name: "more than two foreign keys", from: "critics", target: "films",
		named: []string{
			"films, many-to-many over duels by d1 (id = critic_1) and df (id = film_id)",
			"films, many-to-many over duels by d2 (id = critic_2) and df (id = film_id)",
		},
	}, {
		name: "composite key", from: "halls", target: "critics",
		named: []string{"critics, many-to-many over seats by seat (cinema = cinema, number = number) and taken (id = critic_id)"},
	}})
}

func TestRelationshipsComputed(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE SCHEMA extra;
		CREATE SCHEMA hidden;
		CREATE TABLE api.directors (id int PRIMARY KEY);
		CREATE TABLE api.films (
			id int PRIMARY KEY, director_id int CONSTRAINT director REFERENCES api.directors,
			editor_id int CONSTRAINT editor REFERENCES api.directors);
		CREATE TABLE hidden.notes (film_id int);
		CREATE VIEW api.titles AS SELECT director_id FROM api.films;
		CREATE TABLE api.awards (film_id int PRIMARY KEY CONSTRAINT award REFERENCES api.films);
		CREATE DOMAIN api.film AS api.films;
		CREATE FUNCTION api.directors(api.films) RETURNS SETOF api.directors ROWS 1 LANGUAGE sql AS 'SELECT * FROM api.directors';
		CREATE FUNCTION api.awards(api.films) RETURNS SETOF hidden.notes LANGUAGE sql AS 'SELECT * FROM hidden.notes';
		CREATE FUNCTION api.newest(api.directors) RETURNS api.films LANGUAGE sql AS 'SELECT * FROM api.films LIMIT 1';
		CREATE FUNCTION api.oeuvre(d api.directors) RETURNS SETOF api.titles LANGUAGE sql AS 'SELECT * FROM api.titles';
		CREATE FUNCTION api.alike(api.films) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT * FROM api.films';
		CREATE FUNCTION api.with_out(api.films, OUT api.directors) LANGUAGE sql AS 'SELECT * FROM api.directors';
		CREATE FUNCTION api.with_table(api.films) RETURNS TABLE (id int) LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.with_scalar(api.films) RETURNS SETOF int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION api.with_domain(api.film) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT * FROM api.films';
		CREATE FUNCTION api.with_two(api.films, int) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT * FROM api.films';
		CREATE FUNCTION extra.elsewhere(api.films) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT * FROM api.films'`)
	testEmbeds(t, cache, []embedTest{{
		name: "instead of detected ones", from: "films", target: "directors",
		named: []string{"directors, many-to-one computed by directors"},
	}, {
		name: "instead of detected ones, by constraint", from: "films", target: "director",
	}, {
		name: "detected ones the other way remain", from: "directors", target: "films",
		named: []string{
			"films, one-to-many by director (id = director_id)",
			"films, one-to-many by editor (id = editor_id)",
		},
	}, {
		name: "single row without set", from: "directors", target: "newest",
		named: []string{"films, many-to-one computed by newest"},
	}, {
		name: "view, by a named parameter", from: "directors", target: "oeuvre",
		named: []string{"titles, one-to-many computed by oeuvre"},
	}, {
		name: "table itself", from: "films", target: "alike",
		named: []string{"films, one-to-many computed by alike"},
	}, {
		name: "single OUT parameter", from: "films", target: "with_out",
		named: []string{"directors, many-to-one computed by with_out"},
	}, {
		name: "function that returns rows of a hidden table is none, and replaces others all the same", from: "films", target: "awards",
	}, {
		name: "not those the other way", from: "awards", target: "films",
		named: []string{"films, one-to-one by award (film_id = id)"},
	},
		{name: "RETURNS TABLE", from: "films", target: "with_table"},
		{name: "set of scalars", from: "films", target: "with_scalar"},
		{name: "domain over the row type", from: "films", target: "with_domain"},
		{name: "two parameters", from: "films", target: "with_two"},
		{name: "function in the extra search path", from: "films", target: "elsewhere"},
	})
}

// Only what is exposed in one schema is related.
func TestRelationshipsAcrossSchemas(t *testing.T) {
	t.Parallel()
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), `
		CREATE SCHEMA api; CREATE SCHEMA second; CREATE SCHEMA hidden;
		CREATE TABLE api.films (id int PRIMARY KEY);
		CREATE TABLE api.actors (id int PRIMARY KEY);
		CREATE TABLE api.critics (id int PRIMARY KEY);
		CREATE TABLE api.loners (id int PRIMARY KEY);
		CREATE TABLE second.films (id int PRIMARY KEY CONSTRAINT original REFERENCES api.films);
		CREATE TABLE second.roles (
			film_id int CONSTRAINT f REFERENCES api.films, actor_id int CONSTRAINT a REFERENCES api.actors,
			PRIMARY KEY (film_id, actor_id));
		CREATE TABLE hidden.reviews (
			film_id int CONSTRAINT f REFERENCES api.films, critic_id int CONSTRAINT c REFERENCES api.critics,
			PRIMARY KEY (film_id, critic_id));
		CREATE TABLE hidden.notes (film_id int REFERENCES api.loners);
		CREATE FUNCTION api.original(second.films) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT * FROM api.films';
		CREATE FUNCTION second.original(second.films) RETURNS SETOF api.films LANGUAGE sql AS 'SELECT * FROM api.films'`)
	require.NoError(t, err)
	cache, err := introspect.Load(t.Context(), pool, introspect.Options{Schemas: []string{"api", "second"}})
	require.NoError(t, err)
	testEmbeds(t, cache, []embedTest{
		{name: "table of another schema", from: "films", target: "original"},
		{name: "junction that is hidden", from: "films", target: "critics"},
		{
			name: "junction of another exposed schema", from: "films", target: "actors",
			named: []string{"actors, many-to-many over second.roles by f (id = film_id) and a (id = actor_id)"},
		},
	})
	second := introspect.QualifiedName{Schema: "second", Name: "films"}
	named, _ := cache.Relationships(second, "original")
	require.Equal(t, []string{"films, one-to-many computed by second.original"}, describeAll(t, cache, named))

	require.Equal(t, []string{"actors", "critics", "films"}, cache.RelatedTables("api"))
	require.Equal(t, []string{"films"}, cache.RelatedTables("second"))
	require.Empty(t, cache.RelatedTables("hidden"))
	names, ok := cache.RelatedNames(api("films"))
	require.True(t, ok)
	require.Equal(t, []string{"actors"}, names)
	names, ok = cache.RelatedNames(second)
	require.True(t, ok)
	require.Equal(t, []string{"original"}, names)
	names, ok = cache.RelatedTargets(second)
	require.True(t, ok)
	require.Equal(t, []string{"films"}, names)
	names, ok = cache.RelatedTargets(api("critics"))
	require.True(t, ok)
	require.Empty(t, names)
	names, ok = cache.RelatedNames(api("critics"))
	require.True(t, ok, "its relationship is only lacking an exposed junction")
	require.Empty(t, names)
	_, ok = cache.RelatedNames(api("loners"))
	require.False(t, ok)
	_, ok = cache.RelatedTargets(api("loners"))
	require.False(t, ok)
}

func BenchmarkRelationships(b *testing.B) {
	cache := filmCache()
	from := api("films")
	b.ReportAllocs()
	for b.Loop() {
		if named, keyed := cache.Relationships(from, "directors"); len(named) != 1 || keyed != nil {
			b.Fatal("not found")
		}
	}
}
