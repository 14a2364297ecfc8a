-- +goose Up
-- Who there is, and the two schemas: api is what the world sees, private what it doesn't.
--
-- Migrations run as a superuser, or as another role that may create roles and become shop_owner.
-- Each makes what it makes as shop_owner, who is no superuser: a SECURITY DEFINER function may
-- do what its owner may, and that should not be everything.

-- Roles belong to the server and not to a database, so they may be there already.
-- A login role of that name which somebody else has made is not ours to use: the program gives
-- it a new password when it starts.
-- +goose StatementBegin
DO $$
DECLARE
    made_by CONSTANT text := 'made by the shop example';
    name text;
BEGIN
    IF to_regrole('authenticator') IS NULL THEN
        CREATE ROLE authenticator LOGIN NOINHERIT;
        COMMENT ON ROLE authenticator IS 'made by the shop example';
    ELSIF shobj_description('authenticator'::regrole, 'pg_authid') IS DISTINCT FROM made_by THEN
        RAISE EXCEPTION 'this server has a role authenticator that the shop has not made'
            USING HINT = 'Use another server, or unset DATABASE_URL to have one started.';
    END IF;
    FOREACH name IN ARRAY ARRAY['shop_owner', 'shop_anon', 'shop_customer', 'shop_operator'] LOOP
        IF to_regrole(name) IS NULL THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
END
$$;
-- +goose StatementEnd

-- The library logs in as authenticator, which may do nothing but become one of these.
GRANT shop_anon, shop_customer, shop_operator TO authenticator;

CREATE SCHEMA api AUTHORIZATION shop_owner;
CREATE SCHEMA private AUTHORIZATION shop_owner;
GRANT USAGE ON SCHEMA api TO shop_anon, shop_customer, shop_operator;
COMMENT ON SCHEMA api IS 'A shop without a server
Its rules are in the database: constraints, triggers, functions and policies.';

-- For passwords (crypt, gen_salt) and the signatures of tokens (hmac).
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA private;

-- PostgreSQL lets everybody call a new function. Here each function says who may.
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

NOTIFY pgrst, 'reload schema';
