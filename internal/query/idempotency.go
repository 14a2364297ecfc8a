package query

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// KeyStatements are those of the table of idempotency keys. Their first two arguments are
// whose the key is, and the key.
type KeyStatements struct {
	// Find gives the hash of the request, the status, the headers and the body that were kept
	// for a key that holds, and deletes one that doesn't any more.
	Find string
	// Take inserts the key, the hash of the request, and for how many seconds the key holds.
	Take string
	// Keep adds the status, the headers and the body of the answer.
	Keep string
}

// IdempotencyKeys makes the statements for the table of that name.
func IdempotencyKeys(schema, name string) KeyStatements {
	table := strings.ReplaceAll(sqlfrag.Qualified(schema, name), "??", "?")
	const ofKey = " WHERE identity = $1 AND key = $2"
	return KeyStatements{
		Find: "WITH expired AS (DELETE FROM " + table + ofKey + " AND expires <= pg_catalog.now()) " +
			"SELECT request, status, headers, body FROM " + table + ofKey + " AND expires > pg_catalog.now()",
		Take: "INSERT INTO " + table + " (identity, key, request, expires) " +
			"VALUES ($1, $2, $3, pg_catalog.now() + pg_catalog.make_interval(secs => $4))",
		Keep: "UPDATE " + table + " SET status = $3, headers = $4, body = $5" + ofKey,
	}
}
