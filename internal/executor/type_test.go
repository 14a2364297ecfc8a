package executor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/query"
)

// The numbers of pg_catalog's types.
const (
	int4OID        = 23
	textOID        = 25
	jsonOID        = 114
	timestamptzOID = 1184
)

// typed is a command whose program expects columns of these types.
func typed(sql string, columns ...query.Column) task {
	cmd := command(anon, sql)
	cmd.Program.Columns = columns
	return cmd
}

// A column that has another type than the schema cache says is encoded as what
// it is.
func TestOnce_types(t *testing.T) {
	t.Parallel()
	number := query.Column{Name: "c", Encoding: query.Number, OID: int4OID}
	text := query.Column{Name: "c", Encoding: query.Text, OID: textOID}
	instant := query.Column{Name: "c", Encoding: query.TimestampTZ, OID: timestamptzOID}
	tests := map[string]struct {
		sql        string
		want, have query.Column
	}{
		"as expected":            {`SELECT 1`, number, number},
		"text for a number":      {`SELECT '1'::text`, number, text},
		"number for a text":      {`SELECT 1`, text, number},
		"time for a text":        {`SELECT now()`, text, instant},
		"domain over a number":   {`SELECT 1::archive.colour`, number, number},
		"of any type":            {`SELECT 1`, query.Column{Name: "c", Encoding: query.Number}, query.Column{Name: "c", Encoding: query.Number}},
		"json":                   {`SELECT '1'::json`, query.Column{Name: "c", Encoding: query.Verbatim}, query.Column{Name: "c", Encoding: query.Verbatim}},
		"jsonb":                  {`SELECT '1'::jsonb`, query.Column{Name: "c", Encoding: query.Verbatim}, query.Column{Name: "c", Encoding: query.Verbatim}},
		"text for json":          {`SELECT '1'::text`, query.Column{Name: "c", Encoding: query.Verbatim}, text},
		"time as JSON":           {`SELECT to_json(now())`, query.Column{Name: "c", Encoding: query.TimeJSON, OID: timestamptzOID}, query.Column{Name: "c", Encoding: query.TimeJSON, OID: timestamptzOID}},
		"text for an enum":       {`SELECT '1'::text`, query.Column{Name: "c", Encoding: query.Text, OID: 1 << 20}, text},
		"json where there is no": {`SELECT '{}'::json`, number, query.Column{Name: "c", Encoding: query.Verbatim, OID: jsonOID}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			cmd := typed(tt.sql, tt.want)
			for range 2 {
				_, result := run(t, pool, cmd)
				require.Equal(t, []query.Column{tt.have}, result.Columns)
				require.Equal(t, []query.Column{tt.want}, cmd.Program.Columns, "the program is others', too")
			}
			cmd = typed(`SELECT 7, 't', one.* FROM (`+tt.sql+`) AS one`, tt.want)
			cmd.Program.Total = query.TotalInRows
			_, result := run(t, pool, cmd)
			require.Equal(t, []query.Column{tt.have}, result.Columns, "behind totals")
		})
	}
}

// Of some types only the schema cache knows how they are to be encoded: a read
// has to be repeated with a newer one. A write can't be.
func TestOnce_unknown_type(t *testing.T) {
	t.Parallel()
	const sql = `SELECT '(1,2)'::archive.frame`
	column := query.Column{Name: "c", Encoding: query.Verbatim, OID: int4OID}
	pool := oneConnection(t)
	backend := backendOf(t, pool)
	for range 2 {
		_, err := once(t.Context(), executor.New(pool, true), typed(sql, column))
		require.ErrorIs(t, err, apierror.ErrOutdated)
		requireUsable(t, pool, backend)
	}
	cmd := typed(sql, column)
	cmd.ReadOnly = false
	rows, result := run(t, pool, cmd)
	require.Equal(t, [][]string{{"(1,2)"}}, rows)
	require.Equal(t, query.Text, result.Columns[0].Encoding)
}
