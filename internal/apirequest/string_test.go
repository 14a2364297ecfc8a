package apirequest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// Every value of an enum has a word, and what is none of its values has its number.
func TestEnums(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value fmt.Stringer
		want  string
	}{
		{apirequest.Read, "read"},
		{apirequest.Create, "create"},
		{apirequest.Upsert, "upsert"},
		{apirequest.Update, "update"},
		{apirequest.Delete, "delete"},
		{apirequest.Call, "call"},
		{apirequest.Describe, "describe"},
		{apirequest.Options, "options"},
		{apirequest.Options + 1, "Action(8)"},
		{apirequest.Unknown, "unknown"},
		{apirequest.Root, "root"},
		{apirequest.Relation, "relation"},
		{apirequest.Routine, "rpc"},
		{apirequest.Routine + 1, "Resource(4)"},
		{apirequest.HTTP11, "HTTP/1.1"},
		{apirequest.HTTP10, "HTTP/1.0"},
		{apirequest.HTTP2, "HTTP/2.0"},
		{apirequest.HTTP2 + 1, "Proto(3)"},
		{apirequest.NoContent, "none"},
		{apirequest.PayloadContent, "payload"},
		{apirequest.QueryContent, "query"},
		{apirequest.QueryContent + 1, "Content(3)"},
		{apirequest.Unbounded, "unbounded"},
		{apirequest.Negative, "negative"},
		{apirequest.Zero, "zero"},
		{apirequest.Positive, "positive"},
		{apirequest.Positive + 1, "Bound(4)"},
	} {
		require.Equal(t, tt.want, tt.value.String())
	}
}
