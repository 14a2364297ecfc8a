-- The functions of the exposed schemas, and of the extra search path those that
-- may be computed fields: their one argument is a row of an exposed relation.
--
--   $1  text[]  exposed schemas
--   $2  text[]  extra search path
--
-- In psql 16 or later, end the query with:  \bind '{public}' '{}' \g
--
-- arg_modes is NULL when every argument is IN; arg_types holds the arguments of
-- all modes.
SELECT
    n.nspname,
    p.proname,
    coalesce(d.description, '') AS comment,
    p.provolatile::pg_catalog.text AS volatility,
    p.proretset,
    p.prorows::pg_catalog.float8 AS row_estimate,
    p.prorettype,
    p.pronargdefaults,
    coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[]) AS arg_types,
    p.proargmodes::pg_catalog.text[] AS arg_modes,
    p.proargnames AS arg_names,
    p.proconfig AS settings
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
LEFT JOIN pg_catalog.pg_description d
    ON d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    AND d.objoid = p.oid
    AND d.objsubid = 0
WHERE p.prokind = 'f'
    AND p.prorettype NOT IN (
        'pg_catalog.trigger'::pg_catalog.regtype,
        'pg_catalog.event_trigger'::pg_catalog.regtype,
        'pg_catalog.internal'::pg_catalog.regtype,
        'pg_catalog.language_handler'::pg_catalog.regtype,
        'pg_catalog.fdw_handler'::pg_catalog.regtype,
        'pg_catalog.tsm_handler'::pg_catalog.regtype,
        'pg_catalog.index_am_handler'::pg_catalog.regtype,
        'pg_catalog.table_am_handler'::pg_catalog.regtype)
    AND NOT 'pg_catalog.internal'::pg_catalog.regtype = ANY (p.proargtypes::pg_catalog.oid[])
    AND (
        n.nspname = ANY ($1::pg_catalog.text[])
        OR n.nspname = ANY ($2::pg_catalog.text[])
        AND p.pronargs = 1
        AND EXISTS (
            SELECT
            FROM pg_catalog.pg_type t
            JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
            JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
            WHERE t.oid = p.proargtypes[0] AND cn.nspname = ANY ($1::pg_catalog.text[])))
ORDER BY n.nspname, p.proname, p.oid
