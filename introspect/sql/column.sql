-- The columns of the relations of the exposed schemas, in the relation's order.
--
--   $1  text[]  exposed schemas
--
-- In psql 16 or later, end the query with:  \bind '{public}' \g
--
-- A generated column keeps its expression where others keep their default. A default
-- refers to no column: without its relation, whose columns PostgreSQL would go through
-- for each, it is printed in no time.
SELECT
    a.attrelid,
    a.attname,
    a.atttypid,
    a.atttypmod,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name,
    a.attnotnull,
    CASE
        WHEN a.atthasdef AND a.attgenerated = ''
        THEN coalesce(pg_catalog.pg_get_expr(e.adbin, 0), '')
        ELSE ''
    END AS default_expression,
    a.attidentity::pg_catalog.text AS identity,
    a.attgenerated <> '' AS generated,
    coalesce(cn.nspname, '') AS collation_schema,
    coalesce(co.collname, '') AS collation_name,
    coalesce(d.description, '') AS comment
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND NOT co.collisdeterministic
LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
LEFT JOIN pg_catalog.pg_description d
    ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.objoid = a.attrelid
    AND d.objsubid = a.attnum
WHERE n.nspname = ANY ($1::pg_catalog.text[])
    AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
    AND NOT c.relispartition
    AND a.attnum > 0
    AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
