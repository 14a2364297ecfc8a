package executor

import (
	"slices"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/query"
)

// checkColumns compares the types of the result's columns with those that the schema
// cache knows. A column that has another type by now is encoded as what it is. If that
// type's OID doesn't say how, a read fails with ErrOutdated, to be repeated with a new
// schema cache; a write can't be repeated, and encodes it as text.
func (r *Result) checkColumns() error {
	fields := r.reader.FieldDescriptions()
	fields = fields[min(r.cmd.Program.First(), len(fields)):]
	shared := true // the program's own, which its other results have, too
	for i := range min(len(fields), len(r.Columns)) {
		oid := fields[i].DataTypeOID
		if r.Columns[i].Takes(oid) {
			continue
		}
		encoding, known := query.EncodingOfOID(oid)
		if !known && r.tx.session.ReadOnly && !r.cmd.Outdated {
			return apierror.ErrOutdated
		}
		if shared {
			r.Columns, shared = slices.Clone(r.Columns), false
		}
		r.Columns[i].OID, r.Columns[i].Encoding = oid, encoding
	}
	return nil
}
