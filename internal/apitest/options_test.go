package apitest_test

import (
	"net/http"
	"testing"
)

// OPTIONS tells by which methods a resource can be used. What the client may do
// of it is another question.
func TestOptions(t *testing.T) {
	t.Parallel()
	var exchanges []exchange
	for _, tt := range []struct{ name, target, allow string }{
		{"root", "/", "OPTIONS,GET,HEAD"},
		{"table", "/films", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"},
		{"table_without_a_primary_key", "/visitors_book", "OPTIONS,GET,HEAD,POST,PATCH,DELETE"},
		{"table_without_any_right", "/acquisitions", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"},
		{"partitioned_table", "/screenings", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"},
		{"foreign_table", "/overseas", "OPTIONS,GET,HEAD"},
		{"joining_view", "/film_overview", "OPTIONS,GET,HEAD"},
		{"view_with_a_trigger_that_inserts", "/casting", "OPTIONS,GET,HEAD,POST"},
		{"materialized_view", "/acclaimed_films", "OPTIONS,GET,HEAD"},
		{"table_beyond_ASCII", "/%E6%98%A0%E7%94%BB", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"},
		{"function", "/rpc/film_titles", "OPTIONS,GET,HEAD,POST"},
		{"function_with_arguments", "/rpc/add?a=1&b=2", "OPTIONS,GET,HEAD,POST"},
		{"function_with_defaults", "/rpc/add?a=1", "OPTIONS,GET,HEAD,POST"},
		{"overloaded_function", "/rpc/find?title=M&year=1931", "OPTIONS,GET,HEAD,POST"},
		{"volatile_function", "/rpc/sign_book?entry=x", "OPTIONS,POST"},
	} {
		query := formType // of QUERY, which Allow leaves out
		if tt.allow == "OPTIONS,POST" || tt.target == "/" {
			query = ""
		}
		exchanges = append(exchanges, exchange{name: tt.name, method: http.MethodOptions, target: tt.target, want: headers{
			"Allow": tt.allow, "Accept-Query": query, "Content-Type": "", "Vary": "Accept, Prefer, Range", "Access-Control-Allow-Origin": "*"}})
	}
	exchanges = append(exchanges,
		exchange{name: "unknown_table", method: http.MethodOptions, target: "/plays", status: 404,
			body: fault("PGRST205", "Could not find the table 'archive.plays' in the schema cache", "", "")},
		exchange{name: "unknown_function", method: http.MethodOptions, target: "/rpc/film_title", status: 404,
			body: fault("PGRST202", "Could not find the function archive.film_title without parameters in the schema cache",
				"Searched for the function archive.film_title without parameters, but no matches were found in the schema cache.",
				"Perhaps you meant to call the function archive.film_titles")},
		exchange{name: "function_without_its_arguments", method: http.MethodOptions, target: "/rpc/add", status: 404,
			body: fault("PGRST202", "Could not find the function archive.add without parameters in the schema cache",
				"Searched for the function archive.add without parameters, but no matches were found in the schema cache.", "")},
		exchange{name: "function_that_is_one_of_two", method: http.MethodOptions, target: "/rpc/describe?id=1", status: 300,
			body: fault("PGRST203", "Could not choose the best candidate function between: archive.describe(id => integer), archive.describe(id => text)", "",
				"Try renaming the parameters or the function itself in the database so function overloading can be resolved")},
		exchange{name: "procedure", method: http.MethodOptions, target: "/rpc/not_a_function", status: 404,
			want: headers{"Proxy-Status": "PostgREST; error=PGRST202"},
			body: fault("PGRST202", "Could not find the function archive.not_a_function without parameters in the schema cache",
				"Searched for the function archive.not_a_function without parameters, but no matches were found in the schema cache.", "")},
		exchange{name: "nested_path", method: http.MethodOptions, target: "/films/1", status: 404,
			body: fault("PGRST125", "Invalid path specified in request URL", "", "")},
	)
	run(t, serve(t), exchanges...)
}

// A host's own policy for other origins goes before the API's.
func TestOptions_CORS_of_the_host(t *testing.T) {
	t.Parallel()
	api := serve(t)
	host := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://archive.example")
		api.ServeHTTP(w, r)
	})
	run(t, host, exchange{name: "origin", method: http.MethodOptions, target: "/films",
		want: headers{"Access-Control-Allow-Origin": "https://archive.example", "Content-Type": ""}})
}
