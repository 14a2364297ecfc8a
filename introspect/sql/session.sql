-- The server's version number. Until the transaction ends no schema but
-- pg_catalog is searched, so that expressions and type names come out qualified.
SELECT
    pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS server_version,
    pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true) AS search_path
