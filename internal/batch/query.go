package batch

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
)

// query is a query string. In the place of references it has marks, which are values for the
// grammar wherever one can stand: letters and digits that no client knows.
type query struct {
	written string // as the client has it
	text    string
	nonce   string
	marks   []mark
}

// mark stands for a reference.
type mark struct {
	text string
	to   Reference
}

// query finds the references in a query string: {name/pointer}, percent-encoded as the rest of
// it. Braces that are percent-encoded, or don't hold something like a name and a slash, are
// what they are in any query.
func (c *compiler) query(raw string) (query, error) {
	q := query{written: raw, text: raw}
	var text strings.Builder
	for rest := raw; ; {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			if len(q.marks) > 0 {
				text.WriteString(rest)
				q.text = text.String()
			}
			return q, nil
		}
		text.WriteString(rest[:open])
		rest = rest[open:]
		end := strings.IndexAny(rest[1:], "{}") + 1 // of two braces that open, the second may begin a reference
		if end == 0 || rest[end] == '{' {
			text.WriteByte('{')
			rest = rest[1:]
			continue
		}
		inside, err := url.PathUnescape(rest[1:end])
		if err != nil {
			inside = rest[1:end]
		}
		to, is, err := c.reference(inside)
		switch {
		case err != nil:
			return q, fmt.Errorf("%w; a brace that begins no reference can be written as %%7B", err)
		case !is:
			text.WriteString(rest[:end+1])
		default:
			if q.nonce == "" {
				q.nonce = "r" + rand.Text()
			}
			m := mark{q.nonce + strconv.Itoa(len(q.marks)) + "e", to}
			q.marks = append(q.marks, m)
			text.WriteString(m.text)
		}
		rest = rest[end+1:]
	}
}

// errMisplaced is a reference that isn't the whole of a value.
var errMisplaced = errors.New("A reference has to be the whole of a value: what an operator compares with, an element of in, or an argument")

// values puts values in the place of the marks.
type values struct {
	query  *query
	byMark map[string]string
	seen   int
	err    error
}

// value gives what a text stands for.
func (v *values) value(text string) string {
	if !strings.Contains(text, v.query.nonce) {
		return text
	}
	value, ok := v.byMark[text]
	if !ok {
		v.err = errMisplaced
		return text
	}
	v.seen++
	return value
}

func (v *values) node(node filter.Node) filter.Node {
	switch node := node.(type) {
	case filter.Condition:
		v.field(node.Field)
		node.Value = v.value(node.Value)
		for i := range node.List {
			node.List[i] = v.value(node.List[i])
		}
		return node
	case filter.Group:
		for i := range node.Nodes {
			node.Nodes[i] = v.node(node.Nodes[i])
		}
		return node
	}
	return node
}

// field puts values in the place of the marks among the arguments of an operator of the host's.
func (v *values) field(f filter.Field) {
	if f.Call == nil {
		return
	}
	for i, argument := range f.Call.Arguments {
		if text, ok := argument.(string); ok {
			f.Call.Arguments[i] = v.value(text)
		}
	}
}

func (v *values) items(items []filter.SelectItem) {
	for _, item := range items {
		switch item := item.(type) {
		case filter.SelectField:
			v.field(item.Field)
		case filter.SelectRelation:
			v.items(item.Items)
		}
	}
}

// bind puts values in the place of the marks of a query that has been parsed.
func (v *values) bind(q *filter.Query) error {
	v.items(q.Select)
	for _, order := range q.Order {
		for _, term := range order.Terms {
			v.field(term.Field)
		}
	}
	for _, having := range q.Having {
		for i := range having.Nodes {
			having.Nodes[i] = v.node(having.Nodes[i])
		}
	}
	for i := range q.Where {
		q.Where[i].Node = v.node(q.Where[i].Node)
	}
	for i := range q.Arguments {
		q.Arguments[i].Value = v.value(q.Arguments[i].Value)
	}
	if v.err != nil || v.seen != len(v.query.marks) {
		return apierror.InvalidReference(errMisplaced.Error())
	}
	return nil
}

// resolve finds what the references of the query lead to: the text of a string, or else the
// JSON. There may be most bytes in all, 0 being no bound.
func (q *query) resolve(answers Answers, most int) (*values, error) {
	v := &values{query: q, byMark: make(map[string]string, len(q.marks))}
	size := 0
	for i := range q.marks {
		raw, err := answers.find(q.marks[i].to)
		if err != nil {
			return nil, apierror.InvalidReference(err.Error())
		}
		text := string(raw)
		switch raw[0] {
		case 'n':
			return nil, apierror.InvalidReference(fmt.Sprintf("The reference %s leads to null, which no value of a filter is", q.marks[i].to))
		case '"':
			if err := json.Unmarshal(raw, &text); err != nil {
				return nil, err
			}
		}
		v.byMark[q.marks[i].text] = text
		if size += len(text); most > 0 && size > most {
			return nil, apierror.URLTooLong("query string", most)
		}
	}
	return v, nil
}
