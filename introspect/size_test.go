package introspect_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/introspect"
)

const megabyte = 1 << 20

// createSchema fills a schema api with tables of eight columns, a primary key and
// two foreign keys, with a view for every third table, which shows all of its keys,
// and two functions for every three tables. It commits several times, since a transaction
// can't hold the locks of thousands of tables.
func createSchema(tb testing.TB, pool *pgxpool.Pool, tables int) {
	tb.Helper()
	_, err := pool.Exec(tb.Context(), fmt.Sprintf(`
		DO $do$
		BEGIN
			CREATE SCHEMA api;
			CREATE TABLE api.table_0 (id int PRIMARY KEY);
			FOR i IN 1..%d LOOP
				EXECUTE format('CREATE TABLE api.table_%%1$s (
					id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
					title text NOT NULL DEFAULT ''title %%1$s'',
					price numeric(10,2), made timestamptz DEFAULT now(), code varchar(20),
					property_%%1$s jsonb, first_id int REFERENCES api.table_0,
					second_id int REFERENCES api.table_%%2$s)', i, i / 2);
				EXECUTE format('COMMENT ON TABLE api.table_%%1$s IS ''Table %%1$s''', i);
				IF i %% 3 = 0 THEN
					EXECUTE format('CREATE VIEW api.view_%%1$s AS
						SELECT t.*, s.title AS second_title FROM api.table_%%1$s t
						LEFT JOIN api.table_%%2$s s ON s.id = t.second_id', i, i / 2);
				ELSE
					EXECUTE format('CREATE FUNCTION api.function_%%1$s(a int, b text DEFAULT '''')
						RETURNS SETOF api.table_%%1$s LANGUAGE sql AS ''SELECT * FROM api.table_%%1$s''', i);
				END IF;
				IF i %% 50 = 0 THEN
					COMMIT;
				END IF;
			END LOOP;
		END
		$do$`, tables))
	require.NoError(tb, err)
	_, err = pool.Exec(tb.Context(), "ANALYZE pg_catalog.pg_class, pg_catalog.pg_attribute, pg_catalog.pg_constraint")
	require.NoError(tb, err)
}

// heldHeap loads the schema and tells how many bytes of heap its cache holds.
func heldHeap(tb testing.TB, pool *pgxpool.Pool) (int, *introspect.SchemaCache) {
	tb.Helper()
	before := liveHeap()
	cache, err := introspect.Load(tb.Context(), pool, options())
	require.NoError(tb, err)
	after := liveHeap()
	return max(0, after-before), cache
}

func liveHeap() int {
	runtime.GC()
	runtime.GC() // the first may leave what finalizers held
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// TestLoadSize is not parallel: it looks at the heap of the whole process.
func TestLoadSize(t *testing.T) { //nolint:paralleltest // see above
	pool := pgtest.Empty(t)
	const tables = 150
	createSchema(t, pool, tables)
	held, cache := heldHeap(t, pool)
	require.Len(t, cache.Tables, 1+tables+tables/3)
	require.Len(t, cache.Routines, tables-tables/3)
	named, _ := cache.Relationships(api("view_3"), "table_1")
	require.Len(t, named, 1)
	require.Less(t, held, 5*megabyte)
	runtime.KeepAlive(cache)
}

// Views that show each column of a key many times don't multiply the relationships: their
// combinations are bounded. The test isn't parallel, as the one above.
func TestLoadSize_repeated_keys(t *testing.T) { //nolint:paralleltest // see above
	pool := pgtest.Empty(t)
	const columns, times = 6, 10
	names := func(format string) string {
		all := make([]string, columns)
		for i := range all {
			all[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(all, ", ")
	}
	var shown []string
	for i := range columns {
		for j := range times {
			shown = append(shown, fmt.Sprintf("k%d AS c%d_%d", i, i, j))
		}
	}
	_, err := pool.Exec(t.Context(), fmt.Sprintf(`
		CREATE SCHEMA api;
		CREATE TABLE api.wholes (%[1]s, PRIMARY KEY (%[2]s));
		CREATE TABLE api.labels (id int PRIMARY KEY, name text);
		CREATE TABLE api.parts (%[1]s, label int CONSTRAINT label REFERENCES api.labels, PRIMARY KEY (%[2]s, label),
			CONSTRAINT whole FOREIGN KEY (%[2]s) REFERENCES api.wholes);
		CREATE VIEW api.all_wholes AS SELECT %[3]s FROM api.wholes;
		CREATE VIEW api.all_parts AS SELECT %[3]s, label FROM api.parts`, names("k%d int"), names("k%d"), strings.Join(shown, ", ")))
	require.NoError(t, err)
	held, cache := heldHeap(t, pool)
	require.Less(t, held, 5*megabyte)
	embeds := func(from, target string, count int) {
		named, _ := cache.Relationships(api(from), target)
		require.Len(t, named, count, from+" with "+target)
	}
	const most = 16
	embeds("parts", "wholes", 1)
	embeds("parts", "all_wholes", most)
	embeds("all_parts", "wholes", most)
	embeds("all_parts", "all_wholes", most*most)
	embeds("all_wholes", "all_parts", most*most)
	embeds("wholes", "labels", 2) // by parts and by all_parts
	embeds("all_wholes", "labels", 2*most)
	embeds("all_parts", "labels", 1)
	parts, _ := cache.Table(api("all_parts"))
	require.Equal(t, []string{"c0_0", "c1_0", "c2_0", "c3_0", "c4_0", "c5_0", "label"}, parts.PrimaryKey)
	runtime.KeepAlive(cache)
}

// BenchmarkLoad loads 3,000 tables with 6,000 foreign keys, 1,000 views that show
// them and 2,000 functions, and reports the heap that the cache of them holds.
func BenchmarkLoad(b *testing.B) {
	pool := pgtest.Empty(b)
	createSchema(b, pool, 3000)
	held, cache := heldHeap(b, pool)
	require.Len(b, cache.Tables, 4001)
	require.Len(b, cache.Routines, 2000)
	runtime.KeepAlive(cache)
	b.ReportAllocs()
	for b.Loop() {
		_, err := introspect.Load(b.Context(), pool, options())
		require.NoError(b, err)
	}
	b.ReportMetric(float64(held)/megabyte, "MB-held")
}
