package apirequest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// The table of operations agrees with what HTTP says of its methods.
func TestOperations(t *testing.T) {
	t.Parallel()
	safe := []string{"OPTIONS", "GET", "HEAD", "QUERY"}
	methods := map[apirequest.Resource]string{
		apirequest.Root:     "OPTIONS,GET,HEAD",
		apirequest.Relation: "OPTIONS,GET,HEAD,QUERY,POST,PUT,PATCH,DELETE",
		apirequest.Routine:  "OPTIONS,GET,HEAD,QUERY,POST",
	}
	for resource, want := range methods {
		var has []string
		for o := range apirequest.Operations(resource) {
			has = append(has, o.Method)
			require.Equal(t, resource, o.Resource)
			require.Equal(t, slices.Contains(safe, o.Method), o.Safe, o.Method)
			require.Equal(t, o.Method == "HEAD", o.Head, o.Method)
			require.Equal(t, o.Method == "GET" || o.Method == "QUERY", o.Ranged, o.Method)
			require.Equal(t, o.Method == "QUERY", o.Content == apirequest.QueryContent, o.Method)
			require.Equal(t, slices.Contains([]string{"POST", "PUT", "PATCH"}, o.Method), o.Content == apirequest.PayloadContent, o.Method)
			require.Equal(t, resource == apirequest.Routine && o.Safe, o.Arguments, o.Method)
			profile := "Content-Profile"
			if o.Safe {
				profile = "Accept-Profile"
			}
			require.Equal(t, profile, o.Profile, o.Method)
			require.Equal(t, o.Method == "OPTIONS", o.Action == apirequest.Options)
		}
		require.Equal(t, want, strings.Join(has, ","), "each method once, in the order of Allow")
	}
}

// Whoever stops reading the operations gets no more of them.
func TestOperations_stop(t *testing.T) {
	t.Parallel()
	for o := range apirequest.Operations(apirequest.Relation) {
		require.Equal(t, "OPTIONS", o.Method)
		break
	}
}
