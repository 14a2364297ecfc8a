-- The unique indexes over columns of the exposed relations that no constraint has, with
-- the predicates of partial ones: a row for each column, in the index's order.
--
--   $1  text[]  exposed schemas
--
-- In psql 16 or later, end the query with:  \bind '{public}' \g
--
-- The indexes of partitions are left out, since partitions are. So is what has an
-- expression, or isn't ready for use: ON CONFLICT can't name it by columns.
SELECT
    i.indrelid,
    i.indexrelid,
    coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), '') AS predicate,
    a.attname
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[])
    WITH ORDINALITY AS part (attnum, place)
JOIN pg_catalog.pg_attribute a
    ON a.attrelid = i.indrelid AND a.attnum = part.attnum
WHERE n.nspname = ANY ($1::pg_catalog.text[])
    AND i.indisunique
    AND i.indisvalid
    AND i.indexprs IS NULL
    AND part.place <= i.indnkeyatts
    AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY i.indrelid, i.indexrelid, part.place
