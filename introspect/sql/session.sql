-- The server's version number. Until the transaction ends no schema but
-- pg_catalog is searched, so that expressions and type names come out qualified, and
-- values in them are written in a form that is read the same under any setting. citus
-- tells whether the extension of that name is there, whose catalog it looks for.
SELECT
    pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS server_version,
    pg_catalog.concat(
        pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
        pg_catalog.set_config('client_encoding', 'UTF8', true),
        pg_catalog.set_config('quote_all_identifiers', 'off', true),
        pg_catalog.set_config('DateStyle', 'ISO', true),
        pg_catalog.set_config('IntervalStyle', 'postgres', true),
        pg_catalog.set_config('extra_float_digits', '1', true)) AS settings,
    pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AS citus
