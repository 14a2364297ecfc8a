package main

import (
	"encoding/json"
	"net/http"
	"strings"
)

// guarded limits how often a password is guessed at, by counting the attempts in the database.
// Their row is a part of the request's transaction. A client that has the request fail after
// the function has run, such as by a cast of its result or a page behind its last row, has the
// attempt taken back, and learns from the error whether the password was right.
//
// So these functions are called with a body and nothing else: without a query, which selects,
// filters and pages, without a range, and not for an execution plan, which is rolled back.
func guarded(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/rpc/login", "/rpc/change_password":
			plan := strings.Contains(strings.ToLower(strings.Join(r.Header.Values("Accept"), ",")), "vnd.pgrst.plan")
			if r.Method == http.MethodPost && (r.URL.RawQuery != "" || r.Header.Get("Range") != "" || plan) {
				w.Header().Set("Content-Type", "application/json; charset=utf-8")
				w.WriteHeader(http.StatusBadRequest)
				_ = json.NewEncoder(w).Encode(map[string]any{"code": "PT400", "details": nil, "hint": nil,
					"message": "This function takes a body, and no query, range or plan."}) // it fails if the caller has left
				return
			}
		}
		api.ServeHTTP(w, r)
	})
}
