package program

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// Arguments of the host's operators are values: requests that differ in them alone share a
// program. Whether two calls of one request have the same arguments is a part of its shape.
func TestCache_operators(t *testing.T) {
	t.Parallel()
	planner := plan.New(programSchema(), plan.Config{Aggregates: true, Operators: map[string]*plan.Operator{
		"like_it": {Name: "like_it", SQL: "alike($0, $1, $2)", Arguments: []string{"a", "b"}, Types: []string{"text", "extensions.vector"}, Returns: "boolean"},
		"l2":      {Name: "l2", SQL: "$0 OPERATOR(extensions.<->) $1", Arguments: []string{"to"}, Types: []string{"extensions.vector"}, Returns: "double precision"},
	}})
	for name, targets := range map[string][2]string{
		"condition":        {"/films?title=like_it(Xx,[1])&id=eq.1", "/films?title=like_it(Yy,[2])&id=eq.2"},
		"group":            {"/films?or=(title.not.like_it(Xx,[1]),title.l2([3]).lt.4)", "/films?or=(title.not.like_it(Yy,[2]),title.l2([5]).lt.6)"},
		"field":            {"/films?title.l2([1])=lt.2", "/films?title.l2([1,2,3])=lt.4"},
		"order":            {"/films?order=title.l2([1]).desc&limit=1", "/films?order=title.l2([2]).desc&limit=2"},
		"select":           {"/films?select=id,d:title.l2([1])::text,title.l2([2]).min()", "/films?select=id,d:title.l2([3])::text,title.l2([4]).min()"},
		"select and order": {"/films?select=title.l2([1])&order=title.l2([1])", "/films?select=title.l2([2])&order=title.l2([2])"},
		"embed":            {"/directors?select=films(title.l2([1]))&films.order=title.l2([2])&films.title=like_it(Xx,[1])", "/directors?select=films(title.l2([3]))&films.order=title.l2([4])&films.title=like_it(Yy,[5])"},
		"having":           {"/films?select=id&having=(title.l2([1]).min().lt.1)", "/films?select=id&having=(title.l2([2]).min().lt.3)"},
		"delete":           {"DELETE /films?title=like_it(Xx,[1])", "DELETE /films?title=like_it(Yy,[2])"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var cache Cache
			var texts []string
			for _, target := range targets {
				req := operatorRequest(t, target)
				requireSameProgram(t, &cache, planner, req)
				for _, operand := range req.Values.Operands {
					require.NotContains(t, string(req.AppendKey(nil)), operand)
					require.NotContains(t, texts, operand)
				}
				texts = append(texts, req.Values.Operands...)
				_, program, err := cache.Build(planner, &req.Shape)
				require.NoError(t, err)
				var bound []string
				for _, arg := range req.Values.Bind(program.Main.Args) {
					bound = append(bound, string(arg))
				}
				require.Subset(t, bound, req.Values.Operands)
			}
			require.Len(t, cache.byKey, 1)
		})
	}
	same, other := operatorRequest(t, "/films?select=title.l2([1])&order=title.l2([1])"), operatorRequest(t, "/films?select=title.l2([1])&order=title.l2([2])")
	require.Equal(t, []string{"[1]"}, same.Values.Operands)
	require.Equal(t, []string{"[1]", "[2]"}, other.Values.Operands)
	require.NotEqual(t, same.AppendKey(nil), other.AppendKey(nil))
}

func operatorRequest(t *testing.T, target string) *apirequest.Request {
	t.Helper()
	method := http.MethodGet
	if len(target) > 7 && target[:7] == "DELETE " {
		method, target = http.MethodDelete, target[7:]
	}
	req, err := apirequest.Parse(httptest.NewRequest(method, target, nil), apirequest.Config{Schemas: []string{"api"}, Operators: true})
	require.NoError(t, err)
	return req
}
