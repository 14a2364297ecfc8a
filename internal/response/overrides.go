package response

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/executor"
)

// overridden is what the database wants the response to say. See
// https://docs.postgrest.org/en/stable/references/transactions.html#response-headers.
type overridden struct {
	status int // 0 for no wish
	header http.Header
}

// parseOverrides reads the settings response.status and response.headers.
func parseOverrides(o executor.Overrides) (overridden, error) {
	var out overridden
	if o.Status != "" {
		status, ok := leadingNumber(o.Status)
		if !ok || status < 200 || status > 999 {
			return out, apierror.ResponseStatus()
		}
		out.status = status
	}
	if o.Headers == "" {
		return out, nil
	}
	var objects []map[string]*string
	if json.Unmarshal([]byte(o.Headers), &objects) != nil || objects == nil { // null is no array
		return out, apierror.ResponseHeaders()
	}
	out.header = http.Header{}
	for _, object := range objects {
		if len(object) != 1 {
			return out, apierror.ResponseHeaders()
		}
		for name, value := range object {
			if value == nil {
				return out, apierror.ResponseHeaders()
			}
			out.header.Add(name, *value)
		}
	}
	return out, nil
}

// leadingNumber reads the digits that a text begins with: a reason phrase may follow.
func leadingNumber(s string) (int, bool) {
	digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// replace puts a header of the database in the place of one that the API or its
// host has set. Cookies are no values of one header, but headers of their own.
func replace(h http.Header, name string, values []string) {
	if name == "Set-Cookie" {
		values = append(h[name], values...)
	}
	h[name] = values
}
