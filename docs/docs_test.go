// Package docs_test runs the code of the pages in this folder, and of the README, as their
// readers would.
//
// Each page has a PostgreSQL server of its own, with nothing in it, and its blocks of code run
// there in the order in which they stand:
//
//   - ```sql is run by a superuser, or by the role that <!-- as: role --> above it names. What
//     it does is committed. The API knows of it when the next block runs.
//   - ```sh is run by sh -eu in an empty folder, which the blocks of a page share, as they
//     share the variables that they set, and has to succeed. There are B, the base URL of the
//     page's handler, DATABASE_URL, which logs in as the role authenticator, REPOSITORY, the
//     repository's folder, and PORT, a free port. psql logs in as the superuser. The address
//     127.0.0.1:3000 stands for that of the handler, or without one for that with PORT.
//   - ```text, ```json and ```http are what the block of sh or sql right above them writes.
//     Of http, which is for curl -i, the status and the headers that are there have to be in
//     the response among others, and the body if there is one. White space between JSON's
//     tokens doesn't count. The character … stands for anything, within a line or, alone on a
//     line, for any lines.
//   - ```go is compiled. It is a whole program, or a fragment: declarations, statements, or
//     fields of pgrest.Options. Lines that are "..." or "…" are left out. Fragments import what
//     they name by themselves, and have the variables of preamble in golang_test.go.
//   - Anything else, and whatever can't be run, has <!-- not run: why --> above it.
//
// Other comments of a page set it up, at their place among the blocks:
//
//   - <!-- handler: {"Schemas": ["api"]} --> makes the page's handler, with these fields of
//     pgrest.Options and a JWTSecret. Its pool logs in as the role authenticator, which the
//     page has created.
//   - <!-- serve --> above a ```go of a whole program runs that instead. It finds DATABASE_URL
//     in its environment, and JWT_SECRET, and listens on 127.0.0.1:3000, of which the port is
//     exchanged for a free one. B is its base URL, with the path given as in <!-- serve: /api -->.
//   - <!-- test --> above a ```go of a file of tests runs them. They find the page's server in
//     PGREST_TEST_DATABASE_URL. Fragments below it with the same comment are of its package,
//     page_test.
//   - <!-- token: {"role": "clerk"} --> sets TOKEN to a bearer token with these claims, and
//     <!-- token NAME: {…} --> another variable.
//   - <!-- in the repository --> above a ```sh has it run in the repository's folder, where it
//     leaves nothing behind: the page's own folder is in PAGE.
//   - <!-- with: example.org/a example.org/b --> above a ```go has a fragment import these
//     packages, of modules that aren't the repository's but testdata/module.mod's.
//   - <!-- sql: … --> and <!-- sh: … --> run what readers don't see.
package docs_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository's folder.
const root = ".."

// pageFiles returns the files whose code is run.
func pageFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.md")
	require.NoError(t, err)
	return append(files, filepath.Join(root, "README.md"))
}

func readPage(t *testing.T, file string) page {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	p, err := parsePage(string(text))
	require.NoError(t, err, file)
	return p
}

// What isn't run says why, in words: it is listed here for those who review it.
func TestPages_not_run(t *testing.T) {
	t.Parallel()
	for _, file := range pageFiles(t) {
		for _, i := range readPage(t, file).items {
			if why, skipped := i.notes["not run"]; skipped {
				require.Greater(t, len(strings.Fields(why)), 2, "%s:%d: the reason", file, i.line)
				t.Logf("%s:%d: %s is not run: %s", filepath.Base(file), i.line, i.language, why)
			}
		}
	}
}

// The pages are found from the index, and the index names no other.
func TestIndex(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	linked := map[string]bool{}
	for _, l := range links(string(text)) {
		if name, _, _ := strings.Cut(l.target, "#"); filepath.Ext(name) == ".md" && !strings.Contains(name, "/") {
			linked[name] = true
		}
	}
	files, err := filepath.Glob("*.md")
	require.NoError(t, err)
	files = slices.DeleteFunc(files, func(f string) bool { return f == "README.md" })
	require.ElementsMatch(t, files, slices.Collect(maps.Keys(linked)))
}
