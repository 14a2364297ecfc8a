package pgrest

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// privileges are what a role may use of a schema, and the schema's comment.
type privileges struct {
	comment             string
	relations, routines map[string]bool
	told                strings.Builder // all that the rows say
}

// add takes note of a row of query.BuildInspection's.
func (p *privileges) add(row [][]byte) {
	for _, value := range row {
		p.told.Write(strconv.AppendQuote(nil, string(value)))
	}
	switch string(row[0]) {
	case query.SchemaComment:
		p.comment = string(row[1])
	case query.UsedRelation:
		if p.relations == nil {
			p.relations = map[string]bool{}
		}
		p.relations[string(row[1])] = true
	case query.UsedRoutine:
		if p.routines == nil {
			p.routines = map[string]bool{}
		}
		p.routines[string(row[1])+" "+string(row[2])] = true
	}
}

// fingerprint is the same for all roles that may use the same, and no others.
func (p *privileges) fingerprint() string {
	sum := sha256.Sum256([]byte(p.told.String()))
	return hex.EncodeToString(sum[:])
}

// selection is what there is of a schema, without what the role may not use if
// privileges are to be followed.
func (p *privileges) selection(cache *introspect.SchemaCache, i *plan.Inspect) openapi.Selection {
	all := openapi.All(cache, i.Schema)
	all.Comment = p.comment
	if !i.Privileges {
		return all
	}
	some := openapi.Selection{Schema: all.Schema, Comment: all.Comment}
	for _, t := range all.Tables {
		if p.relations[t.Name.Name] {
			some.Tables = append(some.Tables, t)
		}
	}
	for _, r := range all.Routines {
		if p.routines[r.Name.Name+" "+parameterTypes(r)] {
			some.Routines = append(some.Routines, r)
		}
	}
	return some
}

// parameterTypes tells overloads apart as pg_proc does.
func parameterTypes(r *introspect.Routine) string {
	oids := make([]string, len(r.Params))
	for i, p := range r.Params {
		oids[i] = strconv.FormatUint(uint64(p.Type.OID), 10)
	}
	return strings.Join(oids, " ")
}
