package apitest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// A function that returns values, and no rows with columns, is called as ever where the host
// decides: its value is no column that the host is told of.
func TestDecide_function_of_values(t *testing.T) {
	t.Parallel()
	var uses []pgrest.Use
	api := serve(t, func(o *pgrest.Options) {
		o.Decide = func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
			uses = append(uses, *use)
			return pgrest.Decision{}, nil
		}
	})
	for _, x := range []exchange{
		{name: "by GET", target: "/rpc/add?a=1&b=2", body: `3`},
		{name: "by POST", method: "POST", target: "/rpc/add", data: `{"a": 1, "b": 2}`, body: `3`},
		{name: "a set", target: "/rpc/film_titles?limit=1", body: `["Metropolis"]`},
		{name: "another column", target: "/rpc/film_titles?select=to_json", status: 400,
			body: fault("42703", "column film_titles.to_json does not exist", "", "")},
	} {
		t.Run(x.name, func(t *testing.T) {
			uses = nil
			x.check(t, ask(t, api, x))
			for _, use := range uses {
				require.Equal(t, pgrest.UseCall, use.Kind)
				require.Empty(t, use.Reads)
			}
		})
	}
}
