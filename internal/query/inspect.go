package query

import (
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/value"
)

// The kinds of row of an inspection.
const (
	SchemaComment = "schema"
	UsedRelation  = "relation"
	UsedRoutine   = "routine"
)

// inspectComment yields a schema's comment, and inspectUsed what the role may use
// of it: rows of a kind, a name or text, and for routines the types of the parameters.
// Any privilege on a relation counts, and so does having its owner's.
const (
	inspectComment = `SELECT 'schema', pg_catalog.obj_description(n.oid, 'pg_namespace'), NULL
FROM pg_catalog.pg_namespace n WHERE n.nspname = $1`
	inspectUsed = `
UNION ALL
SELECT 'relation', c.relname, NULL
FROM pg_catalog.pg_class c
WHERE c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = $1)
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
    OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
    OR pg_catalog.pg_has_role(c.relowner, 'USAGE'))
UNION ALL
SELECT 'routine', p.proname, p.proargtypes::text
FROM pg_catalog.pg_proc p
WHERE p.pronamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = $1)
  AND p.prokind = 'f' AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')`
)

// BuildInspection renders what a description of the API needs of the database.
func BuildInspection(p *plan.Inspect) *Program {
	sql := inspectComment
	if p.Privileges {
		sql += inspectUsed
	}
	return &Program{Main: Statement{SQL: sql, Args: []value.Arg{value.Constant(p.Schema)}}, Yield: Yield{Columns: make([]Column, 3)}}
}

// usableSchemas yields those of the schemas in an array, in its order, that the role may use.
const usableSchemas = `SELECT e.name
FROM pg_catalog.unnest($1::text[]) WITH ORDINALITY e(name, place)
JOIN pg_catalog.pg_namespace n ON n.nspname = e.name
WHERE pg_catalog.has_schema_privilege(n.oid, 'USAGE')
ORDER BY e.place`

// BuildUsableSchemas renders the question which schemas the role may use; names is the text
// of an array of them.
func BuildUsableSchemas(names string) *Program {
	return &Program{Main: Statement{SQL: usableSchemas, Args: []value.Arg{value.Constant(names)}}, Yield: Yield{Columns: make([]Column, 1)}}
}
