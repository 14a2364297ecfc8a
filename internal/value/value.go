// Package value holds the values of a request apart from all that decides over its SQL, and
// makes the arguments of statements of them.
//
// A compiled statement has an Arg for each argument: a constant, or a slot, which says where
// among the values the argument is. Binding is the only place where a value is transformed:
//
//	values := value.Values{Conditions: []string{"A%"}}
//	args := values.Bind([]value.Arg{{From: value.FromCondition, Index: 0}, value.Constant("10")})
//	fmt.Printf("%s", args) // [A% 10]
package value

import (
	"encoding/hex"
	"maps"
	"slices"
	"strconv"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/enum"
	"github.com/pgrest-go/pgrest/internal/jsontext"
)

// Values are the values of one request.
type Values struct {
	// Conditions are what the conditions compare with, in the order of the query. Each is
	// what filter.Condition.Argument gives.
	Conditions []string
	// Arguments are those of a function, from the URL or from a form.
	Arguments []filter.Argument
	// Body is the body as PostgreSQL gets it, nil for none: JSON, and of a function also text,
	// XML or bytes.
	Body []byte
	// Members are the values of the body's columns as texts, each nil for NULL. The list is
	// nil if the body isn't a single JSON object without arrays and objects in it.
	Members [][]byte
	// Objects is how many objects there are in a body of rows to update, each by its key.
	Objects int64
	// Levels are the objects of a body of rows within rows: the resource's own first.
	Levels []Level
	// Window is that of the resource's own rows, and Pages are those of what is embedded,
	// whose numbers nothing has checked.
	Window filter.Window
	Pages  []filter.Window
	// Versions are those of which the row that is written has to have one.
	Versions []string
	// Keyset are the order values of the row that a page follows or precedes, in the order's
	// own order; an empty text stands for NULL, which the shape tells.
	Keyset []string
	// Operands are the arguments of the host's operators, in the order in which they are met.
	Operands []string
}

// Source says where the text of an argument comes from.
type Source uint8

// The sources.
const (
	// FromNone is a constant: Arg.Text.
	FromNone Source = iota
	// FromCondition is a value of Values.Conditions.
	FromCondition
	// FromArgument is one of Values.Arguments, FromArguments several of them as an array,
	// and FromAllArguments all of them as a JSON object of texts.
	FromArgument
	FromArguments
	FromAllArguments
	// FromBody is the body, and FromMember one of Values.Members.
	FromBody
	FromMember
	// FromLimit and FromOffset are a number of Values.Window, by the index 0, or of one of
	// Values.Pages, which begin at 1.
	FromLimit
	FromOffset
	// FromVersions are Values.Versions as an array.
	FromVersions
	// FromKeyset is one of Values.Keyset, and FromOperand one of Values.Operands.
	FromKeyset
	FromOperand
	// FromLevel is the objects of one of Values.Levels, and FromLevelCount how many there are.
	// FromLevelAround is for each of them the place of the object around it, and FromLevelWithin
	// for each object around the place of the one within it, NULL for none, both as an array.
	FromLevel
	FromLevelCount
	FromLevelAround
	FromLevelWithin
)

var sources = [...]string{
	FromNone: "constant", FromCondition: "condition", FromArgument: "argument", FromArguments: "arguments",
	FromAllArguments: "all arguments", FromBody: "body", FromMember: "member", FromLimit: "limit", FromOffset: "offset",
	FromVersions: "versions", FromKeyset: "keyset", FromOperand: "operand", FromLevel: "level", FromLevelCount: "count of level",
	FromLevelAround: "places around level", FromLevelWithin: "places within level",
}

// String gives the source in a word or two.
func (s Source) String() string { return enum.Name(sources[:], s) }

// Arg is an argument of a statement: a constant, or a slot, which is filled from the
// values of a request when the statement runs.
type Arg struct {
	From  Source
	Index int    // of the value among those that From names
	Text  []byte // of a constant
	// Elements are the indexes of what FromArguments puts into an array.
	Elements []int
	// Most caps a limit as filter.Window.AtMost does; 0 is no cap.
	Most int64
	// Hex has the bytes of the text written in hexadecimal, as PostgreSQL reads a bytea.
	Hex bool
}

// Constant is an argument that is the same for every request.
func Constant(text string) Arg { return Arg{Text: []byte(text)} }

// Bind makes the arguments of a statement: texts whose types PostgreSQL infers, nil for
// NULL.
func (v *Values) Bind(args []Arg) [][]byte {
	if len(args) == 0 {
		return nil
	}
	bound := make([][]byte, len(args))
	for i := range args {
		bound[i] = v.text(&args[i])
	}
	return bound
}

func (v *Values) text(arg *Arg) []byte {
	var text []byte
	switch arg.From {
	case FromNone:
		text = arg.Text
	case FromCondition:
		text = []byte(v.Conditions[arg.Index])
	case FromArgument:
		text = []byte(v.Arguments[arg.Index].Value)
	case FromArguments:
		elements := make([]string, len(arg.Elements))
		for i, index := range arg.Elements {
			elements[i] = v.Arguments[index].Value
		}
		text = []byte(filter.ArrayText(elements))
	case FromAllArguments:
		text = v.object()
	case FromBody:
		text = v.Body
	case FromMember:
		text = v.Members[arg.Index]
	case FromKeyset:
		text = []byte(v.Keyset[arg.Index])
	case FromOperand:
		text = []byte(v.Operands[arg.Index])
	case FromLimit:
		text = strconv.AppendInt(nil, v.WindowAt(arg.Index).AtMost(arg.Most).Limit, 10)
	case FromVersions:
		text = []byte(filter.ArrayText(v.Versions))
	case FromLevel:
		text = v.Levels[arg.Index].Rows
	case FromLevelCount:
		text = strconv.AppendInt(nil, int64(len(v.Levels[arg.Index].Around)), 10)
	case FromLevelAround:
		text = v.Levels[arg.Index].around()
	case FromLevelWithin:
		text = v.within(arg.Index)
	case FromOffset:
		text = strconv.AppendInt(nil, v.WindowAt(arg.Index).Offset, 10)
	}
	if arg.Hex {
		return hex.AppendEncode([]byte(`\x`), text)
	}
	return text
}

// WindowAt is Window, by the index 0, or one of Pages, which begin at 1.
func (v *Values) WindowAt(index int) filter.Window {
	if index == 0 {
		return v.Window
	}
	return v.Pages[index-1]
}

// object is a JSON object of all arguments. Of one name the last counts.
func (v *Values) object() []byte {
	values := make(map[string]string, len(v.Arguments))
	for _, a := range v.Arguments {
		values[a.Name] = a.Value
	}
	return ObjectText(values)
}

// ObjectText is a JSON object of texts, sorted by name.
func ObjectText(values map[string]string) []byte {
	text := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(values)) {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(jsontext.AppendString(text, name), ':')
		text = jsontext.AppendString(text, values[name])
	}
	return append(text, '}')
}
