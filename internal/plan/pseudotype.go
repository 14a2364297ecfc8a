package plan

import (
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
)

// pseudoCast finds a cast to a pseudo-type that no value has.
func pseudoCast(items []filter.SelectItem) (name string, found bool) {
	for _, item := range items {
		switch item := item.(type) {
		case filter.SelectField:
			for _, cast := range []string{item.Cast, item.AggregateCast} {
				if isPseudoType(cast) {
					return cast, true
				}
			}
		case filter.SelectRelation:
			if name, found = pseudoCast(item.Items); found {
				return name, true
			}
		}
	}
	return "", false
}

// isPseudoType reports the name of one of the pseudo-types that stand for any type, or for
// an unknown one. PostgreSQL accepts casts to them, and fails in what follows: with an
// internal error, or worse. A text that was cast to "any" and sorted by another column, but
// not turned into JSON, has crashed the server with everybody's sessions. Casts to other
// pseudo-types it refuses itself.
func isPseudoType(name string) bool {
	words := strings.Fields(strings.ToLower(name))
	words = slices.DeleteFunc(words, func(word string) bool { return word == "setof" || word == "array" })
	if len(words) != 1 {
		return false
	}
	switch words[0] {
	case "unknown", "any", "anyarray", "anyelement", "anyenum", "anymultirange", "anynonarray", "anyrange",
		"anycompatible", "anycompatiblearray", "anycompatiblemultirange", "anycompatiblenonarray", "anycompatiblerange":
		return true
	}
	return false
}
