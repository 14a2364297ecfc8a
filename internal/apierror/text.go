package apierror

import "unicode/utf8"

// What is wrong is often told by quoting it, by PostgreSQL, too: a name, a value, a whole
// query string. Neither answers nor logs grow with it: of a text that is longer, the
// middle is left out. What a function raises is its own to say, and may be longer.
const (
	maxText   = 1 << 10 // bytes
	maxRaised = 16 << 10
	ellipsis  = "…"
)

// Cut leaves out the middle of a text that is too long to be told or logged.
func Cut(text string) string { return CutTo(text, maxText) }

// CutTo leaves out the middle of a text of more bytes than that. It keeps three quarters
// of what there may be from the beginning, and a quarter from the end, which often says
// the most.
func CutTo(text string, most int) string {
	if len(text) <= most {
		return text
	}
	head, tail := most-most/4-len(ellipsis), len(text)-most/4
	for range utf8.UTFMax - 1 { // to the border of a character
		if !utf8.RuneStart(text[head]) {
			head--
		}
		if !utf8.RuneStart(text[tail]) {
			tail++
		}
	}
	return text[:head] + ellipsis + text[tail:]
}

// ForLog is an error whose text isn't too long for logs.
func ForLog(err error) error { return logged{err} }

type logged struct{ error }

// Error gives the text, without its middle if it is too long.
func (l logged) Error() string { return Cut(l.error.Error()) }

// Unwrap gives the error itself.
func (l logged) Unwrap() error { return l.error }
