package openapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

//go:embed page/index.html page/explorer.js page/*.gz
var pageFiles embed.FS

// Page is an explorer of the API in one HTML document: Swagger UI, with its script
// and style inside. Once a browser has loaded it from the API's root, it gets the API's
// description from the same URL, and can try requests there. It makes no request to any
// other host, which its Content-Security-Policy forbids. It contains nothing of the API,
// and so is the same for every client.
//
//	page, err := openapi.NewPage()
//	...
//	if wantsHTML(r) {
//		page.ServeHTTP(w, r)
//	}
type Page struct {
	plain, compressed []byte
	tag               string // the beginning of its entity tags
	policy            string
}

// NewPage puts the page together, which takes some tenths of a second. It fails if an
// embedded file is broken.
func NewPage() (*Page, error) {
	shell, err := pageFiles.ReadFile("page/index.html")
	if err != nil {
		return nil, fmt.Errorf("openapi: read the page: %w", err)
	}
	explorer, err := pageFiles.ReadFile("page/explorer.js")
	if err != nil {
		return nil, fmt.Errorf("openapi: read the page: %w", err)
	}
	style, err := unpack("page/swagger-ui.css.gz")
	if err != nil {
		return nil, err
	}
	bundle, err := unpack("page/swagger-ui-bundle.js.gz")
	if err != nil {
		return nil, err
	}
	// After "<!--" HTML looks for the end of the script elsewhere. The bundle has it only
	// in strings and regular expressions, where the replacement means the same.
	bundle = strings.ReplaceAll(bundle, "<!--", `\x3C!--`)
	page := strings.NewReplacer(
		"/* swagger-ui.css */", style, "/* swagger-ui-bundle.js */", bundle, "/* explorer.js */", string(explorer),
	).Replace(string(shell))
	compressed, err := pack(page)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(page))
	return &Page{
		plain: []byte(page), compressed: compressed, tag: hex.EncodeToString(sum[:16]),
		policy: policy(style, bundle, string(explorer)),
	}, nil
}

// policy allows a page its own style and scripts, by their hashes, the images in its
// style, and requests to where it came from.
func policy(style string, scripts ...string) string {
	p := "default-src 'none'; script-src"
	for _, script := range scripts {
		p += " " + sourceHash(script)
	}
	return p + "; style-src " + sourceHash(style) +
		"; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// sourceHash names an inline script or style in a Content-Security-Policy.
func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func unpack(name string) (string, error) {
	file, err := pageFiles.Open(name)
	if err != nil {
		return "", fmt.Errorf("openapi: read the page: %w", err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return "", fmt.Errorf("openapi: unpack %s: %w", name, err)
	}
	text, err := io.ReadAll(unzipped)
	if err != nil {
		return "", fmt.Errorf("openapi: unpack %s: %w", name, err)
	}
	return string(text), nil
}

func pack(text string) ([]byte, error) {
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	if _, err := io.WriteString(zipped, text); err != nil {
		return nil, fmt.Errorf("openapi: compress the page: %w", err)
	}
	if err := zipped.Close(); err != nil {
		return nil, fmt.Errorf("openapi: compress the page: %w", err)
	}
	return b.Bytes(), nil
}

// ServeHTTP answers a GET or HEAD with the page, compressed if the client takes gzip,
// or with 304 to a client that has it already.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache") // to be revalidated: another version has another tag
	h.Add("Vary", "Accept, Accept-Encoding")
	body, tag := p.plain, p.tag
	if takesGzip(r.Header.Values("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body, tag = p.compressed, p.tag+"-gzip"
	}
	h.Set("Etag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// takesGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func takesGzip(values []string) bool {
	takes := false
	for element := range strings.SplitSeq(strings.Join(values, ","), ",") {
		coding, parameter, _ := strings.Cut(element, ";")
		coding = strings.TrimSpace(coding)
		if !strings.EqualFold(coding, "gzip") && coding != "*" {
			continue
		}
		name, value, _ := strings.Cut(parameter, "=")
		quality, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		takes = !strings.EqualFold(strings.TrimSpace(name), "q") || err != nil || quality > 0
		if coding != "*" {
			return takes
		}
	}
	return takes
}
