-- Those of some configuration parameters that the current user was granted SET on.
-- PostgreSQL 15 and later.
--
--   $1  text[]  parameters
--
-- In psql 16 or later, end the query with:  \bind '{log_statement}' \g
SELECT parameter.name
FROM pg_catalog.unnest($1::pg_catalog.text[]) AS parameter (name)
WHERE pg_catalog.has_parameter_privilege(parameter.name, 'SET')
