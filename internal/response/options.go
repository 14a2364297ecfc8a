package response

import (
	"net/http"

	"github.com/pgrest-go/pgrest/internal/plan"
)

// Options writes the response to an OPTIONS request. See
// https://docs.postgrest.org/en/stable/references/api/options.html.
func Options(w http.ResponseWriter, p *plan.Info, c Config) {
	h := w.Header()
	if h.Get("Access-Control-Allow-Origin") == "" { // the host's own CORS policy goes first
		set(h, "Access-Control-Allow-Origin", "*")
	}
	set(h, "Allow", p.Allow)
	if p.AcceptQuery != "" {
		set(h, "Accept-Query", p.AcceptQuery)
	}
	set(h, "Content-Length", "0")
	addVary(h)
	if c.Timing != nil {
		set(h, "Server-Timing", c.Timing())
	}
	w.WriteHeader(http.StatusOK)
}
