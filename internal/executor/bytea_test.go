package executor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/executor"
)

// Bytes are taken out of the text of a bytea, whatever its form.
func TestResult_Raw(t *testing.T) {
	t.Parallel()
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	const all = `SELECT string_agg(set_byte('x', 0, i), '' ORDER BY i) FROM generate_series(0, 255) AS i`
	tests := map[string]struct {
		sql  string
		want []byte
	}{
		"every byte":          {all, every},
		"none":                {`SELECT ''::bytea`, []byte{}},
		"backslashes":         {`SELECT '\\\\x41'::bytea`, []byte(`\\x41`)},
		"that look like hex":  {`SELECT '\x5c783431'::bytea`, []byte(`\x41`)},
		"that look like bits": {`SELECT '\x5c313031'::bytea`, []byte(`\101`)},
		"text":                {`SELECT '\x41'::text`, []byte(`\x41`)},
	}
	for name, tt := range tests {
		for _, output := range []string{"hex", "escape"} {
			t.Run(name+" as "+output, func(t *testing.T) {
				t.Parallel()
				result, err := once(t.Context(), executor.New(oneConnection(t), true), set(command(anon, tt.sql), "bytea_output", output))
				require.NoError(t, err)
				defer result.Close()
				require.True(t, result.Next())
				require.Equal(t, string(tt.want), string(result.Raw()))
			})
		}
	}
}
