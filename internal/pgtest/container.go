package pgtest

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

const (
	containerImage = "postgres:17-alpine"
	containerPort  = "5432"
)

// containerScript runs the server in the container.
//
//go:embed container.sh
var containerScript string

const (
	pingTimeout  = 2 * time.Second // of one attempt to connect
	reachTimeout = 5 * time.Second // from when the server in the container is ready
)

// openContainer starts a server in a container, which is removed when this process ends,
// however it does. Where that has just failed for another process, it fails at once with
// the reason.
func openContainer(ctx context.Context, further []string) (*Server, error) {
	endpoint := dockerEndpoint(ctx)
	if _, err := docker(ctx, "version", "--format", "{{.Server.Version}}"); err != nil {
		return nil, err
	}
	return noteOf(endpoint).start(ctx, func(ctx context.Context) (*Server, error) {
		return startContainer(ctx, routeTo(endpoint, inContainer()), further...)
	})
}

// unreachableError says that a container's server is ready, but not for this process.
type unreachableError struct {
	address string
	err     error
}

// Error tells of the address that this process tried.
func (e *unreachableError) Error() string {
	return fmt.Sprintf("the server in the container is ready, but can't be reached at %s: %v", e.address, e.err)
}

// Unwrap returns the error of the last attempt.
func (e *unreachableError) Unwrap() error { return e.err }

// startContainer starts a server in a container that is reached by that route. It uses
// the program docker, which knows where Docker is.
func startContainer(ctx context.Context, r route, further ...string) (*Server, error) {
	name, password := fmt.Sprintf("pgtest-%d-%s", os.Getpid(), randomName()), rand.Text()
	args := []string{
		"run", "--rm", "--interactive", "--name", name, "--publish", r.publish,
		"--tmpfs", "/var/lib/postgresql/data", "--env", "POSTGRES_PASSWORD", "--env", "POSTGRES_INITDB_ARGS",
		"--entrypoint", "sh", containerImage, "-c", containerScript, "postgres",
	}
	for _, s := range slices.Concat(settings, further) {
		args = append(args, "-c", s)
	}
	cmd := exec.Command("docker", args...)
	cmd.Env = append(os.Environ(), "POSTGRES_PASSWORD="+password, "POSTGRES_INITDB_ARGS=--no-sync --locale=C --encoding=UTF8")
	cmd.SysProcAttr = ownSession()
	w, err := startWatch(cmd, func() error {
		_ = exec.Command("docker", "rm", "--force", name).Run() // it may not be there yet
		return cmd.Process.Kill()
	})
	if err != nil {
		return nil, fmt.Errorf("run docker: %w", err)
	}
	s := &Server{ours: true, stop: w.stop}
	var ready time.Time // when the server was first seen to be
	err = waitUntil(ctx, w.ended, 100*time.Millisecond, func() error {
		address, err := r.address(ctx, name)
		if err != nil {
			return err
		}
		s.url = fmt.Sprintf("postgres://postgres:%s@%s/postgres?sslmode=disable", password, address)
		attempt, cancel := context.WithTimeout(ctx, pingTimeout)
		defer cancel()
		if err = ping(attempt, s.url); err == nil {
			return nil
		}
		if ready.IsZero() {
			// The image's first server, which sets the database up, takes no TCP.
			if _, notReady := docker(ctx, "exec", name, "pg_isready", "--host", "127.0.0.1"); notReady == nil {
				ready = time.Now()
			}
		} else if time.Since(ready) > reachTimeout {
			return &unreachableError{address, err}
		}
		return err
	})
	if err != nil {
		err = errors.Join(err, w.stop())
		return nil, fmt.Errorf("start a %s container: %w; docker said:\n%s", containerImage, err, w.log)
	}
	return s, nil
}

// route is how this process reaches a server in a container.
type route struct {
	publish string // the argument of docker's --publish
	host    string // where the published port is; empty to use the container's own address
}

// routeTo gives the route to containers of the Docker at that endpoint. contained says
// that this process is in a container itself.
func routeTo(endpoint string, contained bool) route {
	u, err := url.Parse(endpoint)
	switch {
	case err == nil && (u.Scheme == "tcp" || u.Scheme == "ssh"): // on another machine
		return route{publish: containerPort, host: u.Hostname()}
	case contained:
		return route{publish: "127.0.0.1::" + containerPort}
	}
	return route{publish: "127.0.0.1::" + containerPort, host: "127.0.0.1"}
}

// address gives the address of the server in a container, and fails until the container
// runs.
func (r route) address(ctx context.Context, name string) (string, error) {
	if r.host == "" {
		ip, err := docker(ctx, "inspect", "--format", "{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}", name)
		if err == nil && ip == "" {
			err = errors.New("the container has no address yet")
		}
		return net.JoinHostPort(ip, containerPort), err
	}
	published, err := docker(ctx, "port", name, containerPort)
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(published)
	return net.JoinHostPort(r.host, port), err
}

// dockerEndpoint gives the URL of the Docker that the program docker uses; empty if it
// doesn't tell.
func dockerEndpoint(ctx context.Context) string {
	endpoint, err := docker(ctx, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
	if err != nil {
		return "" // Podman's docker has no contexts
	}
	return endpoint
}

// docker runs a command of docker, and gives the first line of its output.
func docker(ctx context.Context, args ...string) (string, error) {
	text, err := exec.CommandContext(ctx, "docker", args...).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", fmt.Errorf("docker %s: %w: %s", args[0], err, bytes.TrimSpace(exit.Stderr))
	}
	if err != nil {
		return "", fmt.Errorf("run docker: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line), nil
}

// inContainer reports whether this process is in a container: Docker and Podman mark
// theirs with files.
func inContainer() bool {
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(mark); err == nil {
			return true
		}
	}
	return false
}
