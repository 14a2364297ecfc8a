package response

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/executor"
)

// overrides are the status and the headers that the database has chosen. See
// https://docs.postgrest.org/en/stable/references/transactions.html#response-headers.
type overrides struct {
	status int // 0 for none
	header http.Header
}

// parseOverrides reads the settings response.status and response.headers.
func parseOverrides(settings executor.Overrides) (overrides, error) {
	var o overrides
	if settings.Status != "" {
		status, ok := leadingNumber(settings.Status)
		if !ok || status < 200 || status > 999 {
			return o, apierror.ResponseStatus()
		}
		o.status = status
	}
	if settings.Headers == "" {
		return o, nil
	}
	var objects []map[string]*string
	if json.Unmarshal([]byte(settings.Headers), &objects) != nil || objects == nil { // null is no array
		return o, apierror.ResponseHeaders()
	}
	o.header = http.Header{}
	for _, object := range objects {
		if len(object) != 1 {
			return o, apierror.ResponseHeaders()
		}
		for name, value := range object {
			if value == nil {
				return o, apierror.ResponseHeaders()
			}
			o.header.Add(name, *value)
		}
	}
	return o, nil
}

// leadingNumber reads the digits that a text begins with: a reason phrase may follow.
func leadingNumber(s string) (int, bool) {
	digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// statusOr gives the status, or another one if the database has chosen none.
func (o overrides) statusOr(status int) int {
	if o.status != 0 {
		return o.status
	}
	return status
}

// apply sets the headers, in place of others of the same names. A body has the length that
// it has; only where there is none may the database tell one.
func (o overrides) apply(h http.Header, headersOnly bool) {
	for name, values := range o.header {
		if name != "Content-Length" || headersOnly {
			replace(h, name, values)
		}
	}
}

// replace puts a header of the database in the place of one that the API or its
// host has set. Cookies are no values of one header, but headers of their own.
func replace(h http.Header, name string, values []string) {
	if name == "Set-Cookie" {
		values = append(h[name], values...)
	}
	h[name] = values
}

// withOverrides adds what the database has chosen to the error of a page behind the last
// row: unlike other errors, that is a response to statements that ran. Of a write, which is
// undone by the error, only the pre-request function's choice is left.
func (r *response) withOverrides(err error) error {
	var e *apierror.Error
	if !errors.As(err, &e) || e.Status != http.StatusRequestedRangeNotSatisfiable || !r.kind.overridable() {
		return err
	}
	chosen, failed := parseOverrides(r.result.Overrides)
	if failed != nil {
		return failed
	}
	told := *e
	told.Header = maps.Clone(e.Header)
	maps.Copy(told.Header, chosen.header)
	if chosen.status != 0 {
		told.Status = chosen.status
	}
	return &told
}
