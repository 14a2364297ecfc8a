package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// printed sends what is written to it.
type printed chan string

func (p printed) Write(text []byte) (int, error) {
	p <- string(text)
	return len(text), nil
}

// The program fills an empty database, serves it, and ends when it is told to. The lines that it
// prints do what they say, one after the other.
func TestProgram(t *testing.T) {
	database := empty(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	out, stopped := make(printed, 1), make(chan error, 1)
	go func() {
		stopped <- serve(ctx, listener, settings{
			url: database, seeds: true, out: out, logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		})
	}()
	var text string
	select {
	case text = <-out:
	case err := <-stopped:
		require.FailNow(t, "the program ended", "%v", err)
	}
	base := "http://" + listener.Addr().String()
	lines := readme(t)
	tokens := map[string]string{}
	for _, a := range demoAccounts {
		var got issued
		ask(t, base, step{Path: "/rpc/login", Body: `{"email": "` + a.Email + `", "password": "` + a.Password + `"}`}, "", &got)
		tokens[a.Name] = got.Token
	}
	for _, s := range tour {
		t.Run(s.Note, func(t *testing.T) {
			require.Contains(t, text, "# "+s.title()+"\n"+s.curl(base)+"\n")
			require.Contains(t, lines, "# "+s.title()+"\n"+s.curl("http://localhost:3000")+"\n", "the README has it, too")
			ask(t, base, s, tokens[s.As], nil)
		})
	}
	t.Run("as_a_shell_does_it", func(t *testing.T) { runLines(t, text) })

	cancel()
	require.NoError(t, <-stopped)
	_, err = net.Dial("tcp", listener.Addr().String())
	require.Error(t, err, "nobody listens any more")

	n, err := migrate(t.Context(), database, slog.Default())
	require.NoError(t, err)
	require.Zero(t, n, "all migrations have been applied")
}

// ask makes the request of a step, and checks its status.
func ask(t *testing.T, base string, s step, token string, into *issued) {
	t.Helper()
	method := http.MethodGet
	if s.Body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, base+"/api"+s.Path, strings.NewReader(s.Body))
	require.NoError(t, err)
	r.Header.Set("Accept", cmp.Or(s.Accept, "*/*"))
	if s.Body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, cmp.Or(s.Status, http.StatusOK), response.StatusCode, string(body))
	if into != nil {
		require.NoError(t, json.Unmarshal(body, into))
	}
}

// runLines has a shell run the program's lines, with a curl that says each status.
func runLines(t *testing.T, text string) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Log("without curl the lines are not run as they are")
		return
	}
	_, script, found := strings.Cut(text, "\n\n") // behind where it is served
	require.True(t, found)
	script = strings.ReplaceAll(script, "\ncurl ", "\ncurl -sS -o /dev/null -w '%{http_code}\\n' ")
	cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Run(), said.String())
	var want []string
	for _, s := range tour {
		want = append(want, strconv.Itoa(cmp.Or(s.Status, http.StatusOK)))
	}
	require.Equal(t, want, strings.Fields(said.String()))
}

// readme is the README's text.
func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	return string(text)
}

// The command migrate wants a database, and says how many migrations it needed.
func TestRun(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.ErrorContains(t, run(ctx, []string{"migrate"}), "DATABASE_URL")
	require.ErrorContains(t, run(ctx, []string{"restock"}), "there is no command restock")
	t.Setenv("DATABASE_URL", empty(t))
	require.NoError(t, run(ctx, []string{"migrate"}))
	require.NoError(t, run(ctx, []string{"migrate"}), "a second time there is nothing to do")
}
