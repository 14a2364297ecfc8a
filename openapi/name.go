package openapi

import (
	"fmt"
	"strconv"
	"strings"
)

// names are those that are taken, of components of one kind.
type names map[string]bool

// take gives a name that no other has: the wanted one, or with a number where that is
// taken.
func (n names) take(want string) string {
	want = identifier(want)
	name := want
	for i := 2; n[name]; i++ {
		name = want + "_" + strconv.Itoa(i)
	}
	n[name] = true
	return name
}

// takeAll gives each of the wanted names one that no other has. Those that can be had
// as they are go first, so that they stay whatever becomes of the others.
func (n names) takeAll(wants []string) []string {
	taken := make([]string, len(wants))
	for i, want := range wants {
		if identifier(want) == want {
			taken[i] = n.take(want)
		}
	}
	for i, want := range wants {
		if taken[i] == "" {
			taken[i] = n.take(want)
		}
	}
	return taken
}

// identifier makes what can name a component of a name: letters beyond ASCII become
// their code points, so that other letters give other names.
func identifier(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '-', r == '.':
			b.WriteRune(r)
		case r < 0x80:
			b.WriteByte('_')
		default:
			fmt.Fprintf(&b, "u%04x", r)
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}

// component refers to a component of the document.
func component(kind, name string) object {
	return object{{"$ref", "#/components/" + kind + "/" + name}}
}
