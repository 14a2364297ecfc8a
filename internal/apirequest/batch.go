package apirequest

import (
	"net/http"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/mediatype"
)

// IsBatch reports a batch of requests: a POST to the root with the media type of batches. No
// other request to the root has a body that is read, but for one to Config.RootSpec, whose
// function doesn't take this type.
func IsBatch(r *http.Request, c Config) bool {
	if c.NoBatches || r.Method != http.MethodPost || !mediatype.IsBatch(r.Header.Get("Content-Type")) {
		return false
	}
	path, ok := cutBase(rooted(r.URL.EscapedPath()), c.BasePath)
	return ok && path == "/"
}

// ParseBatch reads what a batch says of itself, and its body. Its errors are *apierror.Error.
func ParseBatch(r *http.Request, c Config) (*Request, []byte, error) {
	escaped := r.URL.EscapedPath()
	if err := c.Limits.check(r, escaped); err != nil {
		return nil, nil, err
	}
	if r.URL.RawQuery != "" {
		return nil, nil, apierror.InvalidReference("A batch has no query string: its requests have")
	}
	req := &Request{
		Shape: Shape{Operation: Operation{Resource: Root, Method: r.Method}, Accept: mediatype.ParseAccept(r.Header["Accept"]...)},
		Path:  "/", Proto: protoOf(r), Preferences: parsePreferences(r.Header["Prefer"], c),
	}
	path, _ := cutBase(rooted(escaped), c.BasePath)
	req.Mount = mount(r, escaped, path)
	if err := req.schema(r, c); err != nil {
		return nil, nil, err
	}
	if p := &req.Preferences; p.Strict() && len(p.Invalid) > 0 {
		return nil, nil, apierror.InvalidPreferences(p.Invalid)
	}
	body, err := readBody(r, c.Limits.BodyBytes)
	return req, body, err
}

// IsSafe reports a method that changes nothing, whatever it is used on.
func IsSafe(method string) bool {
	for i := range operations {
		if o := &operations[i]; o.Method == method && !o.Safe {
			return false
		}
	}
	return true
}
