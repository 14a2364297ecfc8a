-- +goose Up
-- What requests cost, for operators alone. The plan of a single request is asked for with the
-- media type application/vnd.pgrst.plan, which the program allows to operators. Here is the rest:
-- the statements that have taken the most time in all, and an index to try.

-- pg_stat_statements counts only if the server has loaded it when it started.
-- +goose StatementBegin
DO $$
BEGIN
    IF current_setting('shared_preload_libraries') !~ '\mpg_stat_statements\M' THEN
        RAISE NOTICE 'pg_stat_statements is not among shared_preload_libraries: there is no api.top_queries';
        RETURN;
    END IF;
    CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA private;
    GRANT pg_read_all_stats TO shop_owner; -- else PostgreSQL hides what other roles have run
END
$$;
-- +goose StatementEnd

SET LOCAL ROLE shop_owner;

-- +goose StatementBegin
DO $migration$
BEGIN
IF to_regclass('private.pg_stat_statements') IS NULL THEN
    RETURN;
END IF;
-- Whose statements are shown depends on who asks, and a view alone doesn't change who that is:
-- the function asks as its owner.
CREATE FUNCTION private.top_queries(OUT query text, OUT calls bigint, OUT total_ms numeric, OUT mean_ms numeric,
    OUT rows bigint, OUT hit_percent numeric) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.query, s.calls, round(s.total_exec_time::numeric, 2), round(s.mean_exec_time::numeric, 3), s.rows,
        round(100.0 * s.shared_blks_hit / nullif(s.shared_blks_hit + s.shared_blks_read, 0), 1)
    FROM private.pg_stat_statements AS s
    WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    -- Constants in these are replaced by $1 and so on. Not so in others: ALTER ROLE has its password.
    AND s.query ~* '^\s*(select|insert|update|delete|merge|with)\M'
    ORDER BY s.total_exec_time DESC LIMIT 100
$$;
CREATE VIEW api.top_queries AS SELECT * FROM private.top_queries();
COMMENT ON VIEW api.top_queries IS 'The statements that have taken the most time
Times are in milliseconds; hit_percent is how many of the pages were in memory.';
GRANT EXECUTE ON FUNCTION private.top_queries TO shop_operator; -- whoever reads the view calls it
GRANT SELECT ON api.top_queries TO shop_operator;
END
$migration$;
-- +goose StatementEnd

-- The last orders of all customers, /orders?order=placed_at.desc&limit=10, are found by reading
-- all orders and sorting them, or by reading ten entries of this index. In a function an index is
-- built with a lock that keeps orders from being placed meanwhile. A large shop makes it in a
-- migration of its own, with CREATE INDEX CONCURRENTLY and goose's NO TRANSACTION.
-- +goose StatementBegin
CREATE FUNCTION api.index_orders() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CREATE INDEX IF NOT EXISTS orders_placed_at ON api.orders (placed_at);
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION api.index_orders IS 'Makes an index for the last orders of all customers';

-- +goose StatementBegin
CREATE FUNCTION api.unindex_orders() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DROP INDEX IF EXISTS api.orders_placed_at;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION api.unindex_orders IS 'Takes the index of index_orders away again';
GRANT EXECUTE ON FUNCTION api.index_orders, api.unindex_orders TO shop_operator;

RESET ROLE;
NOTIFY pgrst, 'reload schema';
