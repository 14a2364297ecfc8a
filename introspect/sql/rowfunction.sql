-- The names of the functions and aggregates of the search path, of which pg_catalog is always
-- one, that may have a row of more than one relation as their only argument: one of any type,
-- or one of a relation that others inherit from or of a type that tables are made of.
--
--   $1  text[]  exposed schemas, and the extra search path
--
-- In psql 16 or later, end the query with:  \bind '{public}' \g
--
-- PostgreSQL calls them where their names stand for a column that a relation hasn't got. It
-- doesn't call aggregates so that want WITHIN GROUP.
SELECT DISTINCT p.proname
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0]
LEFT JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = p.oid
WHERE (n.nspname = ANY ($1::pg_catalog.text[]) OR n.nspname = 'pg_catalog')
    AND p.prokind IN ('f', 'a')
    AND coalesce(a.aggkind, 'n') = 'n'
    AND p.pronargs - p.pronargdefaults <= 1
    AND (
        t.oid IN (
            'pg_catalog.record'::pg_catalog.regtype,
            'pg_catalog.any'::pg_catalog.regtype,
            'pg_catalog.anyelement'::pg_catalog.regtype,
            'pg_catalog.anynonarray'::pg_catalog.regtype,
            'pg_catalog.anycompatible'::pg_catalog.regtype,
            'pg_catalog.anycompatiblenonarray'::pg_catalog.regtype)
        OR t.typtype = 'c' AND (
            EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = t.typrelid)
            OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.reloftype = t.oid)))
ORDER BY p.proname
