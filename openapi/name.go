package openapi

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ownPrefix begins the names of the components that every document has. Components that
// are named after something in the database never begin so.
const ownPrefix = "pgrest."

// names are the names that are taken. Components of all kinds share them, since generators
// put all into one namespace, in which neither case nor separators tell names apart.
type names struct {
	taken map[string]bool // folded
	// operations are the operationIds, folded. Generators name types after them.
	operations map[string]bool
}

func newNames() names { return names{taken: map[string]bool{}, operations: map[string]bool{}} }

// take takes the wanted name, with a number if it is taken already, and gives it.
func (n names) take(want string) string {
	want = identifier(want)
	name := want
	for i := 2; n.has(fold(name)); i++ {
		name = want + "_" + strconv.Itoa(i)
	}
	n.taken[fold(name)] = true
	return name
}

// takeAll takes all of the wanted names, each after a prefix. It begins with the most
// ordinary ones, so that these stay as they are whatever the others are.
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

// The beginnings of the operationIds of relations and of routines.
var (
	tableVerbs   = []string{"read", "insert", "upsert", "update", "delete"}
	routineVerbs = []string{"query", "call"}
)

// reservedNames are names, folded, that generators use themselves: for a type of
// TypeScript, and for the security scheme.
var reservedNames = []string{"array", "jwt", "jwtscopes"}

// derivations are the endings that generators add to an operationId to name its
// parameters, bodies and responses.
var derivations = []string{
	"params", "request", "response", "body", "json", "formdata", "text", "header", "query", "mutation", "data", "error", "options",
}

// derived reports whether a generator may derive a name from an operationId, such as
// ReadFilmsParams from read_films.
func (n names) derived(folded string) bool {
	begins := func(verb string) bool { return strings.HasPrefix(folded, verb) }
	if !begins(rootID) && !begins(fold(batchID)) && !slices.ContainsFunc(tableVerbs, begins) && !slices.ContainsFunc(routineVerbs, begins) {
		return false
	}
	for i := range folded {
		if n.operations[folded[:i]] && isDerivation(folded[i:]) {
			return true
		}
	}
	return false
}

// isDerivation reports whether rest begins with a derivation. If it ends in a digit, it is
// none: that is a number that take has added.
func isDerivation(rest string) bool {
	begins := func(derivation string) bool { return strings.HasPrefix(rest, derivation) }
	return slices.ContainsFunc(derivations, begins) && rest[len(rest)-1] > '9'
}

// byOddity gives the indexes of the names, the most ordinary name first.
func byOddity(all []string) []int {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(oddity(all[i]), oddity(all[j])) })
	return order
}

// oddity ranks names: 0 for those that PostgreSQL takes without quotes, 1 for others that
// can name a component, and 2 for those that can't.
func oddity(name string) int {
	switch {
	case identifier(name) != name:
		return 2
	case strings.ToLower(name) != name || strings.ContainsAny(name, "-."):
		return 1
	}
	return 0
}

// fold reduces a component's name to what generators tell names apart by: letters in lower
// case, and digits, with a letter before a digit at the beginning.
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

// folded folds a name from the database.
func folded(name string) string { return fold(identifier(name)) }

// identifier makes a name from the database one that a component can have, and that isn't
// one of our own. Characters beyond ASCII become their code points, so that different
// letters give different names. In a name of nothing but marks, the marks do so, too.
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
	case made == "__proto__": // it is no ordinary member of an object in JavaScript
		return "proto"
	case strings.HasPrefix(fold(made), fold(ownPrefix)):
		return "db_" + made
	}
	return made
}

// isOrdinary reports whether a name is an identifier as it is, by a quick check: it has
// only ASCII letters, digits and underscores, and begins with a letter other than
// ownPrefix's.
func isOrdinary(name string) bool {
	for i := range len(name) {
		if c := rune(name[i]); !isAlphanumeric(c) && (c != '_' || i == 0) {
			return false
		}
	}
	return name != "" && name[0] > '9' && name[0]|0x20 != ownPrefix[0]
}

// hasEmptyPart reports whether one of a name's parts, between dots, is empty to
// generators, some of which make folders of the parts.
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
