package openapi

import (
	"strconv"
	"strings"
)

// names are those that are taken, of components or operations.
type names map[string]bool

// take gives a name that no other has: the wanted one, with what the names of
// components can't have replaced, and with a number where that is taken.
func (n names) take(want string) string {
	want = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '-', r == '.':
			return r
		}
		return '_'
	}, want)
	if want == "" {
		want = "_"
	}
	name := want
	for i := 2; n[name]; i++ {
		name = want + "_" + strconv.Itoa(i)
	}
	n[name] = true
	return name
}

// component refers to a component of the document.
func component(kind, name string) object {
	return object{{"$ref", "#/components/" + kind + "/" + name}}
}
