package openapi

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// own begins the names of the components that every document has. No name of the
// database's gives a component that begins so.
const own = "pgrest."

// names are those that are taken, of components of all kinds: generators make one
// namespace of them, in which neither case nor separators tell names apart.
type names struct {
	taken map[string]bool // folded
	// operations are the ids of operations, folded. Generators name types after them.
	operations map[string]bool
}

func newNames() names { return names{taken: map[string]bool{}, operations: map[string]bool{}} }

// take gives a name that no other has: the wanted one, or with a number where that is
// taken.
func (n names) take(want string) string {
	want = identifier(want)
	name := want
	for i := 2; n.has(fold(name)); i++ {
		name = want + "_" + strconv.Itoa(i)
	}
	n.taken[fold(name)] = true
	return name
}

// takeAll gives each of the wanted names, behind a prefix, one that no other has. The
// most ordinary ones go first, so that they stay as they are whatever becomes of the
// others.
func (n names) takeAll(prefix string, wants []string) []string {
	taken := make([]string, len(wants))
	for _, i := range byOddity(wants) {
		taken[i] = n.take(prefix + identifier(wants[i]))
	}
	return taken
}

func (n names) has(folded string) bool {
	return n.taken[folded] || n.derived(strings.TrimPrefix(strings.TrimPrefix(folded, "new"), "parse"))
}

// What the ids of operations on relations and on routines begin with.
var (
	tableVerbs   = []string{"read", "insert", "upsert", "update", "delete"}
	routineVerbs = []string{"query", "call"}
)

// reservedNames are what generators need themselves, folded: a type of TypeScript's, and
// what they make of the security scheme.
var reservedNames = []string{"array", "jwt", "jwtscopes"}

// derivations are what generators put behind the id of an operation to name what belongs
// to it: its parameters, bodies and responses.
var derivations = []string{
	"params", "request", "response", "body", "json", "formdata", "text", "header", "query", "mutation", "data", "error", "options",
}

// derived reports a name that a generator makes of an operation's id, such as
// ReadFilmsParams.
func (n names) derived(folded string) bool {
	begins := func(verb string) bool { return strings.HasPrefix(folded, verb) }
	if !begins(rootID) && !slices.ContainsFunc(tableVerbs, begins) && !slices.ContainsFunc(routineVerbs, begins) {
		return false
	}
	for i := range folded {
		if n.operations[folded[:i]] && isDerivation(folded[i:]) {
			return true
		}
	}
	return false
}

// isDerivation reports what can follow the id of an operation: a derivation, and what
// there may be behind it, but not the number that take gives.
func isDerivation(rest string) bool {
	begins := func(derivation string) bool { return strings.HasPrefix(rest, derivation) }
	return slices.ContainsFunc(derivations, begins) && rest[len(rest)-1] > '9'
}

// byOddity gives the indices of names, those of the most ordinary ones first.
func byOddity(all []string) []int {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(oddity(all[i]), oddity(all[j])) })
	return order
}

// oddity ranks names: those that PostgreSQL takes without quotes, others that can name a
// component, and those that can't.
func oddity(name string) int {
	switch {
	case identifier(name) != name:
		return 2
	case strings.ToLower(name) != name || strings.ContainsAny(name, "-."):
		return 1
	}
	return 0
}

// fold gives what generators leave of a name: letters and digits, case apart, and a
// letter before a digit that it would begin with.
func fold(name string) string {
	folded := make([]byte, 0, len(name)+1)
	for i := range len(name) {
		switch c := name[i]; {
		case 'A' <= c && c <= 'Z':
			folded = append(folded, c|0x20)
		case 'a' <= c && c <= 'z':
			folded = append(folded, c)
		case '0' <= c && c <= '9':
			if len(folded) == 0 {
				folded = append(folded, 'n')
			}
			folded = append(folded, c)
		}
	}
	return string(folded)
}

// folded gives what generators leave of a name of the database's.
func folded(name string) string { return fold(identifier(name)) }

// identifier makes what can name a component of a name, and is none of our own. What is
// beyond ASCII becomes code points, so that other letters give other names, and so does
// what is nothing but marks.
func identifier(name string) string {
	if isOrdinary(name) {
		return name
	}
	onlyMarks := !strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 || isAlphanumeric(r) })
	var b strings.Builder
	for _, r := range name {
		switch {
		case r >= 0x80 || onlyMarks:
			fmt.Fprintf(&b, "u%04x", r)
		case isAlphanumeric(r) || r == '_' || r == '-' || r == '.':
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	made := b.String()
	if hasEmptyPart(made) {
		made = strings.ReplaceAll(made, ".", "_")
	}
	switch {
	case made == "":
		return "empty"
	case made == "__proto__": // which is no member like others in JavaScript
		return "proto"
	case strings.HasPrefix(fold(made), fold(own)):
		return "db_" + made
	}
	return made
}

// isOrdinary reports a name of ASCII's letters, digits and underscores that begins with a
// letter other than the first of our own, which is an identifier as it is.
func isOrdinary(name string) bool {
	for i := range len(name) {
		if c := rune(name[i]); !isAlphanumeric(c) && (c != '_' || i == 0) {
			return false
		}
	}
	return name != "" && name[0] > '9' && name[0]|0x20 != own[0]
}

// hasEmptyPart reports a name of which generators that make folders of its parts, between
// dots, leave one without name.
func hasEmptyPart(name string) bool {
	if !strings.Contains(name, ".") {
		return false
	}
	for part := range strings.SplitSeq(name, ".") {
		if fold(part) == "" {
			return true
		}
	}
	return false
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// component refers to a component of the document.
func component(kind, name string) object {
	return object{{"$ref", "#/components/" + kind + "/" + name}}
}
