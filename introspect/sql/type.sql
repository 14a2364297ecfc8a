-- The types in use and those a client can cast to.
--
--   $1  oid[]   types in use, by columns, parameters and results
--   $2  text[]  schemas whose types can be named in a cast, beside pg_catalog
--
-- In psql 16 or later, end the query with:  \bind '{23,25}' '{public}' \g
--
-- Arrays and the row types of relations are read only where they are in use; the
-- types under domains, and those of the elements of arrays, always are.
WITH RECURSIVE wanted (oid) AS (
    SELECT t.oid
    FROM pg_catalog.pg_type t
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE n.nspname = ANY ($2::pg_catalog.text[] || 'pg_catalog'::pg_catalog.text)
        AND t.typtype <> 'p'
        AND t.typsubscript <> 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
        AND (t.typrelid = 0 OR c.relkind = 'c')
    UNION
    SELECT pg_catalog.unnest($1::pg_catalog.oid[])
    UNION
    SELECT CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END
    FROM wanted w
    JOIN pg_catalog.pg_type t ON t.oid = w.oid
    WHERE t.typtype = 'd' OR t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
)
SELECT
    t.oid,
    n.nspname,
    t.typname,
    pg_catalog.format_type(t.oid, NULL) AS name,
    t.typtype::pg_catalog.text AS kind,
    t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc AS is_array,
    t.typelem,
    t.typbasetype,
    t.typtypmod,
    t.typnotnull,
    coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0), '') AS default_expression,
    coalesce(rn.nspname, '') AS relation_schema,
    coalesce(r.relname, '') AS relation_name,
    (
        SELECT pg_catalog.array_agg(e.enumlabel::pg_catalog.text ORDER BY e.enumsortorder)
        FROM pg_catalog.pg_enum e
        WHERE e.enumtypid = t.oid
    ) AS labels,
    -- to_json obeys a cast that calls a function, and of no type that every
    -- database has from the beginning: their OIDs are below 16384.
    t.oid >= 16384 AND EXISTS (
        SELECT
        FROM pg_catalog.pg_cast x
        WHERE x.castsource = t.oid
            AND x.casttarget = 'pg_catalog.json'::pg_catalog.regtype
            AND x.castmethod = 'f'
    ) AS casts_to_json
FROM wanted w
JOIN pg_catalog.pg_type t ON t.oid = w.oid
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_class r ON r.oid = t.typrelid AND r.relkind <> 'c'
LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
