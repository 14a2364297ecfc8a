package query

import (
	"strings"
	"unicode/utf8"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// Contradiction tells from the SQLSTATE with which PostgreSQL refuses one of a program's
// statements in which way that contradicts the schema cache. It goes by what stands at the
// place that PostgreSQL points at, counted in characters from 1, with 0 for none: clients
// choose operators, casts and names, but functions with a schema come from the schema cache.
func Contradiction(sql, state string, position int) plan.Contradiction {
	if state == "42P10" { // invalid_column_reference, which has no place
		return plan.NoSuchKey
	}
	before, at := cutAt(sql, position)
	if at == "" || position <= 0 {
		return plan.NoContradiction
	}
	switch state {
	case "42703", // undefined_column
		"42P01": // undefined_table
		return plan.NoSuchName
	case "42883", // undefined_function
		"42725": // ambiguous_function
		if callsQualified(at) || strings.HasPrefix(at, "->") && strings.HasSuffix(before, `"`) {
			return plan.NoSuchThing // an arrow right behind a column is there because it was json
		}
	case "42704": // undefined_object
		if _, rest, ok := sqlfrag.CutIdent(at); !ok || strings.HasPrefix(rest, ".") {
			return plan.NoSuchThing
		}
	case "42846": // cannot_coerce
		if strings.HasPrefix(at, "::") || castsRow(at) { // clients' casts have another form
			return plan.NoSuchThing
		}
	case "42804": // datatype_mismatch
		return plan.NoSuchAssignment
	}
	return plan.NoContradiction
}

// cutAt cuts a statement before its n-th character.
func cutAt(sql string, n int) (before, at string) {
	end := 0
	for range n - 1 {
		_, size := utf8.DecodeRuneInString(sql[end:])
		end += size
	}
	return sql[:end], sql[end:]
}

// ColumnAt reads the column that stands at a place in a statement, counted in characters
// from 1.
func ColumnAt(sql string, position int) (alias, column string, ok bool) {
	_, at := cutAt(sql, position)
	alias, rest, _ := sqlfrag.CutIdent(at)
	column, _, ok = sqlfrag.CutIdent(strings.TrimPrefix(rest, "."))
	return alias, column, ok
}

// callsQualified reports the call of a function with its schema.
func callsQualified(text string) bool {
	_, rest, _ := sqlfrag.CutIdent(text)
	rest, ok := strings.CutPrefix(rest, ".")
	if !ok {
		return false
	}
	_, rest, ok = sqlfrag.CutIdent(rest)
	return ok && strings.HasPrefix(rest, "(")
}

// castsRow reports the cast of a whole row, which no client can ask for.
func castsRow(text string) bool {
	text, ok := strings.CutPrefix(text, "CAST(")
	if !ok {
		return false
	}
	_, rest, _ := sqlfrag.CutIdent(text)
	return strings.HasPrefix(rest, ".* AS ") || strings.HasPrefix(text, "ROW(")
}
