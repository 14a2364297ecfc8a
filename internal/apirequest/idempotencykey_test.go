package apirequest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// A key is a string of structured fields.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ value, key, fault string }{
		"uuid":             {`"8e03978e-40d5-43dd-bc93-6894a57f9324"`, "8e03978e-40d5-43dd-bc93-6894a57f9324", ""},
		"escapes":          {`"a \"b\" \\ c"`, `a "b" \ c`, ""},
		"blanks_around":    {`  "a" `, "a", ""},
		"longest":          {`"` + strings.Repeat("a", 255) + `"`, strings.Repeat("a", 255), ""},
		"longest_escaped":  {`"` + strings.Repeat(`\\`, 255) + `"`, strings.Repeat(`\`, 255), ""},
		"too_long":         {`"` + strings.Repeat("a", 256) + `"`, "", "It has more than 255 characters."},
		"empty":            {`""`, "", "It is empty."},
		"nothing":          {``, "", "It doesn't begin with a double quote."},
		"token":            {`8e03978e`, "", "It doesn't begin with a double quote."},
		"open":             {`"a`, "", "It doesn't end with a double quote."},
		"open_by_escape":   {`"a\"`, "", "It doesn't end with a double quote."},
		"ends_in_escape":   {`"a\`, "", "A backslash stands before something else than a double quote or a backslash."},
		"unknown_escape":   {`"a\n"`, "", "A backslash stands before something else than a double quote or a backslash."},
		"not_ascii":        {`"é"`, "", "It has something else than printable ASCII characters."},
		"control":          {"\"a\tb\"", "", "It has something else than printable ASCII characters."},
		"list":             {`"a", "b"`, "", "Something follows the string."},
		"with_a_parameter": {`"a";b=1`, "", "Something follows the string."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := apirequest.IdempotencyKey([]string{tt.value})
			if tt.fault == "" {
				require.NoError(t, err)
				require.Equal(t, tt.key, key)
				return
			}
			var fault *apierror.Error
			require.ErrorAs(t, err, &fault)
			require.Equal(t, tt.fault, fault.Details)
			require.Equal(t, 400, fault.Status)
		})
	}
	_, err := apirequest.IdempotencyKey([]string{`"a"`, `"a"`})
	require.ErrorContains(t, err, "can't be read")
}
