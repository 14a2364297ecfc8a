package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Reading a body that arrives too slowly fails. A body that arrives in time, one that the
// handler doesn't read, and the next request on the connection are not affected.
func TestPace(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/unread" {
			return
		}
		body, err := io.ReadAll(r.Body)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			w.WriteHeader(http.StatusRequestTimeout)
			return
		case err != nil:
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = w.Write(body)
		select { // a deadline that was left on the connection would end the request
		case <-r.Context().Done():
			t.Error("given up")
		case <-time.After(100 * time.Millisecond):
		}
	})
	server := httptest.NewServer(pace{patience: 50 * time.Millisecond, rate: 1 << 20}.enforce(handler))
	t.Cleanup(server.Close)
	dial := func(t *testing.T) (net.Conn, *bufio.Reader) {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		return conn, bufio.NewReader(conn)
	}
	status := func(t *testing.T, from *bufio.Reader) int {
		response, err := http.ReadResponse(from, nil)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		return response.StatusCode
	}
	t.Run("slow", func(t *testing.T) {
		t.Parallel()
		conn, reader := dial(t)
		_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nnot all of it")
		require.NoError(t, err)
		require.Equal(t, http.StatusRequestTimeout, status(t, reader))
		_, err = reader.ReadByte()
		require.ErrorIs(t, err, io.EOF, "the connection is of no more use")
	})
	t.Run("in time", func(t *testing.T) {
		t.Parallel()
		conn, reader := dial(t)
		for range 3 {
			_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nall")
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status(t, reader))
			time.Sleep(60 * time.Millisecond) // longer than a body may lag
		}
	})
	t.Run("large", func(t *testing.T) {
		t.Parallel()
		response, err := http.Post(server.URL, "text/plain", strings.NewReader(strings.Repeat("large", 1<<20)))
		require.NoError(t, err)
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, response.StatusCode)
	})
	t.Run("unread", func(t *testing.T) {
		t.Parallel()
		conn, reader := dial(t)
		_, err := io.WriteString(conn, "POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nnot all of it")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status(t, reader))
		_, err = reader.ReadByte()
		require.ErrorIs(t, err, io.EOF)
	})
	t.Run("without a pace", func(t *testing.T) {
		t.Parallel()
		next := http.NewServeMux()
		require.Equal(t, http.Handler(next), pace{}.enforce(next))
	})
}

// The server's own limits: of headers, and of what the settings say.
func TestServeLimits(t *testing.T) {
	t.Parallel()
	r := startFrom(t, of(t, pgtest.Clone(t).AuthenticatorURL,
		"DB_SCHEMAS=archive; DB_ANON_ROLE=pgrest_test_anon; SERVER_MAX_HEADER_BYTES=20000; LIMIT_CONDITIONS=2; LIMIT_QUERY_BYTES=1000", ""))
	require.Equal(t, http.StatusOK, r.status(t, "/films?id=eq.1&year=gt.1"))
	require.Equal(t, http.StatusBadRequest, r.status(t, "/films?id=eq.1&year=gt.1&year=gt.2"))
	require.Equal(t, http.StatusRequestURITooLong, r.status(t, "/films?id=eq."+strings.Repeat("1", 1000)))
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, r.status(t, "/films?id=eq."+strings.Repeat("1", 30_000)))
}
