//go:build unix

package pgtest

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// watchdog is the script that runs the server and outlives this process by as
// long as it takes to stop the server.
//
//go:embed watchdog.sh
var watchdog string

// programFolders are where systems install the server programs without adding them to the
// PATH.
var programFolders = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/opt/homebrew/opt/postgresql/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql/bin",
	"/usr/local/pgsql/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

const startAttempts = 5

// errPortTaken says that another process took the port before our server could.
var errPortTaken = errors.New("the port was taken")

// openLocal starts a server from the programs on this machine.
func openLocal(ctx context.Context, further []string) (*Server, error) {
	bin, err := findPrograms()
	if err != nil {
		return nil, err
	}
	return startPrograms(ctx, bin, further)
}

// startPrograms starts a server from the programs in that folder.
func startPrograms(ctx context.Context, bin string, further []string) (s *Server, err error) {
	for range startAttempts {
		if s, err = startLocal(ctx, bin, further); !errors.Is(err, errPortTaken) {
			return s, err
		}
	}
	return nil, err
}

// programs returns the folder with the server programs to use: those of the version that
// the environment chooses, those of this machine, or those that the npm registry has.
func programs(ctx context.Context) (string, error) {
	if version := os.Getenv(VersionVariable); version != "" {
		return npmPrograms(ctx, version)
	}
	bin, err := findPrograms()
	if err == nil {
		return bin, nil
	}
	bin, npmErr := npmPrograms(ctx, fallbackVersion)
	if npmErr != nil {
		return "", errors.Join(err, npmErr)
	}
	return bin, nil
}

// findPrograms returns the folder with initdb and postgres: the PATH's, or the
// newest of those in the usual places.
func findPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil && hasPrograms(filepath.Dir(path)) {
		return filepath.Dir(path), nil
	}
	var found []string
	for _, pattern := range programFolders {
		folders, err := filepath.Glob(pattern)
		if err != nil {
			return "", fmt.Errorf("look for server programs in %s: %w", pattern, err)
		}
		found = append(found, slices.DeleteFunc(folders, func(f string) bool { return !hasPrograms(f) })...)
	}
	if len(found) == 0 {
		return "", fmt.Errorf("no folder with initdb and postgres on the PATH or among %s", strings.Join(programFolders, ", "))
	}
	return slices.MaxFunc(found, func(a, b string) int { return cmp.Compare(programVersion(a), programVersion(b)) }), nil
}

func hasPrograms(folder string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(folder, name)); err != nil {
			return false
		}
	}
	return true
}

var versionInPath = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

// programVersion is the version in a folder's name, 0 if it names none.
func programVersion(folder string) float64 {
	version, err := strconv.ParseFloat(versionInPath.FindString(folder), 64)
	if err != nil {
		return 0
	}
	return version
}

// startLocal makes a cluster in a temporary directory and serves it on a free
// port of the loopback interface.
func startLocal(ctx context.Context, bin string, further []string) (*Server, error) {
	credential, parent, err := serverUser()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	// The watchdog makes the directory, so that there is never one without it.
	dir := filepath.Join(parent, fmt.Sprintf("pgtest-%d-%s", os.Getpid(), randomName()))
	args := []string{"-c", watchdog, "watchdog", bin, dir, "-p", strconv.Itoa(port), "-h", "127.0.0.1", "-k", dir}
	for _, s := range slices.Concat(settings, further) {
		args = append(args, "-c", s)
	}
	cmd := exec.Command("/bin/sh", args...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = ownSession()
	cmd.SysProcAttr.Credential = credential
	w, err := startWatch(cmd, func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	if err != nil {
		return nil, fmt.Errorf("start the server's watchdog: %w", err)
	}
	// However the watchdog ends, the directory has to be gone.
	stop := func() error { return errors.Join(w.stop(), os.RemoveAll(dir)) }
	// The socket is in our own directory, so that it is our server's even if another process
	// has the port.
	socket := fmt.Sprintf("postgres://postgres@/postgres?host=%s&port=%d", url.QueryEscape(dir), port)
	if err := waitUntilReady(ctx, socket, w.ended); err != nil {
		err = errors.Join(err, stop())
		if text := w.log.String(); strings.Contains(text, "already in use") {
			err = fmt.Errorf("%w: %w", errPortTaken, err)
		} else if text != "" {
			err = fmt.Errorf("%w; the server said:\n%s", err, text)
		}
		return nil, fmt.Errorf("start %s/postgres: %w", bin, err)
	}
	return &Server{
		url:  fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port),
		ours: true,
		stop: stop,
	}, nil
}

// serverUser says which user the server runs as, and where it keeps its files: the
// present user and the temporary directory, or, since PostgreSQL refuses to run as root,
// postgres or nobody and /tmp, which they can reach. It prefers a folder in memory, if
// there is room: a database is copied ten times as fast there as on a disk.
func serverUser() (*syscall.Credential, string, error) {
	if os.Geteuid() != 0 {
		return nil, cmp.Or(memoryFolder(), os.TempDir()), nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, "", fmt.Errorf("read the ids of user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, cmp.Or(memoryFolder(), "/tmp"), nil
	}
	return nil, "", errors.New("the server can't run as root, and there is no user postgres or nobody")
}

// ownSession has a process run in a session of its own, so that it doesn't get the
// terminal's Ctrl-C.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
