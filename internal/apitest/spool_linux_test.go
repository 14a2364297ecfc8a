package apitest_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// Linux tells which files without a name a process has open.

// openFiles are the links to what is open of a folder's files, with names or without.
func openFiles(t *testing.T, dir string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	var files []string
	for _, link := range links {
		if name, err := os.Readlink(link); err == nil && strings.HasPrefix(name, dir+"/") {
			files = append(files, link)
		}
	}
	return files
}

// Temporary files have no names while they are used, and are gone afterwards, also when
// the client goes away or the write fails.
func TestSpool_files(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := clonePads(t)
	pool := db.Pool(t)
	server := listen(t, open(t, pool, func(o *pgrest.Options) { o.SpoolDir, o.BodyThreshold = dir, 1000 }))
	named := func() int {
		names, err := os.ReadDir(dir)
		require.NoError(t, err)
		return len(names)
	}
	slow := readSlowly(t, server, "GET /ticks HTTP/1.1\r\nHost: archive\r\n\r\n")
	waitFor(t, func() bool { return len(openFiles(t, dir)) == 1 && named() == 0 }, "rows wait in a file without a name")
	require.NoError(t, slow.Close())

	for _, x := range padWrites() {
		_ = wholeResponse(t, server, x.request(t)) // of which all but one fail, for the rows are there
	}
	waitFor(t, func() bool { return len(openFiles(t, dir)) == 0 }, "files are closed")
	require.Zero(t, named())
	waitUntilIdle(t, pool)
}

// A file that can't be read any more breaks the answer off: it is neither taken for the whole
// nor waited for.
func TestSpool_unreadable_file(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ method, target, data string }{
		"stream": {http.MethodGet, "/ticks?select=*,a:name,b:name,c:name,d:name", ""},
		"held":   {http.MethodPost, "/rpc/more_pads", `{"n": 10000}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log journal
			dir := t.TempDir()
			db := clonePads(t)
			pool := db.Pool(t)
			server := listen(t, open(t, pool, log.kept, func(o *pgrest.Options) { o.SpoolDir, o.BodyThreshold = dir, 1000 }))
			r, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.target, strings.NewReader(tt.data))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/json")
			response, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			require.Equal(t, 200, response.StatusCode)
			waitUntilIdle(t, pool) // the rows have come
			for _, file := range openFiles(t, dir) {
				require.NoError(t, os.Truncate(file, 0))
			}
			_, err = io.Copy(io.Discard, response.Body)
			require.Error(t, err, "the part was taken for the whole")
			require.NoError(t, response.Body.Close())
			waitFor(t, func() bool { return strings.Contains(log.String(), "read a temporary file") }, "the host is told")
			waitFor(t, func() bool { return len(openFiles(t, dir)) == 0 }, "files are closed")
		})
	}
}
