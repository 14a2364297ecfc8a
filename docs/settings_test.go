package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	optionKey   = regexp.MustCompile(`Key: ([a-z.*-]+[a-z*])`)
	settingsRow = regexp.MustCompile("(?m)^\\| `([^`]+)`.*$")
	keyOfPage   = regexp.MustCompile("`([^`]+)`")
)

// Each of PostgREST's settings is a field of Options that names it, or has a row in
// from-postgrest.md.
func TestSettings_map(t *testing.T) {
	t.Parallel()
	options, err := os.ReadFile(filepath.Join(root, "options.go"))
	require.NoError(t, err)
	settings, err := os.ReadFile(filepath.Join(root, "cmd", "pgrest", "SETTINGS.md"))
	require.NoError(t, err)
	text, err := os.ReadFile("from-postgrest.md")
	require.NoError(t, err)

	told := map[string]bool{}
	comments := strings.ReplaceAll(string(options), "\n\t// ", " ")
	for _, m := range optionKey.FindAllStringSubmatch(comments, -1) {
		told[m[1]] = true
	}
	for _, row := range settingsRow.FindAllString(string(text), -1) {
		keys, _, _ := strings.Cut(strings.TrimPrefix(row, "|"), "|")
		for _, m := range keyOfPage.FindAllStringSubmatch(keys, -1) {
			require.False(t, told[m[1]], "%s is a field of Options", m[1])
			told[m[1]] = true
		}
	}
	var missing []string
	rows := settingsRow.FindAllStringSubmatch(string(settings), -1)
	require.NotEmpty(t, rows)
	for _, m := range rows {
		if !told[m[1]] && !strings.Contains(m[0], "Not the reference's") {
			missing = append(missing, m[1])
		}
	}
	require.Empty(t, missing)
}
