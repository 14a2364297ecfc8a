package apitest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// item is a row of items with all that is related to it.
type item struct {
	ID     int
	Name   string
	Makers *struct {
		Name      string
		Countries *struct {
			Name       *string
			Continents *struct{ Name *string }
		}
	}
	Labels []struct{ Name, Kind string }
	Parts  []struct {
		Name   string
		Makers *struct{ Name string }
	}
}

// truth is true, false, or neither, as in SQL.
type truth int

const (
	no truth = iota
	unknown
	yes
)

func (t truth) not() truth { return yes - t }

// condition is one in the grammar of groups, and what it says of an item.
type condition struct {
	text  string
	holds func(item) truth
}

// compared compares a value, nil for NULL, by an operator that the value stands behind.
func compared(operator string, have *string, with string) truth {
	operator, negated := strings.CutPrefix(operator, "not.")
	result := unknown
	isTrue := func(b bool) truth {
		if b {
			return yes
		}
		return no
	}
	switch {
	case operator == "is":
		result = isTrue(have == nil)
	case operator == "isdistinct":
		result = isTrue(have == nil || *have != with)
	case have == nil:
	case operator == "eq":
		result = isTrue(*have == with)
	case operator == "neq":
		result = isTrue(*have != with)
	case operator == "like":
		result = isTrue(strings.Contains(*have, strings.Trim(with, "*")))
	}
	if negated {
		return result.not()
	}
	return result
}

// randomCondition makes a condition about an item, or about what is related to it.
func randomCondition(r *rand.Rand, depth int) condition {
	if depth > 0 && r.IntN(3) == 0 {
		return randomGroup(r, depth-1)
	}
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	operator := pick("eq", "neq", "like", "isdistinct", "is", "not.eq", "not.like", "not.is", "not.isdistinct")
	with := pick("berg", "Ito", "Japan", "Norway", "Europe", "iron", "tool", "stuff", "mast", "blade", "Axe", "a", "o")
	if strings.HasSuffix(operator, "is") {
		with = "null"
	} else if strings.HasSuffix(operator, "like") {
		with = "*" + with + "*"
	}
	one := func(field string, value func(item) *string) condition {
		return condition{field + "." + operator + "." + with, func(i item) truth { return compared(operator, value(i), with) }}
	}
	some := func(field string, values func(item) []*string) condition {
		return condition{field + "." + operator + "." + with, func(i item) truth {
			for _, v := range values(i) {
				if compared(operator, v, with) == yes {
					return yes
				}
			}
			return no
		}}
	}
	switch r.IntN(7) {
	case 0:
		return one("name", func(i item) *string { return &i.Name })
	case 1:
		return one("makers(name)", func(i item) *string {
			if i.Makers == nil {
				return nil
			}
			return &i.Makers.Name
		})
	case 2:
		return one("makers(countries(name))", func(i item) *string {
			if i.Makers == nil || i.Makers.Countries == nil {
				return nil
			}
			return i.Makers.Countries.Name
		})
	case 3:
		return one("makers(countries(continents(name)))", func(i item) *string {
			if i.Makers == nil || i.Makers.Countries == nil || i.Makers.Countries.Continents == nil {
				return nil
			}
			return i.Makers.Countries.Continents.Name
		})
	case 4:
		return some("labels(name)", func(i item) (values []*string) {
			for _, l := range i.Labels {
				values = append(values, &l.Name)
			}
			return values
		})
	case 5:
		return some("labels(kind)", func(i item) (values []*string) {
			for _, l := range i.Labels {
				values = append(values, &l.Kind)
			}
			return values
		})
	}
	return some("parts(makers(name))", func(i item) (values []*string) {
		for _, p := range i.Parts {
			if p.Makers == nil {
				values = append(values, nil)
			} else {
				values = append(values, &p.Makers.Name)
			}
		}
		return values
	})
}

// randomGroup makes a group of conditions, negated or not.
func randomGroup(r *rand.Rand, depth int) condition {
	members, texts, isAny, negated := []condition{}, []string{}, r.IntN(2) == 0, r.IntN(3) == 0
	for range 1 + r.IntN(3) {
		m := randomCondition(r, depth)
		members, texts = append(members, m), append(texts, m.text)
	}
	word := map[bool]string{true: "or", false: "and"}[isAny]
	if negated {
		word = "not." + word
	}
	return condition{word + "(" + strings.Join(texts, ",") + ")", func(i item) truth {
		result := yes
		if isAny {
			result = no
		}
		for _, m := range members {
			if isAny {
				result = max(result, m.holds(i))
			} else {
				result = min(result, m.holds(i))
			}
		}
		if negated {
			return result.not()
		}
		return result
	}}
}

// Whatever conditions about related rows are joined to, the rows, their number, and what HEAD
// tells of it are those that the conditions hold for, judged by all rows with all that is
// related to them.
func TestFilters_related_agree(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shelf)
	const shown = "select=id,name,makers!items_maker_id_fkey%s(name,countries(name,continents(name))),labels%s(name,kind),parts%s(name,makers(name))&order=id"
	const hidden = "select=id,makers!items_maker_id_fkey%s(countries(continents())),labels%s(),parts%s(makers())&order=id"
	read := func(target string, send headers) ([]item, http.Header) {
		response := answer(api, exchange{target: target, send: send}.request(t))
		require.Equal(t, http.StatusOK, response.Code, "%s %s", target, response.Body)
		var items []item
		require.NoError(t, json.Unmarshal(response.Body.Bytes(), &items))
		return items, response.Header()
	}
	all, _ := read("/items?"+fmt.Sprintf(shown, "", "", ""), nil)
	require.Len(t, all, 5)
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	matched := 0
	for range 250 {
		inner := [3]string{}
		for i := range inner {
			if r.IntN(4) == 0 {
				inner[i] = "!inner"
			}
		}
		c := randomGroup(r, 2)
		want := []int{}
		for _, i := range all {
			present := (inner[0] == "" || i.Makers != nil) && (inner[1] == "" || len(i.Labels) > 0) && (inner[2] == "" || len(i.Parts) > 0)
			if present && c.holds(i) == yes {
				want = append(want, i.ID)
			}
		}
		matched += len(want)
		query := fmt.Sprintf([]string{shown, hidden}[r.IntN(2)], inner[0], inner[1], inner[2]) + "&and=" + url.QueryEscape("("+c.text+")")
		rows, header := read("/items?"+query, headers{"Prefer": "count=exact"})
		got := []int{}
		for _, i := range rows {
			got = append(got, i.ID)
		}
		require.Equal(t, want, got, "seed %d: %s", seed, query)
		tells := fmt.Sprintf("0-%d/%d", len(want)-1, len(want))
		if len(want) == 0 {
			tells = "*/0"
		}
		require.Equal(t, tells, header.Get("Content-Range"), "seed %d: %s", seed, query)
		head := answer(api, exchange{method: http.MethodHead, target: "/items?" + query, send: headers{"Prefer": "count=exact"}}.request(t))
		require.Equal(t, tells, head.Header().Get("Content-Range"), "seed %d: %s", seed, query)
	}
	require.NotZero(t, matched)
}
