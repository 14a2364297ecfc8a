package main

import "unicode/utf8"

// maxLogged is how many bytes of a client's text are logged.
const maxLogged = 1 << 10

// bounded cuts a text for a log line, between two characters, if it is too long.
func bounded(text string) string {
	if len(text) <= maxLogged {
		return text
	}
	const ellipsis = "…"
	end := maxLogged - len(ellipsis)
	for range utf8.UTFMax - 1 {
		if !utf8.RuneStart(text[end]) {
			end--
		}
	}
	return text[:end] + ellipsis
}
