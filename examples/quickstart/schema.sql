-- The schema that the README has, on a server where its roles may exist already.
DO $$ BEGIN CREATE ROLE web_anon NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE SCHEMA api;
CREATE TABLE api.films (id int PRIMARY KEY, title text, year int);
GRANT USAGE ON SCHEMA api TO web_anon;
GRANT SELECT ON api.films TO web_anon;
INSERT INTO api.films VALUES (1, 'Metropolis', 1927), (2, 'M', 1931);
