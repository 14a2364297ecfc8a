-- What the API serves, and what its login writes beside it.
CREATE SCHEMA api;
CREATE TABLE api.orders (id int PRIMARY KEY, article text NOT NULL, pieces int NOT NULL CHECK (pieces > 0));
CREATE TABLE public.audit (at timestamptz DEFAULT now(), who text, action text, relation text, rows bigint);
