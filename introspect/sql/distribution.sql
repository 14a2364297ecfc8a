-- The relations that Citus spreads over its workers, and the views of such: those of which
-- each row is on one worker, and those of which all rows are on each. Only where the
-- extension is there.
--
-- A reference table has no method of partitioning, and is replicated by two-phase commit
-- ('t'). A table that only has Citus's metadata is in no colocation group.
WITH RECURSIVE spread (oid, distributed) AS (
    SELECT p.logicalrelid::pg_catalog.oid, p.partmethod <> 'n' OR p.repmodel <> 't'
    FROM pg_catalog.pg_dist_partition p
    WHERE p.partmethod <> 'n' OR p.repmodel = 't' OR p.colocationid <> 0
    UNION
    SELECT r.ev_class, s.distributed
    FROM spread s
    JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refobjid = s.oid
        AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
    JOIN pg_catalog.pg_class c ON c.oid = r.ev_class AND c.relkind = 'v'
)
SELECT oid, pg_catalog.bool_or(distributed) AS distributed
FROM spread
GROUP BY oid
