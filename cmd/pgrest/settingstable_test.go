package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// SETTINGS.md has every setting, with its present properties.
func TestSettingsTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("SETTINGS.md")
	require.NoError(t, err)
	table := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 6 || !strings.HasPrefix(cells[0], " `") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		key, _, _ := strings.Cut(strings.TrimPrefix(cells[0], "`"), "`")
		require.NotContains(t, table, key, "twice")
		table[key] = cells
	}
	require.Contains(t, table, appSettingsPrefix+"*")
	delete(table, appSettingsPrefix+"*")
	quoted := func(text string) string {
		if text == "" {
			return ""
		}
		return "`" + text + "`"
	}
	answer := map[bool]string{true: "yes", false: "no"}
	for _, s := range settings {
		if s.hidden {
			require.Contains(t, string(text), quoted(s.key))
			continue
		}
		require.Contains(t, table, s.key)
		names := quoted(s.key)
		for _, alias := range s.aliases {
			names += ", " + quoted(alias)
		}
		require.Equal(t, []string{names, string(s.of), quoted(s.fallback), answer[!s.fixed], answer[s.database]}, table[s.key][:5])
		if s.own != "" {
			require.Contains(t, table[s.key][5], "Not the reference's")
		}
		delete(table, s.key)
	}
	require.Empty(t, table, "settings that there aren't")
	for _, name := range allExtensions() {
		require.Contains(t, string(text), "`"+name+"`")
	}
}
