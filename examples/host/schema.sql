-- What the API serves, and what its login writes beside it.
DO $$ BEGIN CREATE ROLE web_user NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE SCHEMA api;
CREATE TABLE api.orders (id int PRIMARY KEY, shop int NOT NULL, article text NOT NULL);
CREATE TABLE api.parcels (id int PRIMARY KEY, shop int NOT NULL, order_id int NOT NULL REFERENCES api.orders);
GRANT USAGE ON SCHEMA api TO web_user;
GRANT ALL ON ALL TABLES IN SCHEMA api TO web_user;
CREATE TABLE public.audit (at timestamptz DEFAULT now(), action text, relation text, rows bigint);
INSERT INTO api.orders VALUES (1, 1, 'chair'), (2, 2, 'table');
INSERT INTO api.parcels VALUES (1, 1, 1), (2, 2, 1), (3, 2, 2);
