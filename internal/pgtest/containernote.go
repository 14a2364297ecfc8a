package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// noteLifetime is how long a note of a failure counts: for about one run of many packages'
// tests.
const noteLifetime = 5 * time.Minute

// containerNote is a file that tells other test processes that no container's server could
// be had from a Docker that answers, so that not each of them waits for that. An empty
// name is no file.
type containerNote string

// noteOf gives the note about the Docker at that endpoint, in the user's cache folder.
func noteOf(endpoint string) containerNote {
	folder, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(endpoint))
	return containerNote(filepath.Join(folder, "pgrest", "docker-"+hex.EncodeToString(sum[:6])))
}

// start starts a server, one process at a time, and notes a failure. It fails with what is
// noted.
func (n containerNote) start(ctx context.Context, start func(context.Context) (*Server, error)) (*Server, error) {
	if n == "" {
		return start(ctx)
	}
	if err := makePublic(filepath.Dir(string(n))); err != nil {
		return start(ctx) // nowhere to note it
	}
	if unlock, err := lock(string(n) + ".lock"); err == nil {
		defer unlock()
	}
	if err := n.read(); err != nil {
		return nil, err
	}
	s, err := start(ctx)
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		// Without a note others find out by themselves.
		_ = os.WriteFile(string(n), []byte(err.Error()), 0o600)
	}
	return s, err
}

// read gives the noted failure, if there is one that counts.
func (n containerNote) read() error {
	written, err := os.Stat(string(n))
	if err != nil {
		return nil // as a rule there is none
	}
	age := time.Since(written.ModTime())
	if age > noteLifetime {
		return nil
	}
	text, err := os.ReadFile(string(n))
	if err != nil {
		return nil
	}
	return fmt.Errorf("%s; another process found this %s ago, and noted it in %s", text, age.Round(time.Second), n)
}
