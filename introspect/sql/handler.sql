-- The aggregates of the exposed schemas that make a domain of rows: their one
-- argument is a row of a relation of any schema, or anyelement, for which the
-- relation is empty. The names of the domains tell media types from others.
--
--   $1  text[]  exposed schemas
--
-- In psql 16 or later, end the query with:  \bind '{public}' \g
--
-- An aggregate's result is that of its final function, or without one the state.
SELECT
    n.nspname,
    p.proname,
    t.typname,
    coalesce(rn.nspname, '') AS relation_schema,
    coalesce(r.relname, '') AS relation_name
FROM pg_catalog.pg_aggregate g
JOIN pg_catalog.pg_proc p ON p.oid = g.aggfnoid
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_type t ON t.oid = p.prorettype
JOIN pg_catalog.pg_type a ON a.oid = p.proargtypes[0]
LEFT JOIN pg_catalog.pg_class r ON r.oid = a.typrelid AND r.relkind <> 'c'
LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
WHERE n.nspname = ANY ($1::pg_catalog.text[])
    AND g.aggkind = 'n'
    AND p.pronargs = 1
    AND t.typtype = 'd'
    AND (r.oid IS NOT NULL OR a.oid = 'pg_catalog.anyelement'::pg_catalog.regtype)
ORDER BY n.nspname, p.proname, p.oid
