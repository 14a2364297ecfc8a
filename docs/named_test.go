package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	testNamed   = regexp.MustCompile("`((?:Test|Fuzz|Benchmark|Example)\\w*)`")
	testDefined = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark|Example)\w*)\(`)
)

// The tests that pages name are there.
func TestNamed(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		for _, m := range testDefined.FindAllSubmatch(text, -1) {
			there[string(m[1])] = true
		}
		return err
	}))
	named := 0
	for _, file := range pageFiles(t) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range testNamed.FindAllStringSubmatch(string(text), -1) {
			named++
			require.True(t, there[m[1]], "%s: no test has the name %s", file, m[1])
		}
	}
	require.Positive(t, named)
}
