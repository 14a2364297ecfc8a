package response

import (
	"net/http"
	"strconv"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// Error writes an error. See https://docs.postgrest.org/en/stable/references/errors.html.
func Error(w http.ResponseWriter, err *apierror.Error, c Config) {
	body, contentType := err.Body(c.MinimalErrors), "application/json; charset=utf-8"
	if c.Problems {
		body, contentType = err.Problem(c.MinimalErrors), apierror.ProblemType
	}
	h := w.Header()
	set(h, "Content-Type", contentType)
	if err.Code != "" { // an auth.Error of the host's may have none
		set(h, "Proxy-Status", "PostgREST; error="+err.Code)
	}
	if err.Status == http.StatusServiceUnavailable {
		set(h, "Retry-After", retryAfter)
	}
	for name, values := range err.Header {
		replace(h, name, values)
	}
	set(h, "Content-Length", strconv.Itoa(len(body))) // whatever the database says
	w.WriteHeader(err.Status)
	_, _ = w.Write(body) // a client that went away is not our error
}
