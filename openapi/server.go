package openapi

import (
	"net/url"
	"strconv"
	"strings"
)

// ServerURLError says that a ServerURL is not one that clients could use.
type ServerURLError struct {
	URL string
}

// Error gives the URL and what it has to be.
func (e *ServerURLError) Error() string {
	return "openapi: malformed server URL " + strconv.Quote(e.URL) +
		": it must be an absolute http or https URL without user, query and fragment"
}

// CheckServerURL returns a *ServerURLError for a text that can't be Config.ServerURL.
func CheckServerURL(text string) error {
	_, err := parseServerURL(text)
	return err
}

// server is where the API is.
type server struct {
	scheme string
	host   string // with the port; empty where it is not known
	path   string
}

// server finds out from the config where the API is.
func (c Config) server() (server, error) {
	if c.ServerURL != "" {
		return parseServerURL(c.ServerURL)
	}
	s := server{scheme: "http", host: c.Host, path: c.BasePath}
	if c.HTTPS {
		s.scheme = "https"
	}
	if !strings.HasPrefix(s.path, "/") {
		s.path = "/" + s.path
	}
	return s, nil
}

func parseServerURL(text string) (server, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil ||
		u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#") {
		return server{}, &ServerURLError{URL: text}
	}
	port, ok := serverPort(u)
	if !ok {
		return server{}, &ServerURLError{URL: text}
	}
	host := strings.TrimSuffix(u.Host, ":"+u.Port()) + ":" + port
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return server{scheme: u.Scheme, host: host, path: path}, nil
}

// serverPort gives the port of a URL, or its scheme's. It is not ok for a number that can't
// be a port, and for a scheme other than http and https.
func serverPort(u *url.URL) (string, bool) {
	byScheme := ""
	switch u.Scheme {
	case "http":
		byScheme = "80"
	case "https":
		byScheme = "443"
	default:
		return "", false
	}
	port := u.Port()
	if port == "" {
		return byScheme, true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return port, err == nil && n > 0
}

// url gives the URL of the API, without its scheme's port and without a slash at its end.
// If the host is not known, it is the path, which is relative to the document's URL.
func (s server) url() string {
	path := strings.TrimRight(s.path, "/")
	switch {
	case s.scheme == "https" && s.host != "":
		return "https://" + strings.TrimSuffix(s.host, ":443") + path
	case s.host != "":
		return "http://" + strings.TrimSuffix(s.host, ":80") + path
	case path == "":
		return "/"
	}
	return path
}
