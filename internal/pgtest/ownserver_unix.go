//go:build unix

package pgtest

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// ownScript is a script that starts and stops a server by commands on its standard input.
//
//go:embed ownserver.sh
var ownScript string

// openOwn makes a cluster in a temporary directory, without starting a server. The
// function that it returns ends the server, and removes its files.
//
// With a source the cluster is a copy of that of the server, which has to be stopped.
func openOwn(ctx context.Context, source *OwnedServer, more ...string) (*OwnedServer, func() error, error) {
	bin, err := programs(ctx)
	if err != nil {
		return nil, nil, err
	}
	credential, parent, err := serverUser()
	if err != nil {
		return nil, nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, nil, err
	}
	dir := filepath.Join(parent, fmt.Sprintf("pgtest-%d-%s", os.Getpid(), randomName()))
	copied := ""
	if source != nil {
		copied = source.dir
	}
	args := []string{"-c", ownScript, "ownserver", bin, dir, copied, "-p", strconv.Itoa(port), "-h", "127.0.0.1", "-k", dir}
	for _, s := range slices.Concat(settings, more) { // of two of a name the last counts
		args = append(args, "-c", s)
	}
	o, err := startOwn(args, dir, credential)
	if err != nil {
		return nil, nil, fmt.Errorf("start the server's script: %w", err)
	}
	socket := fmt.Sprintf("postgres://postgres@/postgres?host=%s&port=%d", url.QueryEscape(dir), port)
	s := &OwnedServer{
		url:       fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port),
		port:      port,
		dir:       dir,
		command:   o.command,
		waitReady: func(ctx context.Context) error { return waitUntilReady(ctx, socket, nil) },
	}
	return s, o.end, nil
}

// ownProcess is a running ownScript.
type ownProcess struct {
	cmd      *exec.Cmd
	commands io.WriteCloser // the server runs until this is closed
	answers  *bufio.Reader
	log      *startupLog
	dir      string
}

func startOwn(args []string, dir string, credential *syscall.Credential) (*ownProcess, error) {
	o := &ownProcess{cmd: exec.Command("/bin/sh", args...), dir: dir, log: new(startupLog)}
	o.cmd.Dir = "/"
	o.cmd.Env = append(os.Environ(), "LC_ALL=C")
	o.cmd.Stderr = o.log
	o.cmd.SysProcAttr = ownSession()
	o.cmd.SysProcAttr.Credential = credential
	var err error
	if o.commands, err = o.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	answers, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	o.answers = bufio.NewReader(answers)
	return o, o.cmd.Start()
}

// command has the script run a command, and waits for its end.
func (o *ownProcess) command(command string) error {
	if _, err := io.WriteString(o.commands, command+"\n"); err != nil {
		return err
	}
	if _, err := o.answers.ReadString('\n'); err != nil {
		return fmt.Errorf("%w; the server said:\n%s", err, o.log)
	}
	return nil
}

// end ends the server, waits for that, and removes its files.
func (o *ownProcess) end() error {
	closed := o.commands.Close()
	waited := o.cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(waited, &exit) { // the exit code doesn't matter
		waited = nil
	}
	return errors.Join(closed, waited, os.RemoveAll(o.dir))
}
