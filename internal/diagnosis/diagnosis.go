// Package diagnosis finds what the options of a handler name and the database doesn't
// have, or has in a form that can't be used.
//
//	findings, err := diagnosis.Make(ctx, tx, diagnosis.Wanted{Schemas: []string{"api"}, AnonRole: "web_anon"})
package diagnosis

import (
	"context"
	_ "embed" // for the query
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/pgrest-go/pgrest/introspect"
)

//go:embed diagnosis.sql
var diagnosisSQL string

// Wanted is what the options name.
type Wanted struct {
	// Schemas are the exposed ones, the default one first.
	Schemas, ExtraSearchPath []string
	// AnonRole is the anonymous role; empty for none.
	AnonRole string
	// PreRequest is the function that runs before each request, with or without a
	// schema, and RootSpec the name of the one that answers at the root; empty for none.
	PreRequest, RootSpec string
}

// Finding is what is wrong with an option.
type Finding struct {
	// Option is the name of a field of pgrest.Options, and Key that of the reference's
	// setting.
	Option, Key string
	// Problem says what is wrong, and Remedy what to do about it.
	Problem, Remedy string
	// Schema reports that Problem is a schema that isn't there.
	Schema bool
}

// Make asks the database, in one query. It has to be run as the role that the pool logs
// in as, since that is who has to be able to become others.
func Make(ctx context.Context, db introspect.Querier, w Wanted) ([]Finding, error) {
	preSchema, preName, qualified := strings.Cut(w.PreRequest, ".")
	if !qualified {
		preSchema, preName = "", w.PreRequest
	}
	rows, err := db.Query(ctx, diagnosisSQL, pgx.QueryExecModeExec,
		append([]string{}, w.Schemas...), append([]string{}, w.ExtraSearchPath...), w.AnonRole, preSchema, preName, w.RootSpec)
	if err != nil {
		return nil, fmt.Errorf("look for what the options name: %w", err)
	}
	var findings []Finding
	var option, name, schema, fault string
	_, err = pgx.ForEachRow(rows, []any{&option, &name, &schema, &fault}, func() error {
		f := finding(option, name, schema, fault == "missing")
		if option == "pre-request" && fault == "missing" && !qualified {
			f.Problem += ", nor one of its name in the extra search path"
		}
		findings = append(findings, f)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for what the options name: %w", err)
	}
	return findings, nil
}

// finding puts a row of the query into words.
func finding(option, name, schema string, missing bool) Finding {
	quoted := pgx.Identifier{name}.Sanitize()
	switch option {
	case "schemas":
		return Finding{"Schemas", "db-schemas", "schema " + quoted + " isn't there", "CREATE SCHEMA " + quoted + ", or take it out", true}
	case "extra-search-path":
		return Finding{"ExtraSearchPath", "db-extra-search-path", "schema " + quoted + " isn't there",
			"CREATE SCHEMA " + quoted + ", or take it out", true}
	case "anon-role":
		f := Finding{Option: "AnonRole", Key: "db-anon-role", Problem: "role " + quoted + " isn't there",
			Remedy: "CREATE ROLE " + quoted + " NOLOGIN, and GRANT it to the role that the pool logs in as"}
		if !missing {
			f.Problem = "the role that the pool logs in as may not become " + quoted
			f.Remedy = "GRANT " + quoted + " to the role that the pool logs in as, from PostgreSQL 16 on WITH SET TRUE"
		}
		return f
	}
	function := pgx.Identifier{schema, name}.Sanitize()
	f := Finding{Option: "PreRequest", Key: "db-pre-request"}
	if option == "root-spec" {
		f.Option, f.Key = "RootSpec", "db-root-spec"
	}
	f.Problem, f.Remedy = "function "+function+" isn't there", "create it there, or take it out"
	if !missing {
		f.Problem = "function " + function + " can't be called without arguments"
		f.Remedy = "make it a function, and no procedure, without parameters or with defaults for all"
	}
	return f
}
