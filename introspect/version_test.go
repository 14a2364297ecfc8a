package introspect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

// Generated columns can't be written, whether they are stored or not.
func TestVersion18_virtual_columns(t *testing.T) {
	t.Parallel()
	pgtest.SkipBelow(t, 18)
	cache := load(t, `
		CREATE TABLE api.boxes (
			width int NOT NULL,
			doubled int GENERATED ALWAYS AS (width * 2),
			tripled int GENERATED ALWAYS AS (width * 3) VIRTUAL NOT NULL,
			halved int GENERATED ALWAYS AS (width / 2) STORED)`)
	require.False(t, column(t, cache, "boxes", "width").Generated)
	for _, name := range []string{"doubled", "tripled", "halved"} {
		c := column(t, cache, "boxes", name)
		require.True(t, c.Generated, name)
		require.Empty(t, c.Default, name)
		require.Equal(t, name != "tripled", c.Nullable, name)
	}
}

// A key that forbids overlaps isn't one of equal values, and a foreign key to it refers to
// as many rows as its period needs.
func TestVersion18_temporal_keys(t *testing.T) {
	t.Parallel()
	pgtest.SkipBelow(t, 18)
	cache := load(t, `
		CREATE EXTENSION btree_gist;
		CREATE TABLE api.rates (
			product int, valid daterange, code text UNIQUE, region int,
			PRIMARY KEY (product, valid WITHOUT OVERLAPS),
			UNIQUE (region, valid WITHOUT OVERLAPS));
		CREATE TABLE api.sales (
			id int PRIMARY KEY, product int, during daterange,
			FOREIGN KEY (product, PERIOD during) REFERENCES api.rates (product, PERIOD valid));
		CREATE VIEW api.current_rates AS SELECT product, valid, code FROM api.rates`)
	rates := table(t, cache, "rates")
	require.Nil(t, rates.PrimaryKey)
	require.Equal(t, [][]string{{"code"}}, rates.UniqueKeys)
	require.False(t, column(t, cache, "rates", "valid").Nullable)
	require.Empty(t, table(t, cache, "current_rates").PrimaryKey)
	require.Equal(t, []string{"id"}, table(t, cache, "sales").PrimaryKey)
	require.Empty(t, table(t, cache, "sales").ForeignKeys)
	named, _ := cache.Relationships(api("sales"), "rates")
	require.Empty(t, named)
}

// A foreign key that isn't enforced says how tables relate, as others do. A constraint NOT
// NULL, which has a row among constraints too, is no key.
func TestVersion18_constraints(t *testing.T) {
	t.Parallel()
	pgtest.SkipBelow(t, 18)
	cache := load(t, `
		CREATE TABLE api.makers (id int PRIMARY KEY, name text CONSTRAINT named NOT NULL);
		CREATE TABLE api.goods (
			id int PRIMARY KEY,
			maker int CONSTRAINT has_a_maker NOT NULL,
			CONSTRAINT made_by FOREIGN KEY (maker) REFERENCES api.makers NOT ENFORCED,
			CONSTRAINT positive CHECK (id > 0) NOT ENFORCED);
		INSERT INTO api.goods VALUES (1, 7);
		ALTER TABLE api.goods ADD note text;
		ALTER TABLE api.goods ADD CONSTRAINT noted NOT NULL note NOT VALID`)
	goods := table(t, cache, "goods")
	require.Equal(t, []string{"id"}, goods.PrimaryKey)
	require.Empty(t, goods.UniqueKeys)
	require.Equal(t, []introspect.ForeignKey{{Name: "made_by", Columns: []string{"maker"}, References: api("makers"), ReferencedColumns: []string{"id"}}}, goods.ForeignKeys)
	require.False(t, column(t, cache, "goods", "maker").Nullable)
	require.False(t, column(t, cache, "makers", "name").Nullable)
	require.False(t, column(t, cache, "goods", "note").Nullable, "no write may leave it NULL")
	named, _ := cache.Relationships(api("makers"), "goods")
	require.Len(t, named, 1)
	require.Equal(t, introspect.OneToMany, named[0].Cardinality)
}

// A domain's type under it is the one that PostgreSQL 17 tells itself.
func TestVersion17_base_types(t *testing.T) {
	t.Parallel()
	pgtest.SkipBelow(t, 17)
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), `
		CREATE SCHEMA api;
		CREATE DOMAIN api.year AS int CHECK (VALUE > 0);
		CREATE DOMAIN api.release AS api.year NOT NULL;
		CREATE DOMAIN api.code AS varchar(3);
		CREATE DOMAIN api.years AS api.year[];
		CREATE TABLE api.films (year api.year, release api.release, code api.code, years api.years, id bigint)`)
	require.NoError(t, err)
	cache, err := introspect.Load(t.Context(), pool, options())
	require.NoError(t, err)
	for _, name := range []string{"year", "release", "code", "years", "id"} {
		var base uint32
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT pg_basetype(atttypid)::oid FROM pg_attribute WHERE attrelid = 'api.films'::regclass AND attname = $1`, name).Scan(&base))
		require.Equal(t, base, column(t, cache, "films", name).Type.BaseOID, name)
	}
}
