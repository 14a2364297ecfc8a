package apitest_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// Whatever is put together of select, distinct, having and order: the number of rows is what
// GET and HEAD count, a page is the part of all rows that it should be, and PostgreSQL never
// finds an order that doesn't go with what is distinct. Each seed is a test of its own.
func TestGrouping_property(t *testing.T) {
	t.Parallel()
	api := serveClone(t, purchases, aggregating, func(o *pgrest.Options) { o.MaxRows = 1000 })
	answered := make(chan bool, 400)
	t.Run("seeds", func(t *testing.T) {
		for seed := range uint64(400) {
			t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
				t.Parallel()
				answered <- checkGrouping(t, api, "/purchases?"+randomGrouping(rand.New(rand.NewPCG(seed, 21))))
			})
		}
	})
	close(answered)
	n := 0
	for ok := range answered {
		if ok {
			n++
		}
	}
	require.Greater(t, n, 100, "requests that are answered with rows")
}

func randomGrouping(r *rand.Rand) string {
	some := func(most int, of ...string) []string {
		r.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
		return of[:r.IntN(min(most, len(of))+1)]
	}
	columns := some(3, "kind", "buyer_id", "b:buyer_id", "size:amount::text", "info->>tag", "t:info->>tag", "note", "place", "...buyers(city)", "...buyers(town:city)", "buyers(name)")
	aggregates := some(2, "count()", "total:amount.sum()", "amount.sum()", "n:kind.count(distinct)", "...buyers(last:name.max())")
	if r.IntN(2) == 0 {
		aggregates = nil
	}
	selected := "select=" + strings.Join(append(columns, aggregates...), ",")
	// known leaves out names that select hasn't got, mostly.
	known := func(names []string) []string {
		return slices.DeleteFunc(names, func(name string) bool {
			name, _, _ = strings.Cut(name, ".")
			defined, ok := map[string]string{"b": "b:", "size": "size:", "t": "t:", "city": "(city)", "town": "town:", "total": "total:", "n": "n:", "last": "last:",
				"buyers(city)": "...buyers"}[name]
			return ok && !strings.Contains(selected, defined) && r.IntN(20) > 0
		})
	}
	query := []string{selected}
	switch r.IntN(3) {
	case 0:
		query = append(query, "distinct=*")
	case 1:
		if on := known(some(4, "kind", "buyer_id", "b", "size", "info->>tag", "t", "city", "town", "total", "n", "note", "weight")); len(on) > 0 {
			query = append(query, "distinct="+strings.Join(on, ","))
		}
	}
	if having := known(some(2, "count().gt.1", "amount.sum().gte.12", "total.gt.1", "or(kind.max().eq.film,amount.min().lt.8)", "last.neq.Mary")); r.IntN(2) == 0 && len(having) > 0 {
		query = append(query, "having=("+strings.Join(having, ",")+")")
	}
	if order := known(some(4, "kind.desc", "buyer_id", "b", "size", "info->>tag", "t.nullsfirst", "city", "town", "buyers(city)", "amount.sum()", "total.desc", "count()", "n", "last", "weight")); len(order) > 0 {
		query = append(query, "order="+strings.Join(order, ","))
	}
	return strings.Join(query, "&")
}

// checkGrouping reports whether the request is answered with rows.
func checkGrouping(t *testing.T, api http.Handler, target string) bool {
	t.Helper()
	send := headers{"Prefer": "count=exact"}
	read := func(method, target string) (*http.Response, []json.RawMessage) {
		response := ask(t, api, exchange{method: method, target: target, send: send})
		var rows []json.RawMessage
		if response.StatusCode < 300 && method == http.MethodGet {
			require.NoError(t, json.NewDecoder(response.Body).Decode(&rows), target)
		}
		return response, rows
	}
	response, rows := read(http.MethodGet, target)
	if response.StatusCode != http.StatusOK {
		var failed struct{ Code, Message string }
		require.NoError(t, json.NewDecoder(response.Body).Decode(&failed), target)
		require.Less(t, response.StatusCode, 500, "%s: %v", target, failed)
		if failed.Code == "42P10" {
			require.NotContains(t, failed.Message, "DISTINCT", "%s: PostgreSQL refuses it", target)
		} else {
			require.Contains(t, []string{"42703", "42803", "42883", "PGRST108"}, failed.Code, "%s: %s", target, failed.Message)
		}
		head, _ := read(http.MethodHead, target)
		require.Equal(t, response.StatusCode, head.StatusCode, target)
		return false
	}
	total := "/" + strconv.Itoa(len(rows))
	require.True(t, strings.HasSuffix(response.Header.Get("Content-Range"), total), "%s has %d rows, and %s", target, len(rows), response.Header.Get("Content-Range"))
	head, _ := read(http.MethodHead, target)
	require.Equal(t, response.Header.Get("Content-Range"), head.Header.Get("Content-Range"), target)
	if len(rows) < 2 {
		return true
	}
	page, part := read(http.MethodGet, target+"&offset=1&limit=2")
	require.Len(t, part, min(2, len(rows)-1), target)
	require.True(t, strings.HasSuffix(page.Header.Get("Content-Range"), total), target)
	head, _ = read(http.MethodHead, target+"&offset=1&limit=2")
	require.Equal(t, page.Header.Get("Content-Range"), head.Header.Get("Content-Range"), target)
	if strings.Contains(target, "distinct=*") {
		seen := map[string]bool{}
		for _, row := range rows {
			require.False(t, seen[string(row)], "%s has %s twice", target, row)
			seen[string(row)] = true
		}
	}
	return true
}
