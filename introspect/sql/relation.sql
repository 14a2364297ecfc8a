-- The relations of the exposed schemas, partitions left out.
--
--   $1  text[]  exposed schemas
--
-- In psql 16 or later, end the query with:  \bind '{public}' \g
--
-- writable holds the bits of pg_relation_is_updatable: 4 update, 8 insert,
-- 16 delete. Tables can do all of it, and asking the function would wait for the
-- lock of a migration. A foreign table whose wrapper has no handler can do
-- nothing, and asking the function would fail.
SELECT
    c.oid,
    n.nspname,
    c.relname,
    c.relkind::pg_catalog.text AS kind,
    coalesce(d.description, '') AS comment,
    CASE
        WHEN c.relkind IN ('r', 'p') THEN 28
        WHEN c.relkind = 'm' THEN 0
        WHEN c.relkind = 'f' AND w.fdwhandler = 0 THEN 0
        ELSE pg_catalog.pg_relation_is_updatable(c.oid, true)
    END AS writable,
    c.relkind = 'r' AND c.relhassubclass AS inherited,
    c.relrowsecurity AS row_security
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_description d
    ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.objoid = c.oid
    AND d.objsubid = 0
LEFT JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
LEFT JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
LEFT JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
WHERE n.nspname = ANY ($1::pg_catalog.text[])
    AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
    AND NOT c.relispartition
ORDER BY n.nspname, c.relname
