-- The query of each view and materialized view of the exposed schemas, and of
-- every view that one of these draws from, wherever that is.
--
--   $1  text[]  exposed schemas
--
-- In psql 16 or later, end the query with:  \bind '{public}' \g
--
-- The query is a pg_node_tree, the text of PostgreSQL's own parse tree. A rewrite
-- rule with the event type 1, SELECT, is what makes a view.
WITH RECURSIVE wanted (oid) AS (
    SELECT c.oid
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ($1::pg_catalog.text[])
        AND c.relkind IN ('v', 'm')
    UNION
    SELECT c.oid
    FROM wanted w
    JOIN pg_catalog.pg_rewrite r ON r.ev_class = w.oid AND r.ev_type = '1'
    JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        AND d.objid = r.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    JOIN pg_catalog.pg_class c ON c.oid = d.refobjid
    WHERE c.relkind IN ('v', 'm')
)
SELECT
    w.oid,
    r.ev_action::pg_catalog.text AS query
FROM wanted w
JOIN pg_catalog.pg_rewrite r ON r.ev_class = w.oid AND r.ev_type = '1'
