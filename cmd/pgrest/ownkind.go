package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest"
)

// Values of settings that the reference doesn't have.

// extensions takes the names of extensions of the API.
func extensions(c *config, value string) (string, error) {
	var canonical []string
	for _, name := range splitList(value) {
		if name == "" {
			continue
		}
		e, ok := pgrest.ParseExtension(name)
		if !ok {
			return "", fmt.Errorf("has %q, which is no extension; there are %s", name, strings.Join(allExtensions(), ", "))
		}
		c.api.Without, canonical = append(c.api.Without, e), append(canonical, name)
	}
	return strings.Join(canonical, ","), nil
}

// allExtensions are the names of all extensions.
func allExtensions() []string {
	var names []string
	for e := pgrest.Extension(0); ; e++ {
		if _, ok := pgrest.ParseExtension(e.String()); !ok {
			return names
		}
		names = append(names, e.String())
	}
}

// versionColumns takes the columns with the versions of rows by their relations.
func versionColumns(c *config, value string) (string, error) {
	columns, canonical := map[string]string{}, []string(nil)
	for _, pair := range splitList(value) {
		if pair == "" {
			continue
		}
		relation, column, ok := strings.Cut(pair, "=")
		relation, column = strings.TrimSpace(relation), strings.TrimSpace(column)
		if !ok || relation == "" {
			return "", fmt.Errorf("has to be a list of relation=column with commas between, not %q", value)
		}
		columns[relation] = column
		canonical = append(canonical, relation+"="+column)
	}
	c.api.VersionColumns = columns
	return strings.Join(canonical, ","), nil
}

// idempotencyTable takes the name of a table, and of its schema.
func idempotencyTable(c *config, value string) (string, error) {
	schema, table, named := strings.Cut(value, ".")
	if schema == "" || named && table == "" || strings.Contains(table, ".") {
		return "", fmt.Errorf("has to be a schema, or a schema and a table as in private.idempotency_keys, not %q", value)
	}
	c.api.Idempotency = pgrest.Idempotency{Schema: schema, Table: table}
	return value, nil
}

// replicaURIs takes the URIs of replicas. A URI may have commas, but no blanks.
func replicaURIs(c *config, value string) (string, error) {
	var list string
	of := textOrFile(strings.TrimSpace, func(*config) *string { return &list })
	if _, err := of.parse(c, value); err != nil {
		return "", err
	}
	c.replicaURIs = strings.Fields(list)
	if slices.ContainsFunc(c.replicaURIs, func(uri string) bool {
		return !strings.HasPrefix(uri, "postgres://") && !strings.HasPrefix(uri, "postgresql://")
	}) {
		return "", errors.New("has to be a list of URIs that begin with postgres:// or postgresql://, with blanks between")
	}
	for _, uri := range c.replicaURIs {
		if _, err := pgxpool.ParseConfig(uri); err != nil {
			return "", fmt.Errorf("has a URI that can't be understood: %w", err)
		}
	}
	return strings.Join(c.replicaURIs, " "), nil
}
