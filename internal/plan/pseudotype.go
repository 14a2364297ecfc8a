package plan

import (
	"strings"

	"github.com/pgrest-go/pgrest/filter"
)

// pseudoCast finds a cast to a pseudo-type, which no value has.
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

// isPseudoType reports the name of one of PostgreSQL's pseudo-types, of which there may
// be arrays and sets. PostgreSQL lets some of them be cast to, and sends back what was
// cast; others end in an internal error, and a sort with a text cast to "any" has crashed
// it, with everybody's sessions.
func isPseudoType(name string) bool {
	if name == "" { // as it nearly always is
		return false
	}
	words := strings.Fields(strings.ToLower(name))
	if len(words) > 0 && words[0] == "setof" {
		words = words[1:]
	}
	if len(words) > 1 && words[len(words)-1] == "array" {
		words = words[:len(words)-1]
	}
	if len(words) != 1 {
		return false
	}
	word := strings.TrimPrefix(words[0], "_") // as arrays are called
	switch word {
	case "cstring", "event_trigger", "internal", "opaque", "pg_ddl_command", "record", "trigger", "unknown", "void":
		return true
	}
	return strings.HasPrefix(word, "any") && polymorphic[word[len("any"):]] ||
		strings.HasSuffix(word, "_handler") && handled[strings.TrimSuffix(word, "_handler")]
}

// The pseudo-types whose names begin with any, and those whose names end in _handler.
var (
	polymorphic = map[string]bool{
		"": true, "array": true, "element": true, "enum": true, "multirange": true, "nonarray": true, "range": true,
		"compatible": true, "compatiblearray": true, "compatiblemultirange": true, "compatiblenonarray": true, "compatiblerange": true,
	}
	handled = map[string]bool{"fdw": true, "index_am": true, "language": true, "table_am": true, "tsm": true}
)
