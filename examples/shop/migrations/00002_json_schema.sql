-- +goose Up
-- Checks of JSON by a JSON Schema (https://json-schema.org), as the extension pg_jsonschema has
-- them. Where the server has the extension, it is used. Elsewhere functions of the same names
-- and arguments take its place, in PL/pgSQL: slower, and for some keywords only. A schema with
-- any other keyword is refused, since a rule that is silently not checked is worse than none.
--
--   json_matches_schema(schema json, instance json) RETURNS boolean
--   jsonb_matches_schema(schema json, instance jsonb) RETURNS boolean
--   jsonschema_is_valid(schema json) RETURNS boolean
--   jsonschema_validation_errors(schema json, instance json) RETURNS text[]

-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_jsonschema') THEN
        RAISE NOTICE 'pg_jsonschema is not on this server: JSON is checked by functions in PL/pgSQL';
    ELSIF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_jsonschema') THEN
        -- It can't be moved, and isn't ours to make anew.
        RAISE NOTICE 'pg_jsonschema is in another schema: JSON is checked by functions in PL/pgSQL';
    ELSE
        CREATE EXTENSION pg_jsonschema WITH SCHEMA private;
        IF to_regprocedure('private.jsonschema_is_valid(json)') IS NULL
            OR to_regprocedure('private.jsonschema_validation_errors(json, json)') IS NULL THEN
            DROP EXTENSION pg_jsonschema;
            RAISE NOTICE 'pg_jsonschema is too old: JSON is checked by functions in PL/pgSQL';
        END IF;
    END IF;
END
$$;
-- +goose StatementEnd

SET LOCAL ROLE shop_owner;

-- +goose StatementBegin
DO $migration$
BEGIN
IF to_regprocedure('private.jsonb_matches_schema(json, jsonb)') IS NOT NULL THEN
    RETURN;
END IF;

-- What is wrong with a schema itself: a keyword that the functions below don't know, or a value
-- that it can't have. Empty if it is fine.
CREATE FUNCTION private.jsonschema_faults(schema jsonb, path text) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    keyword text;
    value jsonb;
    kind text;
    name text;
    types CONSTANT text[] := ARRAY['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'];
BEGIN
    IF jsonb_typeof(schema) = 'boolean' THEN
        RETURN;
    ELSIF jsonb_typeof(schema) <> 'object' THEN
        RETURN NEXT format('%s is neither an object nor a boolean', path);
        RETURN;
    END IF;
    FOR keyword, value IN SELECT * FROM jsonb_each(schema) LOOP
        kind := jsonb_typeof(value);
        CASE
        WHEN keyword IN ('$schema', '$id', '$comment', 'title', 'description', 'default', 'examples') THEN
            NULL; -- says something about the schema, and checks nothing
        WHEN keyword = 'type' THEN
            IF kind = 'string' AND value #>> '{}' = ANY (types) THEN
                NULL;
            ELSIF kind = 'array' AND jsonb_array_length(value) > 0
                AND value <@ to_jsonb(types) AND NOT jsonb_path_exists(value, '$[*] ? (@.type() != "string")') THEN
                NULL;
            ELSE
                RETURN NEXT format('%s.type is %s', path, value);
            END IF;
        WHEN keyword = 'enum' THEN
            IF kind <> 'array' THEN RETURN NEXT format('%s.enum is no array', path); END IF;
        WHEN keyword = 'required' THEN
            IF kind <> 'array' OR jsonb_path_exists(value, 'strict $[*] ? (@.type() != "string")') THEN
                RETURN NEXT format('%s.required is no array of names', path);
            END IF;
        WHEN keyword IN ('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf') THEN
            IF kind <> 'number' OR keyword = 'multipleOf' AND value::numeric <= 0 THEN
                RETURN NEXT format('%s.%s is %s', path, keyword, value);
            END IF;
        WHEN keyword IN ('minLength', 'maxLength', 'minItems', 'maxItems') THEN
            IF kind <> 'number' OR value::numeric < 0 OR value::numeric <> trunc(value::numeric) THEN
                RETURN NEXT format('%s.%s is %s', path, keyword, value);
            END IF;
        WHEN keyword = 'pattern' THEN
            BEGIN
                PERFORM '' ~ (value #>> '{}');
                IF kind <> 'string' THEN RETURN NEXT format('%s.pattern is no text', path); END IF;
            EXCEPTION WHEN invalid_regular_expression THEN
                RETURN NEXT format('%s.pattern is no regular expression of PostgreSQL: %s', path, value);
            END;
        WHEN keyword IN ('items', 'additionalProperties') THEN
            RETURN QUERY SELECT private.jsonschema_faults(value, path || '.' || keyword);
        WHEN keyword = 'properties' THEN
            IF kind <> 'object' THEN
                RETURN NEXT format('%s.properties is no object', path);
            ELSE
                FOR name IN SELECT jsonb_object_keys(value) LOOP
                    RETURN QUERY SELECT private.jsonschema_faults(value -> name, path || '.properties.' || name);
                END LOOP;
            END IF;
        ELSE
            RETURN NEXT format('%s has the keyword %s, which is not supported', path, keyword);
        END CASE;
    END LOOP;
END
$$;

-- Whether a value is of a type by JSON Schema, where 1.0 is an integer.
CREATE FUNCTION private.json_is_of_type(instance jsonb, type text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE type
        WHEN 'integer' THEN jsonb_typeof(instance) = 'number'
            AND CASE jsonb_typeof(instance) WHEN 'number' THEN instance::numeric = trunc(instance::numeric) END
        ELSE jsonb_typeof(instance) = type
    END
$$;

-- What is wrong with a value, by a schema without faults. The texts name places and rules, and
-- don't quote the value.
CREATE FUNCTION private.jsonschema_violations(schema jsonb, instance jsonb, path text) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind CONSTANT text := jsonb_typeof(instance);
    name text;
    item jsonb;
    i bigint;
    types text[];
BEGIN
    IF jsonb_typeof(schema) = 'boolean' THEN
        IF NOT schema::boolean THEN RETURN NEXT format('%s is not allowed', path); END IF;
        RETURN;
    END IF;
    IF schema ? 'type' THEN
        types := CASE jsonb_typeof(schema -> 'type')
            WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements_text(schema -> 'type'))
            ELSE ARRAY[schema ->> 'type'] END;
        IF NOT EXISTS (SELECT FROM unnest(types) AS t WHERE private.json_is_of_type(instance, t)) THEN
            RETURN NEXT format('%s is of the wrong type: it has to be of %s', path, array_to_string(types, ' or '));
            RETURN; -- what else is wrong follows from that
        END IF;
    END IF;
    IF schema ? 'enum' AND NOT EXISTS (SELECT FROM jsonb_array_elements(schema -> 'enum') AS e WHERE e = instance) THEN
        RETURN NEXT format('%s has to be one of %s', path, schema -> 'enum');
    END IF;
    IF kind = 'number' THEN
        IF instance::numeric < (schema ->> 'minimum')::numeric THEN
            RETURN NEXT format('%s has to be at least %s', path, schema -> 'minimum');
        END IF;
        IF instance::numeric > (schema ->> 'maximum')::numeric THEN
            RETURN NEXT format('%s has to be at most %s', path, schema -> 'maximum');
        END IF;
        IF instance::numeric <= (schema ->> 'exclusiveMinimum')::numeric THEN
            RETURN NEXT format('%s has to be more than %s', path, schema -> 'exclusiveMinimum');
        END IF;
        IF instance::numeric >= (schema ->> 'exclusiveMaximum')::numeric THEN
            RETURN NEXT format('%s has to be less than %s', path, schema -> 'exclusiveMaximum');
        END IF;
        IF instance::numeric % (schema ->> 'multipleOf')::numeric <> 0 THEN
            RETURN NEXT format('%s has to be a multiple of %s', path, schema -> 'multipleOf');
        END IF;
    ELSIF kind = 'string' THEN
        IF length(instance #>> '{}') < (schema ->> 'minLength')::numeric THEN
            RETURN NEXT format('%s has to have at least %s characters', path, schema -> 'minLength');
        END IF;
        IF length(instance #>> '{}') > (schema ->> 'maxLength')::numeric THEN
            RETURN NEXT format('%s has to have at most %s characters', path, schema -> 'maxLength');
        END IF;
        IF instance #>> '{}' !~ (schema ->> 'pattern') THEN
            RETURN NEXT format('%s has to match %s', path, schema -> 'pattern');
        END IF;
    ELSIF kind = 'array' THEN
        IF jsonb_array_length(instance) < (schema ->> 'minItems')::numeric THEN
            RETURN NEXT format('%s has to have at least %s items', path, schema -> 'minItems');
        END IF;
        IF jsonb_array_length(instance) > (schema ->> 'maxItems')::numeric THEN
            RETURN NEXT format('%s has to have at most %s items', path, schema -> 'maxItems');
        END IF;
        IF schema ? 'items' THEN
            FOR item, i IN SELECT * FROM jsonb_array_elements(instance) WITH ORDINALITY LOOP
                RETURN QUERY SELECT private.jsonschema_violations(schema -> 'items', item, format('%s[%s]', path, i - 1));
            END LOOP;
        END IF;
    ELSIF kind = 'object' THEN
        FOR name IN SELECT jsonb_array_elements_text(schema -> 'required') LOOP
            IF NOT instance ? name THEN
                RETURN NEXT format('%s.%s is missing', path, name);
            END IF;
        END LOOP;
        FOR name, item IN SELECT * FROM jsonb_each(instance) LOOP
            IF schema -> 'properties' ? name THEN
                RETURN QUERY SELECT private.jsonschema_violations(schema -> 'properties' -> name, item, path || '.' || name);
            ELSIF schema ? 'additionalProperties' THEN
                RETURN QUERY SELECT private.jsonschema_violations(schema -> 'additionalProperties', item, path || '.' || name);
            END IF;
        END LOOP;
    END IF;
END
$$;

CREATE FUNCTION private.jsonschema_is_valid(schema json) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT NOT EXISTS (SELECT FROM private.jsonschema_faults(schema::jsonb, '$'))
$$;

-- Raises an error for a schema with faults.
CREATE FUNCTION private.jsonschema_validation_errors(schema json, instance json) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    faults CONSTANT text[] := ARRAY(SELECT private.jsonschema_faults(schema::jsonb, '$'));
BEGIN
    IF faults <> '{}' THEN
        RAISE EXCEPTION 'the JSON Schema can''t be used: %', array_to_string(faults, '; ')
            USING ERRCODE = 'feature_not_supported';
    END IF;
    RETURN ARRAY(SELECT private.jsonschema_violations(schema::jsonb, instance::jsonb, '$'));
END
$$;

CREATE FUNCTION private.json_matches_schema(schema json, instance json) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT private.jsonschema_validation_errors(schema, instance) = '{}'
$$;

CREATE FUNCTION private.jsonb_matches_schema(schema json, instance jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT private.jsonschema_validation_errors(schema, instance::json) = '{}'
$$;
END
$migration$;
-- +goose StatementEnd

RESET ROLE;
NOTIFY pgrst, 'reload schema';
