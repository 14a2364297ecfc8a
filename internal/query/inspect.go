package query

import "github.com/pgrest-go/pgrest/internal/plan"

// The kinds of row of an inspection.
const (
	SchemaComment = "schema"
	UsedRelation  = "relation"
	UsedRoutine   = "routine"
)

// inspectComment yields a schema's comment, and inspectUsed what the role may use
// of it: rows of a kind, a name or text, and for routines the types of the parameters.
const (
	inspectComment = `SELECT 'schema', pg_catalog.obj_description(n.oid, 'pg_namespace'), NULL
FROM pg_catalog.pg_namespace n WHERE n.nspname = $1`
	inspectUsed = `
UNION ALL
SELECT 'relation', c.relname, NULL
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
    OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE'))
UNION ALL
SELECT 'routine', p.proname, p.proargtypes::text
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = $1 AND p.prokind = 'f' AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')`
)

// BuildInspection renders what a description of the API needs of the database.
func BuildInspection(p *plan.Inspect) *Program {
	sql := inspectComment
	if p.Privileges {
		sql += inspectUsed
	}
	return &Program{Main: Statement{SQL: sql, Args: [][]byte{[]byte(p.Schema)}}, Columns: make([]Column, 3)}
}
