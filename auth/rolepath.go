package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/theory/jsonpath"
	"github.com/theory/jsonpath/spec"
)

// defaultRolePath is where the role is, unless the configuration says otherwise.
const defaultRolePath = "$.role"

// rolePath finds the role in a token's claims.
type rolePath interface {
	// find takes the claims and gives the role as encoding/json makes them, with
	// json.Number for numbers.
	find(claims any) (role any, found bool)
}

// parseRolePath parses a JSON Path of RFC 9535, which begins with a dollar sign, or the
// older form, which begins with a dot. It returns nil for the default, the member "role",
// which needs no path.
func parseRolePath(text string) (rolePath, error) {
	switch {
	case text == "" || text == defaultRolePath || text == ".role":
		return nil, nil
	case text[0] == '$':
		path, err := jsonpath.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("failed to parse role-claim-key value (%s): %w", text, err)
		}
		return jsonPath{path.Query()}, nil
	}
	path, err := parseDottedPath(text)
	if err != nil {
		return nil, fmt.Errorf("failed to parse role-claim-key value (%s): %w", text, err)
	}
	return path, nil
}

// jsonPath is a query of RFC 9535. The first node that it selects is the role. RFC 9535
// leaves open the order of an object's members; here it is that of their names, so that a
// token always has the same role.
type jsonPath struct{ query *spec.PathQuery }

func (p jsonPath) find(claims any) (role any, found bool) {
	return firstNode(p.query.Segments(), claims, claims)
}

// firstNode returns the first node that the segments lead to, and looks for no
// others.
func firstNode(segments []*spec.Segment, node, root any) (first any, found bool) {
	if len(segments) == 0 {
		return node, true
	}
	for _, selector := range segments[0].Selectors() {
		for _, selected := range selectNodes(selector, node, root) {
			if first, found = firstNode(segments[1:], selected, root); found {
				return first, true
			}
		}
	}
	if !segments[0].IsDescendant() {
		return nil, false
	}
	for _, child := range selectNodes(spec.Wildcard(), node, root) {
		if first, found = firstNode(segments, child, root); found {
			return first, true
		}
	}
	return nil, false
}

// selectNodes applies a selector to a node. It gives it the members of an object one at a
// time, sorted by name, since the selector's own order is that of a map.
func selectNodes(selector spec.Selector, node, root any) []any {
	object, ok := node.(map[string]any)
	if _, named := selector.(spec.Name); named || !ok {
		return selector.Select(node, root)
	}
	var nodes []any
	for _, name := range slices.Sorted(maps.Keys(object)) {
		nodes = append(nodes, selector.Select(map[string]any{name: object[name]}, root)...)
	}
	return nodes
}

// dottedPath is the older form: names and indexes, and optionally a filter of strings at
// the end.
type dottedPath struct {
	steps  []dottedStep
	filter func(element string) bool // nil when there is none
}

// dottedStep goes into an object by name or, without one, into an array.
type dottedStep struct {
	name    string
	named   bool
	element int
}

func (p dottedPath) find(claims any) (role any, found bool) {
	node := claims
	for _, step := range p.steps {
		switch n := node.(type) {
		case map[string]any:
			member, ok := n[step.name]
			if !step.named || !ok {
				return nil, false
			}
			node = member
		case []any:
			if step.named || step.element >= len(n) {
				return nil, false
			}
			node = n[step.element]
		default:
			return nil, false
		}
	}
	if p.filter == nil {
		return node, true
	}
	elements, _ := node.([]any)
	for _, element := range elements {
		if text, ok := element.(string); ok && p.filter(text) {
			return text, true
		}
	}
	return nil, false
}

func parseDottedPath(text string) (dottedPath, error) {
	var p dottedPath
	for rest := text; rest != ""; {
		var err error
		var step dottedStep
		switch {
		case strings.HasPrefix(rest, "[?("):
			p.filter, err = parseDottedFilter(rest)
			return p, err
		case rest[0] == '.':
			step.named = true
			step.name, rest, err = cutDottedName(rest[1:])
		case rest[0] == '[':
			step.element, rest, err = cutDottedIndex(rest[1:])
		default:
			err = fmt.Errorf("expected . or [ before %q", rest)
		}
		if err != nil {
			return dottedPath{}, err
		}
		p.steps = append(p.steps, step)
	}
	return p, nil
}

func cutDottedName(text string) (name, rest string, err error) {
	if strings.HasPrefix(text, `"`) {
		return cutQuoted(text)
	}
	end := strings.IndexFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("_$@", r)
	})
	if end < 0 {
		end = len(text)
	}
	if end == 0 {
		return "", "", fmt.Errorf("expected a name before %q", text)
	}
	return text[:end], text[end:], nil
}

func cutDottedIndex(text string) (index int, rest string, err error) {
	digits, rest, ok := strings.Cut(text, "]")
	if !ok || strings.Trim(digits, "0123456789") != "" {
		return 0, "", fmt.Errorf("expected an index and ] before %q", text)
	}
	if index, err = strconv.Atoi(digits); err != nil {
		return 0, "", fmt.Errorf("read the index: %w", err)
	}
	return index, rest, nil
}

// cutQuoted reads a text in double quotes, in which nothing is escaped.
func cutQuoted(text string) (quoted, rest string, err error) {
	if !strings.HasPrefix(text, `"`) {
		return "", "", fmt.Errorf("expected a double quote before %q", text)
	}
	quoted, rest, ok := strings.Cut(text[1:], `"`)
	if !ok {
		return "", "", fmt.Errorf("expected a double quote at the end of %q", text)
	}
	return quoted, rest, nil
}

// parseDottedFilter parses a filter such as [?(@ == "author")].
func parseDottedFilter(text string) (func(string) bool, error) {
	rest, ok := strings.CutPrefix(text, "[?(@")
	if !ok {
		return nil, fmt.Errorf("expected @ in %q", text)
	}
	match, rest, err := cutComparison(strings.TrimLeftFunc(rest, unicode.IsSpace))
	if err != nil {
		return nil, err
	}
	operand, rest, err := cutQuoted(strings.TrimLeftFunc(rest, unicode.IsSpace))
	if err != nil {
		return nil, err
	}
	if rest != ")]" {
		return nil, fmt.Errorf("expected )] and the end before %q", rest)
	}
	return func(element string) bool { return match(element, operand) }, nil
}

// cutComparison reads an operator of the older form.
func cutComparison(text string) (match func(element, operand string) bool, rest string, err error) {
	for _, c := range []struct {
		operator string // a longer one stands before those that begin it
		match    func(element, operand string) bool
	}{
		{"==^", strings.HasSuffix},
		{"==", func(element, operand string) bool { return element == operand }},
		{"!=", func(element, operand string) bool { return element != operand }},
		{"^==", strings.HasPrefix},
		{"*==", strings.Contains},
	} {
		if rest, ok := strings.CutPrefix(text, c.operator); ok {
			return c.match, rest, nil
		}
	}
	return nil, "", fmt.Errorf("expected ==, !=, ^==, ==^ or *== before %q", text)
}

// roleAt returns the role that a path finds in a token's payload. As without a path, a
// value that isn't a string counts as its JSON text.
func roleAt(path rolePath, payload []byte) (role string, ok bool, err error) {
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber() // a role that is a number keeps all of its digits
	var claims any
	if err := decoder.Decode(&claims); err != nil {
		return "", false, fmt.Errorf("decode the claims: %w", err)
	}
	found, ok := path.find(claims)
	if !ok {
		return "", false, nil
	}
	if text, ok := found.(string); ok {
		return text, true, nil
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(found); err != nil {
		return "", false, fmt.Errorf("encode the role: %w", err)
	}
	return strings.TrimSuffix(text.String(), "\n"), true, nil
}
