package query_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/query"
)

// Every value of an enum has a word, and what is none of its values has its number.
func TestEnums(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value fmt.Stringer
		want  string
	}{
		{query.Text, "text"},
		{query.Verbatim, "verbatim"},
		{query.Number, "number"},
		{query.Bool, "boolean"},
		{query.Timestamp, "timestamp"},
		{query.TimestampTZ, "timestamptz"},
		{query.TimeJSON, "time as JSON"},
		{query.TimeJSON + 1, "Encoding(7)"},
		{query.FormRows, "rows"},
		{query.FormLines, "lines"},
		{query.FormNumber, "number"},
		{query.FormDocument, "document"},
		{query.FormTag, "tag"},
		{query.FormTag + 1, "Form(5)"},
		{query.NoTotal, "none"},
		{query.TotalInRows, "in rows"},
		{query.TotalBehind, "behind"},
		{query.TotalItself, "itself"},
		{query.TotalItself + 1, "Total(4)"},
		{query.NotWritten, "none"},
		{query.WrittenInRows, "in rows"},
		{query.WrittenBefore, "before"},
		{query.WrittenBehind, "behind"},
		{query.WrittenBehind + 1, "Written(4)"},
	} {
		require.Equal(t, tt.want, tt.value.String())
	}
}
