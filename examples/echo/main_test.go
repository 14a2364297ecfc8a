package main

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/pgresttest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestMount(t *testing.T) {
	t.Parallel()
	api := pgresttest.New(t, pgtest.Fixture(t).Pool(t), pgrest.Options{
		Schemas: []string{"archive"}, AnonRole: "pgrest_test_anon",
	})

	tests := map[string]struct {
		method   string // GET
		sent     string
		target   string
		status   int
		location string
		body     string
	}{
		"table": {
			target:   "/api/directors?select=id&order=id&limit=1",
			status:   http.StatusOK,
			location: "/api/directors?limit=1&order=id&select=id",
			body:     `[{"id":1}]`,
		},
		"escaped_name": {
			target:   "/api/lost%20%26%20found%2C%20vol.1?select=order&order=order&limit=1",
			status:   http.StatusOK,
			location: "/api/lost%20&%20found%2C%20vol.1?limit=1&order=order&select=order",
			body:     `[{"order":1}]`,
		},
		"query_in_the_body": {
			method:   "QUERY",
			sent:     "select=id&order=id&limit=1",
			target:   "/api/directors",
			status:   http.StatusOK,
			location: "/api/directors?limit=1&order=id&select=id",
			body:     `[{"id":1}]`,
		},
		"escaped_slash_is_part_of_a_name": {
			target: "/api/directors%2F1",
			status: http.StatusNotFound,
		},
		"hosts_own_path": {
			target: "/status",
			status: http.StatusNoContent,
		},
		"outside_the_mount": {
			target: "/directors",
			status: http.StatusNotFound,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := pgresttest.NewClient(t, newRouter(api)).With("Content-Type", "application/x-www-form-urlencoded")
			request := httptest.NewRequest(cmp.Or(test.method, http.MethodGet), test.target, strings.NewReader(test.sent))
			response := client.Do(request).Status(test.status).HasHeader("Content-Location", test.location)
			if test.body != "" {
				response.JSON(test.body)
			}
		})
	}
}
