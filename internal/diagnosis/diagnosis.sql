-- What a configuration names and the database hasn't got, or not as it has to be.
--
-- In psql, end the query with:  \bind … \g
--
-- $1 are the exposed schemas, the default one first, $2 those of the extra search path,
-- $3 is the anonymous role, $4 and $5 are schema and name of the pre-request function, $6
-- is the name of the root's. What is empty isn't configured; a pre-request function
-- without a schema is looked up in the search path of each exposed schema.
WITH callable AS (
    SELECT n.nspname, p.proname, p.prokind = 'f' AND p.pronargs <= p.pronargdefaults AS without_arguments
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proname IN ($5::text, $6::text)
),
called AS (
    -- where a function is looked for, and by which of the schemas
    SELECT 'pre-request' AS option, $5::text AS name, $4::text AS schema, ARRAY[$4::text] AS path
    WHERE $5::text <> '' AND $4::text <> ''
    UNION ALL
    SELECT 'pre-request', $5::text, s.name, ARRAY['pg_catalog', s.name] || $2::text[]
    FROM pg_catalog.unnest($1::text[]) AS s (name)
    WHERE $5::text <> '' AND $4::text = ''
    UNION ALL
    SELECT 'root-spec', $6::text, ($1::text[])[1], ARRAY[($1::text[])[1]]
    WHERE $6::text <> ''
)
SELECT 'schemas' AS option, s.name, '' AS schema, 'missing' AS fault
FROM pg_catalog.unnest($1::text[]) AS s (name)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = s.name)
UNION ALL
SELECT 'extra-search-path', s.name, '', 'missing'
FROM pg_catalog.unnest($2::text[]) AS s (name)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = s.name)
UNION ALL
SELECT 'anon-role', $3::text, '', 'missing'
WHERE $3::text <> '' AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = $3::text)
UNION ALL
SELECT 'anon-role', $3::text, '', 'unusable'
FROM pg_catalog.pg_roles r
WHERE r.rolname = $3::text
    AND NOT pg_catalog.pg_has_role(session_user, r.oid,
        CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
UNION ALL
SELECT c.option, c.name, c.schema,
    CASE WHEN EXISTS (SELECT FROM callable f WHERE f.proname = c.name AND f.nspname = ANY (c.path)) THEN 'unusable' ELSE 'missing' END
FROM called c
WHERE NOT EXISTS (SELECT FROM callable f WHERE f.proname = c.name AND f.nspname = ANY (c.path) AND f.without_arguments)
