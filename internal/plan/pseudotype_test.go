package plan_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// No value has a pseudo-type, wherever in select it is cast to one.
func TestBuild_pseudo_type(t *testing.T) {
	t.Parallel()
	planner := plan.New(archive(), plan.Config{Aggregates: true})
	for _, name := range []string{
		"any", "ANY", "anyelement", "anyarray", "anycompatiblerange", "setof any", "any array", "setof  anyelement array",
		"anycompatible", "anynonarray", "unknown", "Unknown",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, target := range []string{
				"/films?select=title::" + name, "/films?select=id,x:title.max()::" + name, "/films?select=...directors(name::" + name + ")",
				"/directors?select=id,films(directors(name::" + name + "))",
			} {
				_, err := planner.Build(request(t, http.MethodGet, target))
				require.Equal(t, apierror.PseudoType(name), err, target)
			}
		})
	}
	for _, name := range []string{"text", "anything", "any_", "record", "cstring", "void", "films", "setof text", "array", "setof"} {
		t.Run("not_"+name, func(t *testing.T) {
			t.Parallel()
			build(t, planner, "/films?select=title::"+name)
		})
	}
}
