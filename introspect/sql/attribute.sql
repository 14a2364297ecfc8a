-- The columns of the composite types that functions return, those of exposed
-- relations left out, in the type's order.
--
--   $1  oid[]   result types, domains over composite types among them
--   $2  text[]  exposed schemas
--
-- In psql 16 or later, end the query with:  \bind '{71}' '{public}' \g
WITH RECURSIVE result (declared, oid) AS (
    SELECT given.oid, given.oid
    FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS given (oid)
    UNION ALL
    SELECT r.declared, t.typbasetype
    FROM result r
    JOIN pg_catalog.pg_type t ON t.oid = r.oid
    WHERE t.typtype = 'd'
)
SELECT
    r.declared,
    a.attname,
    a.atttypid,
    a.atttypmod,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name
FROM result r
JOIN pg_catalog.pg_type t ON t.oid = r.oid
JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE (n.nspname <> ALL ($2::pg_catalog.text[]) OR c.relkind = 'c' OR c.relispartition)
    AND a.attnum > 0
    AND NOT a.attisdropped
ORDER BY r.declared, a.attnum
