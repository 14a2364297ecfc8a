package filter_test

import (
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

// FuzzEncode builds queries by hand, of whatever their types allow: what isn't refused is
// read as it was meant, and what is refused would be read as something else.
func FuzzEncode(f *testing.F) {
	for _, seed := range []string{
		"", "\x01\x03\x00\x01\x02\x05\x01\x00", "select and where and order and pages and names",
		"\x07\x00\x10\x20\x30\x40\x50\x60\x70\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b",
		"\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02",
		"\x03\x01\x04\x01\x05\x09\x02\x06\x05\x03\x05\x08\x09\x07\x09\x03\x02\x03\x08\x04\x06\x02\x06",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		q := (&maker{data: data}).query()
		encoded, err := q.Encode()
		if err == nil {
			require.Equal(t, encoded, q.String())
			requireSame(t, q, encoded)
			return
		}
		var refused *filter.EncodeError
		require.ErrorAs(t, err, &refused)
		requireOther(t, q)
	})
}

// maker makes parts of a query of bytes.
type maker struct {
	data       []byte
	aggregates bool // conditions are on aggregates, often
}

// below gives a number below n; 0 when there are no bytes left.
func (m *maker) below(n int) int {
	if len(m.data) == 0 {
		return 0
	}
	b := int(m.data[0])
	m.data = m.data[1:]
	return b % n
}

func (m *maker) chance() bool { return m.below(4) == 1 }

// trickyTexts are names and values that the grammar takes for something else, or nearly.
var trickyTexts = []string{
	"a", "b", "", "a b", " a", "a-b", "-a", "a->b", "a.b", "0", "-1", "12", `"`, `a"b`, `\`, ",", ")", "(", "a(b)", "*", "count", "count()",
	"not", "and", "or", "select", "order", "limit", "x.limit", "left", "inner", "lefty", "any", "all", "in", "is", "eq.1", "not.eq.1", "is.x",
	"l2", "[1,2]", "f(1", "(]", `("a)")`, "null", "{", "{a,b}", "{a}b", "{{a},b}", "a:b", "a::b", "...a", "!", "&", ";", "=", "+", "%", "%41", "#", "é", "\x00", "\xff", "\u00a0", "\t", "\n",
}

func (m *maker) text() string {
	if m.below(8) == 1 {
		n := min(m.below(6), len(m.data))
		text := string(m.data[:n])
		m.data = m.data[n:]
		return text
	}
	return trickyTexts[m.below(len(trickyTexts))]
}

func (m *maker) maybe() string {
	if m.chance() {
		return m.text()
	}
	return ""
}

func several[T any](m *maker, one func() T) []T {
	var all []T
	for range m.below(4) {
		all = append(all, one())
	}
	return all
}

func (m *maker) path() []string {
	if m.chance() {
		return several(m, m.text)
	}
	return nil
}

func (m *maker) query() *filter.Query {
	q := &filter.Query{}
	if m.chance() {
		q.Select = append([]filter.SelectItem{}, several(m, func() filter.SelectItem { return m.item(3) })...)
	}
	q.Where = several(m, func() filter.Predicate { return filter.Predicate{Path: m.path(), Node: m.node(3)} })
	q.Order = several(m, func() filter.Order { return filter.Order{Path: m.path(), Terms: several(m, m.term)} })
	q.Pages = several(m, func() filter.Page { return filter.Page{Path: m.path(), Limit: m.number(), Offset: m.number()} })
	if m.chance() {
		q.Columns, q.OnConflict = several(m, m.text), several(m, m.text)
	}
	if m.chance() {
		q.OnConflict, q.OnConstraint = []string{"constraint"}, m.text()
	}
	switch m.below(6) {
	case 1: // which are arguments if there are any
		q.Distinct = several(m, func() filter.Distinct {
			return filter.Distinct{Path: m.path(), All: m.chance(), Fields: several(m, m.field)}
		})
		m.aggregates = true
		q.Having = several(m, func() filter.Having {
			return filter.Having{Path: m.path(), Nodes: several(m, func() filter.Node { return m.node(2) })}
		})
		m.aggregates = false
	case 2:
		q.Arguments = several(m, func() filter.Argument { return filter.Argument{Name: m.text(), Value: m.text()} })
	}
	return q
}

func (m *maker) number() *int64 {
	if m.chance() {
		return nil
	}
	return number(int64(m.below(7)-3) << (m.below(2) * 61))
}

func (m *maker) field() filter.Field {
	f := filter.Field{Name: m.text(), Cast: m.maybe()}
	if m.chance() {
		f.Related = several(m, m.text)
	}
	if m.chance() {
		f.Path = several(m, func() filter.Step { return filter.Step{Text: m.chance(), Key: m.text(), Index: m.chance()} })
	}
	if m.chance() {
		f.Call = &filter.Call{Name: m.text(), Arguments: several(m, func() any { return m.text() })}
	}
	return f
}

func (m *maker) node(depth int) filter.Node {
	if depth > 0 && m.chance() {
		return filter.Group{Negated: m.chance(), Any: m.chance(), Nodes: several(m, func() filter.Node { return m.node(depth - 1) })}
	}
	c := filter.Condition{Field: m.field(), Negated: m.chance(), Operator: filter.Operator(m.below(int(filter.Holds) + 2)), Value: m.text()}
	if m.aggregates && m.below(2) == 1 || m.below(16) == 1 {
		c.Aggregate = m.aggregate()
	}
	switch {
	case c.Operator == filter.In:
		c.List = several(m, m.text)
	case c.Operator == filter.Is:
		c.Is = filter.IsValue(m.below(6))
	case m.chance():
		c.Quantifier = filter.Quantifier(m.below(4))
	case m.chance():
		c.Language = m.text()
	}
	return c
}

func (m *maker) term() filter.OrderTerm {
	t := filter.OrderTerm{
		Field: m.field(), IgnoreCase: m.chance(),
		Direction: filter.Direction(m.below(4)), Nulls: filter.NullsOrder(m.below(4)),
	}
	if m.chance() {
		t.Aggregate = m.aggregate()
	}
	return t
}

func (m *maker) aggregate() filter.Aggregate { return filter.Aggregate(m.below(8)) }

func (m *maker) item(depth int) filter.SelectItem {
	if depth > 0 && m.chance() {
		r := filter.SelectRelation{
			Relation: m.text(), Alias: m.maybe(), Hint: m.maybe(), Join: filter.JoinType(m.below(4)), Spread: m.chance(),
		}
		r.Items = several(m, func() filter.SelectItem { return m.item(depth - 1) })
		return r
	}
	f := filter.SelectField{All: m.chance(), Alias: m.maybe(), Cast: m.maybe(), AggregateCast: m.maybe()}
	if !f.All || m.chance() {
		f.Field = m.field()
	}
	if m.chance() {
		f.Aggregate = m.aggregate()
	}
	return f
}
