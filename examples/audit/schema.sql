-- What the API serves, and what its login writes beside it.
DO $$ BEGIN CREATE ROLE web_anon NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE SCHEMA api;
CREATE TABLE api.orders (id int PRIMARY KEY, article text NOT NULL, pieces int NOT NULL CHECK (pieces > 0));
GRANT USAGE ON SCHEMA api TO web_anon;
GRANT ALL ON api.orders TO web_anon;
CREATE TABLE public.audit (at timestamptz DEFAULT now(), who text, action text, relation text, rows bigint);
