package apierror

import "unicode/utf8"

// An error often quotes what is wrong, PostgreSQL's own included: a name, a value, a whole
// query string. So that neither responses nor logs grow with that, the middle of a longer
// text is left out. What a function raises may be longer.
const (
	maxText   = 1 << 10 // bytes
	maxRaised = 16 << 10
	ellipsis  = "…"
)

// Cut leaves out the middle of a text that is too long to be told or logged.
func Cut(text string) string { return CutTo(text, maxText) }

// CutTo leaves out the middle of a text of more than most bytes. Three quarters of what it
// keeps are from the beginning, and one is from the end, which often says the most.
func CutTo(text string, most int) string {
	if len(text) <= most {
		return text
	}
	head, tail := most-most/4-len(ellipsis), len(text)-most/4
	for range utf8.UTFMax - 1 { // move both to the border of a character
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
