-- The columns of the composite types in use, those of exposed relations left out, in
-- the type's order.
--
--   $1  oid[]   types in use, domains over composite types and arrays of them among them
--   $2  text[]  exposed schemas
--
-- In psql 16 or later, end the query with:  \bind '{71}' '{public}' \g
WITH RECURSIVE used (declared, oid) AS (
    SELECT given.oid, given.oid
    FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS given (oid)
    UNION
    SELECT below.declared, below.oid
    FROM used u
    JOIN pg_catalog.pg_type t ON t.oid = u.oid
    CROSS JOIN LATERAL (
        SELECT u.declared, t.typbasetype
        WHERE t.typtype = 'd'
        UNION ALL
        SELECT t.typelem, t.typelem
        WHERE t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
        UNION ALL
        SELECT a.atttypid, a.atttypid
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
        WHERE c.oid = t.typrelid
            AND (n.nspname <> ALL ($2::pg_catalog.text[]) OR c.relkind = 'c' OR c.relispartition)
            AND a.attnum > 0
            AND NOT a.attisdropped
    ) AS below (declared, oid)
)
SELECT
    u.declared,
    a.attname,
    a.atttypid,
    a.atttypmod,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name
FROM used u
JOIN pg_catalog.pg_type t ON t.oid = u.oid
JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE (n.nspname <> ALL ($2::pg_catalog.text[]) OR c.relkind = 'c' OR c.relispartition)
    AND a.attnum > 0
    AND NOT a.attisdropped
ORDER BY u.declared, a.attnum
