// Package forwarded reads what reverse proxies tell of a request that they pass on: in
// X-Forwarded-Proto, X-Forwarded-Host and X-Forwarded-Prefix, or in Forwarded (RFC 7239).
// Only headers of a proxy that sets them or removes them can be believed.
//
//	o := forwarded.Origin{Host: r.Host, HTTPS: r.TLS != nil}
//	o.Forward(r.Header)
package forwarded

import (
	"net/http"
	"net/url"
	"strings"
)

// Origin is where a client reaches the API.
type Origin struct {
	Host  string // with the port
	HTTPS bool
	Path  string // that the API is mounted at
}

// Forward heeds what proxies tell: the first of several, which is the client's. A value
// that can't be one is left out. Forwarded counts only where there is none of the others:
// a proxy that sets one of those may leave Forwarded as the client sent it.
func (o *Origin) Forward(h http.Header) {
	proto, host, prefix := h["X-Forwarded-Proto"], h["X-Forwarded-Host"], h["X-Forwarded-Prefix"]
	if proto == nil && host == nil && prefix == nil {
		proto, host := forwardedBy(strings.Join(h["Forwarded"], ","))
		o.setScheme(proto)
		o.setHost(host)
		return
	}
	o.setScheme(firstOf(proto))
	o.setHost(firstOf(host))
	var path strings.Builder
	for part := range strings.SplitSeq(strings.Join(prefix, ","), ",") { // each proxy has cut its own
		path.WriteString(strings.TrimRight(strings.TrimSpace(part), "/"))
	}
	o.addPrefix(path.String())
}

func firstOf(values []string) string {
	first, _, _ := strings.Cut(strings.Join(values, ","), ",")
	return strings.TrimSpace(first)
}

func (o *Origin) setScheme(scheme string) {
	switch strings.ToLower(scheme) {
	case "https":
		o.HTTPS = true
	case "http":
		o.HTTPS = false
	}
}

func (o *Origin) setHost(host string) {
	special := func(r rune) bool {
		return (r < 'a' || 'z' < r) && (r < 'A' || 'Z' < r) && (r < '0' || '9' < r) && !strings.ContainsRune("-._:[]", r)
	}
	u, err := url.Parse("//" + host)
	if err == nil && u.Hostname() != "" && !strings.ContainsFunc(host, special) {
		o.Host = host
	}
}

func (o *Origin) addPrefix(path string) {
	u, err := url.Parse(path)
	if err != nil || !strings.HasPrefix(path, "/") || u.Host != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(path, "#") {
		return
	}
	o.Path = u.EscapedPath() + o.Path
}

// forwardedBy reads the protocol and host that the first proxy tells in a Forwarded
// header (RFC 7239, section 4).
func forwardedBy(value string) (proto, host string) {
	for {
		name, rest, ok := strings.Cut(value, "=")
		if !ok {
			return proto, host
		}
		var text string
		text, rest = forwardedValue(rest)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "proto":
			proto = text
		case "host":
			host = text
		}
		if value, ok = strings.CutPrefix(rest, ";"); !ok {
			return proto, host
		}
	}
}

// forwardedValue reads a token or a quoted string, and gives what follows it.
func forwardedValue(text string) (value, rest string) {
	quoted, ok := strings.CutPrefix(text, `"`)
	if !ok {
		end := strings.IndexAny(text, ";,")
		if end < 0 {
			end = len(text)
		}
		return strings.TrimSpace(text[:end]), text[end:]
	}
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		switch c := quoted[i]; {
		case c == '"':
			return b.String(), strings.TrimLeft(quoted[i+1:], " \t")
		case c == '\\' && i+1 < len(quoted):
			i++
			b.WriteByte(quoted[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", ""
}
