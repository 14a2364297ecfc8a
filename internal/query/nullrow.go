package query

import (
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/introspect"
)

// rowOrNone renders the call of a function that returns one row as a source of rows, of which
// there are none if it returns what is no row. In FROM the call alone would be a row of nulls
// for NULL, which can't be told from another row of nulls any more: to PostgreSQL that is no
// NULL, though IS NULL holds for both. OFFSET keeps PostgreSQL from calling the function once
// a column. What has a type of its own is a row of that type, for computed fields, by way of
// an array.
func rowOrNone(call fragment, returns *introspect.Type, none plan.NullRow, alias string) fragment {
	name := "call"
	if alias == name {
		name += "_"
	}
	value := sqlfrag.Qualified(name, "value")
	test := value + " IS DISTINCT FROM NULL"
	if none == plan.SkipNulls {
		test = "NOT " + value + " IS NULL"
	}
	f := call.within("(SELECT ", ` AS "value" OFFSET 0) AS `+sqlfrag.Ident(name))
	if returns.IsDomain || returns.OID == oid.Record {
		return f.within("(SELECT ("+value+").* FROM ", " WHERE "+test+") AS "+sqlfrag.Ident(alias))
	}
	f.add(", LATERAL pg_catalog.unnest(CASE WHEN " + test + " THEN ARRAY[" + value + "] END) AS " + sqlfrag.Ident(alias))
	return f
}
