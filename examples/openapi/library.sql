-- A lending library: what the clients of this example are made for. It has a key that
-- the database counts, one that it makes up, defaults, an enum, arrays, JSON, a
-- generated column, a foreign key, a view that can only be read, and functions.

DO $$ BEGIN CREATE ROLE library_anon NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE library_login LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT library_anon TO library_login;

CREATE SCHEMA library;
COMMENT ON SCHEMA library IS E'Library\nBooks, and who wrote them.';

CREATE TYPE library.binding AS ENUM ('hardback', 'paperback', 'audio');

CREATE TABLE library.authors (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  born date
);
COMMENT ON TABLE library.authors IS 'Those who write';

CREATE TABLE library.books (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  title text NOT NULL,
  author_id integer NOT NULL REFERENCES library.authors,
  binding library.binding NOT NULL DEFAULT 'paperback',
  pages integer,
  price numeric(6, 2),
  tags text[] NOT NULL DEFAULT '{}',
  details jsonb,
  added timestamptz NOT NULL DEFAULT now(),
  label text GENERATED ALWAYS AS (title || ' #' || author_id) STORED
);
COMMENT ON TABLE library.books IS E'Books\nAll that can be borrowed.';
COMMENT ON COLUMN library.books.label IS 'What is printed on the spine';

CREATE VIEW library.catalogue AS
  SELECT a.name AS author, count(b.id) AS books, sum(b.pages) AS pages
  FROM library.authors a LEFT JOIN library.books b ON b.author_id = a.id
  GROUP BY a.id;

CREATE FUNCTION library.shelf_metres(author integer, thickness numeric DEFAULT 0.1) RETURNS numeric
  STABLE LANGUAGE sql
  AS 'SELECT sum(pages) * thickness / 1000 FROM library.books WHERE author_id = author';
COMMENT ON FUNCTION library.shelf_metres IS 'How many metres of shelf an author takes, at millimetres a page';

CREATE FUNCTION library.discount(percent integer) RETURNS SETOF library.books
  LANGUAGE sql
  AS 'UPDATE library.books SET price = round(price * (100 - percent) / 100, 2) RETURNING *';

CREATE FUNCTION library.forget_details() RETURNS void
  LANGUAGE sql
  AS 'UPDATE library.books SET details = NULL WHERE details IS NOT NULL';

GRANT USAGE ON SCHEMA library TO library_anon;
GRANT SELECT, INSERT, UPDATE, DELETE ON library.authors, library.books TO library_anon;
GRANT SELECT ON library.catalogue TO library_anon;
