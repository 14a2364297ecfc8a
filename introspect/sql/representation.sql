-- The casts between a domain and json or text, either way, that are implicit and
-- call a function: domain representations. PostgreSQL itself ignores them.
--
-- In psql, end the query with:  \g
SELECT
    x.castsource,
    x.casttarget,
    n.nspname,
    p.proname
FROM pg_catalog.pg_cast x
JOIN pg_catalog.pg_type s ON s.oid = x.castsource
JOIN pg_catalog.pg_type t ON t.oid = x.casttarget
JOIN pg_catalog.pg_proc p ON p.oid = x.castfunc
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE x.castcontext = 'i'
    AND x.castmethod = 'f'
    AND (
        s.typtype = 'd' AND t.oid IN (
            'pg_catalog.json'::pg_catalog.regtype, 'pg_catalog.text'::pg_catalog.regtype)
        OR t.typtype = 'd' AND s.oid IN (
            'pg_catalog.json'::pg_catalog.regtype, 'pg_catalog.text'::pg_catalog.regtype))
