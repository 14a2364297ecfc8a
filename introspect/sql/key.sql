-- The primary keys, unique constraints and foreign keys of the relations that are
-- exposed, of those that views draw from, in whatever schema, and of those that
-- refer to any of these, which may be junctions: a row for each column of a key,
-- in the key's order. A database may have many more, as with a schema a tenant.
--
--   $1  oid[]   relations that views draw from
--   $2  text[]  exposed schemas
--
-- In psql 16 or later, end the query with:  \bind '{}' '{public}' \g
--
-- A foreign key of or to a partitioned table has a copy for each of the
-- partitions; the copies have a parent and are left out. So are the keys of
-- partitions, unless a view draws from one.
--
-- A key WITHOUT OVERLAPS, and a foreign key with PERIOD to one, are no keys of equal
-- values: their index is that of an exclusion constraint. ON CONFLICT can't update by
-- one, and a row may refer to many.
WITH shown AS MATERIALIZED (
    SELECT c.oid
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ($2::pg_catalog.text[])
    UNION
    SELECT s.oid
    FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS s (oid)
),
keyed AS MATERIALIZED (
    SELECT s.oid
    FROM shown s
    UNION
    SELECT f.conrelid
    FROM pg_catalog.pg_constraint f
    JOIN shown s ON s.oid = f.confrelid
    WHERE f.contype = 'f'
)
SELECT
    k.conrelid,
    n.nspname,
    c.relname,
    k.contype::pg_catalog.text AS kind,
    k.conname,
    a.attnum,
    a.attname,
    k.confrelid,
    coalesce(rn.nspname, '') AS referenced_schema,
    coalesce(r.relname, '') AS referenced_relation,
    coalesce(ra.attnum, 0) AS referenced_number,
    coalesce(ra.attname, '') AS referenced_column
FROM keyed w
JOIN pg_catalog.pg_constraint k ON k.conrelid = w.oid
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL ROWS FROM (
    pg_catalog.unnest(k.conkey),
    pg_catalog.unnest(k.confkey)
) WITH ORDINALITY AS part (attnum, referenced_attnum, place)
JOIN pg_catalog.pg_attribute a
    ON a.attrelid = k.conrelid AND a.attnum = part.attnum
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid
LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
LEFT JOIN pg_catalog.pg_attribute ra
    ON ra.attrelid = k.confrelid AND ra.attnum = part.referenced_attnum
WHERE k.contype IN ('p', 'u', 'f')
    AND (k.contype <> 'f' OR k.conparentid = 0)
    AND i.indisexclusion IS NOT TRUE
    AND (NOT c.relispartition OR c.oid = ANY ($1::pg_catalog.oid[]))
ORDER BY k.conrelid, k.conname, part.place
