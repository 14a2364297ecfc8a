package introspect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

func TestLoadRelations(t *testing.T) {
	t.Parallel()
	const nothing, insert, update, remove = 0, 1, 2, 4
	const everything = insert | update | remove
	tests := []struct {
		name     string
		ddl      string
		relation string
		kind     introspect.TableKind
		can      int
	}{{
		name:     "table",
		ddl:      `CREATE TABLE api.films (id int)`,
		relation: "films",
		kind:     introspect.OrdinaryTable,
		can:      everything,
	}, {
		name: "partitioned table",
		ddl: `CREATE TABLE api.sales (day date) PARTITION BY RANGE (day);
			CREATE TABLE api.sales_2024 PARTITION OF api.sales FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`,
		relation: "sales",
		kind:     introspect.PartitionedTable,
		can:      everything,
	}, {
		name: "foreign table",
		ddl: `CREATE EXTENSION postgres_fdw;
			CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw;
			CREATE FOREIGN TABLE api.remote (id int) SERVER elsewhere`,
		relation: "remote",
		kind:     introspect.ForeignTable,
		can:      everything,
	}, {
		name: "foreign table that its wrapper says is read-only",
		ddl: `CREATE SERVER archive FOREIGN DATA WRAPPER postgres_fdw OPTIONS (updatable 'false');
			CREATE FOREIGN TABLE api.archived (id int) SERVER archive`,
		relation: "archived",
		kind:     introspect.ForeignTable,
		can:      nothing,
	}, {
		name: "foreign table of a wrapper without handler",
		ddl: `CREATE FOREIGN DATA WRAPPER broken;
			CREATE SERVER nowhere FOREIGN DATA WRAPPER broken;
			CREATE FOREIGN TABLE api.unreachable (id int) SERVER nowhere`,
		relation: "unreachable",
		kind:     introspect.ForeignTable,
		can:      nothing,
	}, {
		name:     "materialized view",
		ddl:      `CREATE MATERIALIZED VIEW api.snapshot AS SELECT 1 AS id`,
		relation: "snapshot",
		kind:     introspect.MaterializedView,
		can:      nothing,
	}, {
		name: "view that is updatable by itself",
		ddl: `CREATE TABLE api.actors (id int, name text);
			CREATE VIEW api.actor_names AS SELECT name FROM api.actors`,
		relation: "actor_names",
		kind:     introspect.View,
		can:      everything,
	}, {
		name:     "view that is not updatable",
		ddl:      `CREATE VIEW api.totals AS SELECT count(*) FROM api.actors`,
		relation: "totals",
		kind:     introspect.View,
		can:      nothing,
	}, {
		name: "view with an INSTEAD OF INSERT trigger",
		ddl: `CREATE FUNCTION public.ignore() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
			CREATE VIEW api.inbox AS SELECT count(*) FROM api.actors;
			CREATE TRIGGER write INSTEAD OF INSERT ON api.inbox FOR EACH ROW EXECUTE FUNCTION public.ignore()`,
		relation: "inbox",
		kind:     introspect.View,
		can:      insert,
	}, {
		name: "view with INSTEAD OF UPDATE OR DELETE triggers",
		ddl: `CREATE VIEW api.desk AS SELECT count(*) FROM api.actors;
			CREATE TRIGGER write INSTEAD OF UPDATE OR DELETE ON api.desk
				FOR EACH ROW EXECUTE FUNCTION public.ignore()`,
		relation: "desk",
		kind:     introspect.View,
		can:      update | remove,
	}, {
		name:     "table without columns",
		ddl:      `CREATE TABLE api.empty ()`,
		relation: "empty",
		kind:     introspect.OrdinaryTable,
		can:      everything,
	}, {
		name:     "name with spaces, dots, quotes and other alphabets",
		ddl:      `CREATE TABLE api."Ünïcode. ""название"" 映画" (id int)`,
		relation: `Ünïcode. "название" 映画`,
		kind:     introspect.OrdinaryTable,
		can:      everything,
	}}
	ddl := make([]string, len(tests))
	for i, tt := range tests {
		ddl[i] = tt.ddl
	}
	cache := load(t, ddl...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := table(t, cache, tt.relation)
			require.Equal(t, api(tt.relation), got.Name)
			require.Equal(t, tt.kind, got.Kind)
			require.Equal(t, tt.can&insert != 0, got.Insertable, "insertable")
			require.Equal(t, tt.can&update != 0, got.Updatable, "updatable")
			require.Equal(t, tt.can&remove != 0, got.Deletable, "deletable")
		})
	}
}

func TestLoadListsOnlyExposedRelations(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TABLE api.sales (id int PRIMARY KEY) PARTITION BY RANGE (id);
		CREATE TABLE api.sales_1 PARTITION OF api.sales FOR VALUES FROM (0) TO (10);
		CREATE TABLE api.parent (id int);
		CREATE TABLE api.child () INHERITS (api.parent);
		CREATE SEQUENCE api.counter;
		CREATE TYPE api.pair AS (a int, b int);
		CREATE TABLE public.hidden (id int)`)
	names := make([]string, 0, len(cache.Tables))
	for name := range cache.Tables {
		names = append(names, name.String())
	}
	require.ElementsMatch(t, []string{"api.sales", "api.parent", "api.child"}, names)
}

func TestLoadColumns(t *testing.T) {
	t.Parallel()
	type facts struct {
		Type, Base, TypeName, Default string
		NotNull, Generated            bool
		Identity                      byte
		MaxLength                     int
	}
	tests := []struct {
		name   string
		column string // its name and definition, in the table api.t
		want   facts
	}{
		{"plain", `plain int`, facts{Type: "integer", Base: "integer", TypeName: "integer"}},
		{"not null", `required text NOT NULL`, facts{Type: "text", Base: "text", TypeName: "text", NotNull: true}},
		{
			"default", `title text DEFAULT 'untitled'`,
			facts{Type: "text", Base: "text", TypeName: "text", Default: "'untitled'::text"},
		},
		{
			"default with names of a schema", `number int DEFAULT nextval('api.counter')`,
			facts{Type: "integer", Base: "integer", TypeName: "integer", Default: "nextval('api.counter'::regclass)"},
		},
		{
			"identity always", `always bigint GENERATED ALWAYS AS IDENTITY`,
			facts{Type: "bigint", Base: "bigint", TypeName: "bigint", NotNull: true, Identity: 'a'},
		},
		{
			"identity by default", `by_default int GENERATED BY DEFAULT AS IDENTITY`,
			facts{Type: "integer", Base: "integer", TypeName: "integer", NotNull: true, Identity: 'd'},
		},
		{
			"generated", `doubled int GENERATED ALWAYS AS (plain * 2) STORED`,
			facts{Type: "integer", Base: "integer", TypeName: "integer", Generated: true},
		},
		{
			"generated of a domain with default", `counted api.counted GENERATED ALWAYS AS (plain) STORED`,
			facts{Type: "api.counted", Base: "integer", TypeName: "api.counted", Generated: true},
		},
		{
			"length of varchar", `code varchar(20)`,
			facts{Type: "character varying", Base: "character varying", TypeName: "character varying(20)", MaxLength: 20},
		},
		{
			"length of char", `country char(2)`,
			facts{Type: "character", Base: "character", TypeName: "character(2)", MaxLength: 2},
		},
		{
			"varchar without length", `anything varchar`,
			facts{Type: "character varying", Base: "character varying", TypeName: "character varying"},
		},
		{
			"array of varchar has no length", `codes varchar(20)[]`,
			facts{Type: "character varying[]", Base: "character varying[]", TypeName: "character varying(20)[]"},
		},
		{
			"precision", `price numeric(10,2)`,
			facts{Type: "numeric", Base: "numeric", TypeName: "numeric(10,2)"},
		},
		{
			"enum of a schema", `color api.color`,
			facts{Type: "api.color", Base: "api.color", TypeName: "api.color"},
		},
		{
			"domain", `email api.email`,
			facts{
				Type: "api.email", Base: "character varying", TypeName: "api.email",
				NotNull: true, Default: "'nobody'::character varying", MaxLength: 40,
			},
		},
		{
			"domain of a domain", `work_email api.work_email`,
			facts{
				Type: "api.work_email", Base: "character varying", TypeName: "api.work_email",
				NotNull: true, Default: "'office'::character varying", MaxLength: 40,
			},
		},
		{
			"domain's default yields to the column's", `own_email api.email DEFAULT 'me'`,
			facts{
				Type: "api.email", Base: "character varying", TypeName: "api.email",
				NotNull: true, Default: "'me'::character varying", MaxLength: 40,
			},
		},
		{
			"domain of an enum", `dark api.dark_color`,
			facts{Type: "api.dark_color", Base: "api.color", TypeName: "api.dark_color"},
		},
	}
	definitions := `
		CREATE SEQUENCE api.counter;
		CREATE TYPE api.color AS ENUM ('red', 'green');
		CREATE DOMAIN api.counted AS int DEFAULT 7;
		CREATE DOMAIN api.email AS varchar(40) NOT NULL DEFAULT 'nobody';
		CREATE DOMAIN api.work_email AS api.email DEFAULT 'office';
		CREATE DOMAIN api.dark_color AS api.color;
		CREATE TABLE api.t (dropped int);
		ALTER TABLE api.t DROP COLUMN dropped;`
	for _, tt := range tests {
		definitions += "ALTER TABLE api.t ADD COLUMN " + tt.column + ";"
	}
	cache := load(t, definitions)
	columns := table(t, cache, "t").Columns
	require.Len(t, columns, len(tests))
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := columns[i]
			require.Equal(t, tt.want, facts{
				Type: c.Type.Name, Base: c.Type.BaseName, TypeName: c.TypeName, Default: c.Default,
				NotNull: !c.Nullable, Generated: c.Generated,
				Identity: c.Identity, MaxLength: c.MaxLength,
			})
			found, ok := table(t, cache, "t").Column(c.Name)
			require.True(t, ok)
			require.Equal(t, c, *found)
		})
	}
}

func TestLoadColumnsOfViews(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TABLE public.films (id int PRIMARY KEY, title varchar(9) NOT NULL DEFAULT 'none');
		CREATE VIEW api.films AS SELECT title AS name, id FROM public.films;
		ALTER VIEW api.films ALTER COLUMN name SET DEFAULT 'unnamed'`)
	films := table(t, cache, "films")
	require.Len(t, films.Columns, 2)
	require.Equal(t, []string{"id"}, films.PrimaryKey)
	name := column(t, cache, "films", "name")
	require.Equal(t, "character varying(9)", name.TypeName)
	require.Equal(t, 9, name.MaxLength)
	require.Equal(t, "'unnamed'::character varying", name.Default)
	require.True(t, name.Nullable)
	_, ok := films.Column("title")
	require.False(t, ok)
}

func TestLoadComments(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TABLE api.films (id int, title text);
		CREATE VIEW api.titles AS SELECT title FROM api.films;
		CREATE FUNCTION api.twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';
		COMMENT ON TABLE api.films IS 'Films
over two lines';
		COMMENT ON COLUMN api.films.title IS 'As on the "poster"';
		COMMENT ON VIEW api.titles IS 'Titles alone';
		COMMENT ON COLUMN api.titles.title IS 'Copied';
		COMMENT ON FUNCTION api.twice IS 'Twice as much'`)
	require.Equal(t, "Films\nover two lines", table(t, cache, "films").Comment)
	require.Empty(t, column(t, cache, "films", "id").Comment)
	require.Equal(t, `As on the "poster"`, column(t, cache, "films", "title").Comment)
	require.Equal(t, "Titles alone", table(t, cache, "titles").Comment)
	require.Equal(t, "Copied", column(t, cache, "titles", "title").Comment)
	require.Equal(t, "Twice as much", cache.Routines[api("twice")][0].Comment)
}

func TestLoadKeys(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TABLE public.studios (id int PRIMARY KEY);
		CREATE TABLE api.directors (id int PRIMARY KEY, mentor_id int CONSTRAINT mentor REFERENCES api.directors);
		CREATE TABLE api.films (
			year int, number int, title text CONSTRAINT one_title UNIQUE, code int, region int,
			director_id int, studio_id int, copy_of_number int, copy_of_year int,
			CONSTRAINT films_key PRIMARY KEY (number, year),
			CONSTRAINT a_code UNIQUE (region, code),
			CONSTRAINT original FOREIGN KEY (copy_of_year, copy_of_number) REFERENCES api.films (year, number),
			CONSTRAINT director FOREIGN KEY (director_id) REFERENCES api.directors,
			CONSTRAINT studio FOREIGN KEY (studio_id) REFERENCES public.studios
		);
		CREATE UNIQUE INDEX ON api.films (director_id);
		CREATE TABLE api.keyless (id int CHECK (id > 0));
		CREATE TABLE api.sales (day int PRIMARY KEY, director_id int CONSTRAINT seller REFERENCES api.directors)
			PARTITION BY RANGE (day);
		CREATE TABLE api.sales_1 PARTITION OF api.sales FOR VALUES FROM (0) TO (10);
		CREATE TABLE api.sales_2 PARTITION OF api.sales FOR VALUES FROM (10) TO (20);
		CREATE TABLE api.refunds (
			day int CONSTRAINT refunded REFERENCES api.sales,
			early_day int CONSTRAINT early REFERENCES api.sales_1
		)`)
	tests := []struct {
		name        string
		table       string
		primaryKey  []string
		uniqueKeys  [][]string
		foreignKeys []introspect.ForeignKey
	}{{
		name:       "composite keys in their own order, unique constraints but no unique indexes",
		table:      "films",
		primaryKey: []string{"number", "year"},
		uniqueKeys: [][]string{{"region", "code"}, {"title"}},
		foreignKeys: []introspect.ForeignKey{{
			Name: "director", Columns: []string{"director_id"},
			References: api("directors"), ReferencedColumns: []string{"id"},
		}, {
			Name: "original", Columns: []string{"copy_of_year", "copy_of_number"},
			References: api("films"), ReferencedColumns: []string{"year", "number"},
		}, {
			Name: "studio", Columns: []string{"studio_id"},
			References:        introspect.QualifiedName{Schema: "public", Name: "studios"},
			ReferencedColumns: []string{"id"},
		}},
	}, {
		name:       "foreign key to the table itself",
		table:      "directors",
		primaryKey: []string{"id"},
		foreignKeys: []introspect.ForeignKey{{
			Name: "mentor", Columns: []string{"mentor_id"},
			References: api("directors"), ReferencedColumns: []string{"id"},
		}},
	}, {
		name:  "no keys",
		table: "keyless",
	}, {
		name:       "partitioned table",
		table:      "sales",
		primaryKey: []string{"day"},
		foreignKeys: []introspect.ForeignKey{{
			Name: "seller", Columns: []string{"director_id"},
			References: api("directors"), ReferencedColumns: []string{"id"},
		}},
	}, {
		name:  "foreign keys to a partitioned table, listed once, and to a partition",
		table: "refunds",
		foreignKeys: []introspect.ForeignKey{{
			Name: "early", Columns: []string{"early_day"},
			References: api("sales_1"), ReferencedColumns: []string{"day"},
		}, {
			Name: "refunded", Columns: []string{"day"},
			References: api("sales"), ReferencedColumns: []string{"day"},
		}},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := table(t, cache, tt.table)
			require.Equal(t, tt.primaryKey, got.PrimaryKey)
			require.Equal(t, tt.uniqueKeys, got.UniqueKeys)
			require.Equal(t, tt.foreignKeys, got.ForeignKeys)
		})
	}
}

// Names are stored once however often they occur, and come out exactly as the
// catalogs have them.
func TestLoadQuotedNames(t *testing.T) {
	t.Parallel()
	const schema, name = `My "API". Nr 1`, `a.b "c" d?`
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), `
		CREATE SCHEMA "My ""API"". Nr 1";
		CREATE TYPE "My ""API"". Nr 1"."Mood.x" AS ENUM ('so, so', 'it''s "fine"', '{}');
		CREATE TABLE "My ""API"". Nr 1"."a.b ""c"" d?" (
			"a.b" int PRIMARY KEY, "ключ" "My ""API"". Nr 1"."Mood.x");
		CREATE FUNCTION "My ""API"". Nr 1"."a.b ""c"" d?"("the arg" int) RETURNS int LANGUAGE sql AS 'SELECT 1'`)
	require.NoError(t, err)
	cache, err := introspect.Load(t.Context(), pool, introspect.Options{Schemas: []string{schema}})
	require.NoError(t, err)

	qualified := introspect.QualifiedName{Schema: schema, Name: name}
	got, ok := cache.Table(qualified)
	require.True(t, ok)
	require.Equal(t, []string{"a.b"}, got.PrimaryKey)
	key, ok := got.Column("ключ")
	require.True(t, ok)
	require.Equal(t, `"My ""API"". Nr 1"."Mood.x"`, key.TypeName)
	require.Equal(t, schema, key.Type.Schema)
	require.Equal(t, "Mood.x", key.Type.Local)
	require.Equal(t, []string{"so, so", `it's "fine"`, "{}"}, key.Type.Enum)
	require.Equal(t, "the arg", cache.Routines[qualified][0].Params[0].Name)
}

// Unique indexes that no constraint has are listed by their columns, with the predicates of
// partial ones. Those of expressions, and those that aren't unique, are not.
func TestLoad_unique_indexes(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE TABLE api.seats (id int PRIMARY KEY, hall text, number int, taken boolean, CONSTRAINT "by number" UNIQUE (number, hall));
		CREATE UNIQUE INDEX a ON api.seats (hall, number) INCLUDE (taken) WHERE taken AND hall <> 'it''s';
		CREATE UNIQUE INDEX b ON api.seats (hall);
		CREATE UNIQUE INDEX c ON api.seats (lower(hall));
		CREATE INDEX d ON api.seats (number)`)
	seats := table(t, cache, "seats")
	require.Equal(t, []string{"by number", "seats_pkey"}, seats.Constraints)
	require.Equal(t, "seats_pkey", seats.KeyConstraint)
	for constraint, want := range map[string][]string{"by number": {"number", "hall"}, "seats_pkey": {"id"}, "a": nil, "": nil} {
		columns, ok := seats.Constrained(constraint)
		require.Equal(t, want, columns)
		require.Equal(t, want != nil, ok)
	}
	require.Equal(t, []introspect.UniqueIndex{
		{Columns: []string{"hall", "number"}, Predicate: `(taken AND (hall <> 'it''s'::text))`},
		{Columns: []string{"hall"}},
	}, seats.UniqueIndexes)
}

// Columns have the collations by which texts that differ may be equal, their own or their
// domain's, and views those of the columns that they show.
func TestLoad_collations(t *testing.T) {
	t.Parallel()
	cache := load(t, `
		CREATE COLLATION api.caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
		CREATE DOMAIN api.word AS text COLLATE api.caseless;
		CREATE TABLE api.words (id int, plain text, deterministic text COLLATE "C", own text COLLATE api.caseless, of_domain api.word);
		CREATE VIEW api.shown_words AS SELECT * FROM api.words`)
	caseless := &introspect.QualifiedName{Schema: "api", Name: "caseless"}
	for _, relation := range []string{"words", "shown_words"} {
		for column, want := range map[string]*introspect.QualifiedName{"id": nil, "plain": nil, "deterministic": nil, "own": caseless, "of_domain": caseless} {
			c, ok := table(t, cache, relation).Column(column)
			require.True(t, ok)
			require.Equal(t, want, c.Collation, "%s.%s", relation, column)
		}
	}
}
