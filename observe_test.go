package pgrest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

func TestEvent_CodeClass(t *testing.T) {
	t.Parallel()
	for code, class := range map[string]string{
		"": "", "PGRST205": "PGRST205", "PGRSTX00": "PGRSTX00", "PGRST": "PGRST", "23505": "23xxx", "PT402": "PTxxx", "P0001": "P0xxx",
		"SESSION": "other", "PGRST_OURS": "other", "42": "other", "4250é": "other", "ab€": "other",
	} {
		require.Equal(t, class, pgrest.Event{Code: code}.CodeClass(), code)
	}
}
