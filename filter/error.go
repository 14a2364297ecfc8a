package filter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParseError reports a query string that does not follow the grammar. Its texts
// are made for the client and repeat nothing but the parameter's own.
type ParseError struct {
	Parameter  string   // the parameter's name, as "id" in id=noop.1
	Part       string   // what was being read, as "filter"
	Text       string   // the text that was being read, as "noop.1"
	Line       int      // where it fails, counted from 1
	Position   int      // the column in that line, in characters and counted from 1
	Unexpected string   // what is there, as `"n"` or "end of input"
	Expected   []string // what could have been there
}

// endOfInput is what a failure finds, or expects, after the last character.
const endOfInput = "end of input"

// newParseError describes a failure to read a source.
func newParseError(from source, f *failure) *ParseError {
	e := &ParseError{Parameter: from.parameter, Part: from.name, Text: from.text, Unexpected: f.found, Line: 1, Position: 1}
	if len(f.unexpected) > 0 {
		e.Unexpected = enumerate(unique(f.unexpected))
	}
	e.Expected = unique(f.expected)
	for _, r := range (from.prefix + from.text)[:f.pos] {
		switch r {
		case '\n':
			e.Line++
			e.Position = 1
		case '\t':
			e.Position += 8 - (e.Position-1)%8
		default:
			e.Position++
		}
	}
	return e
}

// Error returns the message and the details.
func (e *ParseError) Error() string { return e.Message() + ": " + e.Details() }

// Message says what could not be parsed and where, such as
// `"failed to parse filter (noop.0)" (line 1, column 1)`.
func (e *ParseError) Message() string {
	return fmt.Sprintf("\"failed to parse %s (%s)\" (line %d, column %d)", e.Part, e.Text, e.Line, e.Position)
}

// Details says what was found there and what could have been, such as
// `unexpected "o" expecting "not" or operator (eq, gt, ...)`.
func (e *ParseError) Details() string {
	var details []string
	if e.Unexpected != "" {
		details = append(details, "unexpected "+e.Unexpected)
	}
	if len(e.Expected) > 0 {
		details = append(details, "expecting "+enumerate(e.Expected))
	}
	if len(details) == 0 {
		return "unknown parse error"
	}
	return strings.Join(details, " ")
}

// enumerate joins words as in "a, b or c".
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// unique returns the words in order, without repetitions.
func unique(words []string) []string {
	var out []string
	for _, w := range words {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// controlNames are Haskell's escapes of the control characters.
var controlNames = [...]string{
	"NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "a", "b", "t", "n", "v", "f", "r", "SO", "SI",
	"DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
}

// showRune shows a character in quotes as Haskell does, and with it PostgREST's messages:
// what is not printable ASCII is shown by its name or number.
func showRune(r rune, quote byte) string {
	q := string(rune(quote))
	switch {
	case r == rune(quote) || r == '\\':
		return q + `\` + string(r) + q
	case r < ' ':
		return q + `\` + controlNames[r] + q
	case r == 0x7f:
		return q + `\DEL` + q
	case r > utf8.RuneSelf-1:
		return q + `\` + strconv.Itoa(int(r)) + q
	default:
		return q + string(r) + q
	}
}
