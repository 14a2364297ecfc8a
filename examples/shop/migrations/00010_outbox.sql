-- +goose Up
-- How the database asks for an HTTP call: net.http_post writes a request within the transaction
-- that asks for it, and answers at once; somebody makes the call when that has been committed;
-- the answer is then a row of net._http_response.
--
-- These are names and signatures of the extension pg_net (as of 0.20.4), which makes the calls
-- with a process of PostgreSQL's own. It is used where it is loaded and set to this database:
-- shared_preload_libraries = 'pg_net', pg_net.database_name = 'the database'. Elsewhere this
-- migration makes the same tables and function, and the shop's program makes the calls.
-- What else the shop has is the same both ways.
--
-- To change to pg_net later: DROP SCHEMA net CASCADE, and run this migration's DO again. Payments
-- whose requests go with the schema are asked for again.

-- The role that carries payments out logs in by itself, and may call a few functions.
-- +goose StatementBegin
DO $$
BEGIN
    IF to_regrole('shop_payments') IS NULL THEN
        CREATE ROLE shop_payments LOGIN NOINHERIT;
        COMMENT ON ROLE shop_payments IS 'made by the shop example';
    ELSIF shobj_description('shop_payments'::regrole, 'pg_authid') IS DISTINCT FROM 'made by the shop example' THEN
        RAISE EXCEPTION 'this server has a role shop_payments that the shop has not made'
            USING HINT = 'Use another server, or unset DATABASE_URL to have one started.';
    END IF;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $migration$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_net')
        AND 'pg_net' = ANY (regexp_split_to_array(current_setting('shared_preload_libraries'), '[\s,"]+'))
        AND current_setting('pg_net.database_name', true) = current_database()
    THEN
        CREATE EXTENSION pg_net;
        -- pg_net lets everybody read the queue, and so the provider's API key.
        REVOKE ALL ON SCHEMA net FROM PUBLIC;
        REVOKE ALL ON ALL TABLES IN SCHEMA net FROM PUBLIC;
        REVOKE ALL ON ALL SEQUENCES IN SCHEMA net FROM PUBLIC;
        GRANT USAGE ON SCHEMA net TO shop_owner;
        GRANT SELECT, INSERT ON net.http_request_queue TO shop_owner;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA net TO shop_owner;
        GRANT SELECT ON net._http_response TO shop_owner;
        CREATE INDEX ON net._http_response (id); -- which pg_net has no need of
        RETURN;
    END IF;

    CREATE SCHEMA net AUTHORIZATION shop_owner;
    SET LOCAL ROLE shop_owner;

    CREATE TABLE net.http_request_queue (
        id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        method               text NOT NULL,
        url                  text NOT NULL,
        headers              jsonb NOT NULL,
        body                 bytea,
        timeout_milliseconds int NOT NULL,
        -- Until then a worker has it. If the worker dies, another takes it after that.
        leased_until         timestamptz NOT NULL DEFAULT '-infinity'
    );
    CREATE TABLE net._http_response (
        id           bigint PRIMARY KEY,
        status_code  int,
        content_type text,
        headers      jsonb,
        content      text,
        timed_out    boolean,
        error_msg    text,
        created      timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX ON net._http_response (created);

    -- A text as a part of a URL's query.
    CREATE FUNCTION net.url_encode(plain text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
        SELECT coalesce(string_agg(CASE WHEN c ~ '^[A-Za-z0-9_.~-]$' THEN c
                ELSE regexp_replace(upper(encode(convert_to(c, 'UTF8'), 'hex')), '(..)', '%\1', 'g') END, '' ORDER BY n), '')
        FROM regexp_split_to_table(plain, '') WITH ORDINALITY AS characters (c, n)
    $$;

    CREATE FUNCTION net.http_post(
        url text,
        body jsonb DEFAULT '{}',
        params jsonb DEFAULT '{}',
        headers jsonb DEFAULT '{"Content-Type": "application/json"}',
        timeout_milliseconds int DEFAULT 5000
    ) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        content_type text;
        query text;
        request bigint;
    BEGIN
        SELECT value INTO content_type FROM jsonb_each_text(headers) WHERE lower(key) = 'content-type' LIMIT 1;
        IF content_type <> 'application/json' THEN
            RAISE EXCEPTION 'Content-Type header must be "application/json"';
        ELSIF content_type IS NULL THEN
            headers := coalesce(headers, '{}') || '{"Content-Type": "application/json"}';
        END IF;
        SELECT string_agg(net.url_encode(key) || '=' || net.url_encode(value), '&') INTO query FROM jsonb_each_text(params);
        IF query IS NOT NULL THEN
            url := url || CASE WHEN strpos(url, '?') > 0 THEN '&' ELSE '?' END || query;
        END IF;
        INSERT INTO net.http_request_queue (method, url, headers, body, timeout_milliseconds)
        VALUES ('POST', url, headers, convert_to(body::text, 'UTF8'), timeout_milliseconds)
        RETURNING id INTO request;
        PERFORM pg_notify('http_request_queue', ''); -- at the commit, and once for many
        RETURN request;
    END
    $$;

    -- For the worker: requests that nobody has, or whose worker took too long. Each is the
    -- caller's for as long as the request may take, and a while more. The transaction ends
    -- before the call is made, so that a slow provider holds no connection.
    CREATE FUNCTION net.claim_requests(how_many int, a_while interval DEFAULT '10 s')
    RETURNS SETOF net.http_request_queue
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH free AS (
            SELECT id FROM net.http_request_queue WHERE leased_until < clock_timestamp()
            ORDER BY id LIMIT how_many FOR UPDATE SKIP LOCKED
        )
        UPDATE net.http_request_queue AS request
        SET leased_until = clock_timestamp() + request.timeout_milliseconds * interval '1 ms' + a_while
        FROM free WHERE request.id = free.id
        RETURNING request.*
    $$;

    -- For the worker: what a request was answered. The first answer counts; of one that comes
    -- later, since two workers had the request, nothing is kept.
    CREATE FUNCTION net.answer_request(id bigint, status_code int, content_type text, headers jsonb,
        content text, timed_out boolean, error_msg text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH answered AS (DELETE FROM net.http_request_queue AS request WHERE request.id = $1 RETURNING request.id)
        INSERT INTO net._http_response (id, status_code, content_type, headers, content, timed_out, error_msg, created)
        SELECT answered.id, $2, $3, $4, $5, $6, $7, clock_timestamp() FROM answered
    $$;

    -- For a worker that ends before it has an answer: another may take the request at once.
    CREATE FUNCTION net.release_request(id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        UPDATE net.http_request_queue AS request SET leased_until = '-infinity' WHERE request.id = $1
    $$;

    -- Answers are kept for some hours, as pg_net does with its setting pg_net.ttl.
    CREATE FUNCTION net.forget_answers(older_than interval DEFAULT '6 hours') RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH gone AS (DELETE FROM net._http_response WHERE created < clock_timestamp() - older_than RETURNING id)
        SELECT count(*) FROM gone
    $$;

    GRANT USAGE ON SCHEMA net TO shop_payments;
    GRANT EXECUTE ON FUNCTION net.claim_requests, net.answer_request, net.release_request, net.forget_answers TO shop_payments;
    RESET ROLE;
END
$migration$;
-- +goose StatementEnd

NOTIFY pgrst, 'reload schema';
