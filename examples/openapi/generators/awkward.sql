-- An API of names that code generators stumble over. What only needs a name is a view,
-- which takes little to describe.

CREATE SCHEMA awkward;
SET search_path TO awkward;

CREATE FUNCTION views(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY names LOOP
    EXECUTE format('CREATE VIEW %I AS SELECT 1 AS id', name);
  END LOOP;
END $$;

-- Types and labels that differ in case or in marks alone, and those that have no letters.
CREATE TYPE "Error" AS ENUM ('a-b', 'a_b', 'A_B', 'aB', '', ' ', '2', 'type', '$ref', '映', '"', '\', '+', '-');
CREATE TYPE error_ AS ENUM ('people', 'Error');
CREATE TYPE "my-kind" AS ENUM ('a');
CREATE TYPE my_kind AS ENUM (E'b\nc');
CREATE TYPE "$ref" AS ("$ref" text, "a-b" integer, a_b integer, "aB" "Error");

CREATE TABLE people (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "first-name" text NOT NULL,
  -- Those that a query string takes for something else.
  "-dash" text, "dash-" text, "a->b" text, "last.name" text, " space" text, "say ""hi""" text, "back`tick" text,
  "back\slash" text, "percent%20" text, "sla/sh" text, "br[ack]et" text, "{brace}" text, "#" text, "*" text, "-" text,
  "select" text, "order" text, "and" text, "or" text, "limit" text, "offset" text, columns text, on_conflict text, "Order" text,
  -- Those that differ in case or in separators alone.
  a_b text, "aB" text, "A_B" text, "a-b" text, "a b" text, "a.b" text, "AB" text,
  -- Other scripts, digits, and words that mean something to somebody.
  "映画" text, "題" text, "größe" text, "2fa" boolean NOT NULL DEFAULT false, "2-fa" boolean, "_" text, "$" text, "__" text,
  "$ref" text, "$id" text, class text, type text, func text, "default" text, "constructor" text, "__proto__" text, "toString" text,
  prefer text, "Prefer" text, range int4range, "Range-Unit" text, accept_profile text, additional_properties text, params text, body text,
  kind "Error", kinds "Error"[], other error_, pair "$ref", pairs "$ref"[], "my-kind" "my-kind", my_kind my_kind,
  settings jsonb NOT NULL DEFAULT '{"$ref": "#/components/schemas/nothing"}'
);
COMMENT ON COLUMN people."first-name" IS E'*/ ends a comment\n`template` ${x} // line';

-- Tables by names of the document's own, and such that differ in separators alone.
CREATE TABLE "order" (id integer PRIMARY KEY, item_id integer);
CREATE TABLE order_item (id integer PRIMARY KEY);
CREATE TABLE filter (id integer PRIMARY KEY);
CREATE TABLE "a-b" (id integer PRIMARY KEY);
CREATE TABLE a_b (id integer PRIMARY KEY);
CREATE TABLE my_table (id integer PRIMARY KEY);
CREATE TABLE "myTable" (id integer PRIMARY KEY);
CREATE TABLE client (id integer, "a.b" integer, PRIMARY KEY (id, "a.b"));
SELECT views('error', 'limit', 'range', 'Range-Unit', 'select', 'columns', 'conflict', 'forbidden', 'not_found', 'failure', 'offset_',
  'BadRequest', 'prefer_read', 'content_range', 'describe', 'Introspection', '(rpc)', 'jwt', 'pgrest.Error', 'pgrest_order');
SELECT views('A_B', 'aB', 'a b', 'a.b', 'a_b_insert', 'aBInserts', 'a_b_2', 'filter_a_b_id', 'filter.a_b.id');

-- Names that generators make of those of operations, and that what they make has already.
SELECT views('read_a_b', 'read_a_b_params', 'readABResponse', 'new_read_a_b_request', 'insert_a_b_json_request_body', 'read_a_b_data',
  'f_arguments', 'f_result', 'client_option', 'request_editor_fn', 'http_request_doer', 'paths', 'operations', 'data', 'options');

-- Digits, other scripts, reserved words, names of types, and nothing but marks.
SELECT views('2024', 'n2024', '映画', '題', 'größe', 'GRÖßE', 'u6620u753b', 'type', 'func', 'class', 'default', 'string', 'date', 'array',
  'Array', 'Record', 'promise', 'object', 'constructor', '__proto__', '$', '-', '_', '.', '.a', 'b..c', 'sla/sh', '{brace}', 'quo"te', '*/');

-- Functions by such names, with arguments and results of such names.
CREATE FUNCTION f("a-b" integer, a_b integer) RETURNS integer STABLE LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION "F"("order" text, "$ref" text, "x.y" text DEFAULT '') RETURNS SETOF people STABLE LANGUAGE sql AS 'SELECT * FROM awkward.people';
CREATE FUNCTION "f-"(id integer, "題" text, range int4range, "select" text DEFAULT '') RETURNS SETOF people STABLE LANGUAGE sql
  AS 'SELECT * FROM awkward.people';
CREATE FUNCTION my_f() RETURNS TABLE ("a-b" integer, a_b integer, "$ref" text, "題" text) STABLE LANGUAGE sql AS 'SELECT 1, 1, ''a'', ''b''';
CREATE FUNCTION "myF"(prefer text, "Prefer" text) RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION a_b() RETURNS SETOF a_b STABLE LANGUAGE sql AS 'SELECT * FROM awkward.a_b';
CREATE FUNCTION query_f(a integer) RETURNS integer STABLE LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION "映画"("題" text) RETURNS integer STABLE LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION "$"(pair "$ref") RETURNS integer STABLE LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION describe() RETURNS integer STABLE LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION over(a integer) RETURNS integer STABLE LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION over(a text, "A" integer) RETURNS text STABLE LANGUAGE sql AS 'SELECT ''a''';

DROP FUNCTION views;
RESET search_path;
GRANT USAGE ON SCHEMA awkward TO pgrest_test_anon;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA awkward TO pgrest_test_anon;
