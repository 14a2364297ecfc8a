package docs_test

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// The page on running it has each option that is a time.
func TestRunning_timeouts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("running.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## Timeouts\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	times := 0
	for _, options := range []reflect.Type{reflect.TypeFor[pgrest.Options](), reflect.TypeFor[pgrest.Limits]()} {
		for i := range options.NumField() {
			if field := options.Field(i); field.Type == reflect.TypeFor[time.Duration]() {
				times++
				require.Contains(t, section, field.Name)
			}
		}
	}
	require.Positive(t, times)
}
