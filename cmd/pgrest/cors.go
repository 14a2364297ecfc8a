package main

import (
	"net/http"
	"slices"
	"strings"
)

// What pages of other origins may send, and which headers of responses they may read.
// See https://docs.postgrest.org/en/stable/references/api/cors.html.
const (
	corsExposed = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, " +
		"Transfer-Encoding, Range-Unit"
	corsMaxAge = "86400" // a day
)

// corsOwn are headers of responses that the reference doesn't have. A response that has some
// lists them behind the reference's list, on a line of their own, so that the first line is
// what it is there.
var corsOwn = []string{"ETag", "Link", "Pgrest-Position", "Deprecation", "Sunset"}

var (
	corsMethods = []string{"GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "HEAD"}
	// allMethods has QUERY, too, which the reference doesn't have. Only a preflight request for
	// it gets this list.
	allMethods = append(slices.Clip(corsMethods), "QUERY")
	// corsHeaders are always allowed by browsers, and are listed all the same.
	corsHeaders = []string{"Accept", "Accept-Language", "Content-Language"}
)

// cors lets pages of other origins use the API: those of the listed origins, with
// credentials, or without a list those of any origin. A request from another page is
// served all the same; it is the browser that keeps the response from the page.
func cors(origins []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		origin, allowed := allowedOrigin(origins, r)
		method := r.Header.Get("Access-Control-Request-Method")
		preflight := r.Method == http.MethodOptions && method != ""
		if !allowed || preflight && !slices.Contains(allMethods, method) {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		if len(origins) > 0 {
			h.Set("Access-Control-Allow-Credentials", "true")
		}
		if !preflight {
			h.Set("Access-Control-Expose-Headers", corsExposed)
			next.ServeHTTP(&exposing{ResponseWriter: w}, r)
			return
		}
		h.Set("Access-Control-Allow-Methods", strings.Join(allowedMethods(method), ", "))
		if requested := r.Header.Values("Access-Control-Request-Headers"); len(requested) > 0 {
			h.Set("Access-Control-Allow-Headers", allowedHeaders(requested))
		}
		h.Set("Access-Control-Max-Age", corsMaxAge)
		if x := exchangeOf(r.Context()); x != nil {
			x.preflight = true
		}
		w.WriteHeader(http.StatusOK)
	})
}

// exposing lists the headers of corsOwn that a response has among those that pages may read.
type exposing struct {
	http.ResponseWriter
	begun bool
}

func (w *exposing) WriteHeader(status int) {
	if status >= http.StatusOK { // others announce the response
		w.begin()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *exposing) Write(p []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(p)
}

// FlushError sends what there is, headers among it.
func (w *exposing) FlushError() error {
	w.begin()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (w *exposing) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *exposing) begin() {
	if w.begun || w.Header().Get("Access-Control-Expose-Headers") != corsExposed { // the database has its own
		return
	}
	w.begun = true
	var own []string
	for _, name := range corsOwn {
		if w.Header().Get(name) != "" {
			own = append(own, name)
		}
	}
	if own != nil {
		w.Header().Add("Access-Control-Expose-Headers", strings.Join(own, ", "))
	}
}

// allowedOrigin gives the origin that the response allows. It is not ok when the request
// has no origin, or one that is not listed.
func allowedOrigin(origins []string, r *http.Request) (string, bool) {
	if len(r.Header["Origin"]) == 0 {
		return "", false
	}
	if len(origins) == 0 {
		return "*", true
	}
	origin := r.Header.Get("Origin")
	return origin, slices.Contains(origins, origin)
}

// allowedMethods lists the reference's methods, and QUERY if that was requested.
func allowedMethods(requested string) []string {
	if slices.Contains(corsMethods, requested) {
		return corsMethods
	}
	return allMethods
}

// allowedHeaders lists Authorization, and then whatever was requested.
func allowedHeaders(requested []string) string {
	names := []string{"Authorization"}
	for _, name := range slices.Concat(splitList(strings.Join(requested, ",")), corsHeaders) {
		same := func(other string) bool { return strings.EqualFold(name, other) }
		if name != "" && !slices.ContainsFunc(names, same) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
