package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// YAML turns a JSON document into YAML 1.2 that means the same, with the members in their
// order. If the document isn't JSON, the error wraps that of encoding/json.
func YAML(document []byte) ([]byte, error) {
	y := yamlWriter{in: json.NewDecoder(bytes.NewReader(document))}
	y.in.UseNumber()
	if err := y.value(0, false); err != nil {
		return nil, fmt.Errorf("openapi: convert to YAML: %w", err)
	}
	if _, err := y.in.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("openapi: convert to YAML: %w", errMoreThanOne)
	}
	return y.out, nil
}

var errMoreThanOne = errors.New("there is more than one JSON value")

type yamlWriter struct {
	in  *json.Decoder
	out []byte
}

// value writes the next value, after a key or a dash, and ends the line. Further lines of
// it are indented by depth. After a dash, an object begins on the line of the dash.
func (y *yamlWriter) value(depth int, afterDash bool) error {
	token, err := y.in.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return y.members(depth, afterDash)
	case json.Delim('['):
		return y.items(depth)
	}
	y.space()
	y.out = append(appendScalar(y.out, token), '\n')
	return nil
}

func (y *yamlWriter) members(depth int, afterDash bool) error {
	if !y.in.More() {
		y.empty("{}")
	} else if !afterDash {
		y.newLine()
	}
	for first := true; y.in.More(); first = false {
		key, err := y.in.Token()
		if err != nil {
			return err
		}
		if first && afterDash {
			y.space()
		} else {
			y.indent(depth)
		}
		y.out = append(appendScalar(y.out, key), ':')
		if err := y.value(depth+1, false); err != nil {
			return err
		}
	}
	_, err := y.in.Token()
	return err
}

func (y *yamlWriter) items(depth int) error {
	if !y.in.More() {
		y.empty("[]")
	} else {
		y.newLine()
	}
	for y.in.More() {
		y.indent(depth)
		y.out = append(y.out, '-')
		if err := y.value(depth+1, true); err != nil {
			return err
		}
	}
	_, err := y.in.Token()
	return err
}

func (y *yamlWriter) empty(text string) {
	y.space()
	y.out = append(append(y.out, text...), '\n')
}

// newLine ends the line of a key or dash.
func (y *yamlWriter) newLine() {
	if len(y.out) > 0 {
		y.out = append(y.out, '\n')
	}
}

// space separates what follows a key or dash from it.
func (y *yamlWriter) space() {
	if n := len(y.out); n > 0 && y.out[n-1] != '\n' {
		y.out = append(y.out, ' ')
	}
}

func (y *yamlWriter) indent(depth int) {
	for range depth {
		y.out = append(y.out, "  "...)
	}
}

func appendScalar(dst []byte, token json.Token) []byte {
	switch v := token.(type) {
	case string:
		if isPlain(v) {
			return append(dst, v...)
		}
		return appendString(dst, v)
	case json.Number:
		return append(dst, v...)
	case bool:
		return appendJSON(dst, v)
	}
	return append(dst, "null"...)
}

// yamlWords are the plain words that some readers of YAML don't take for strings.
var yamlWords = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

// isPlain reports whether every reader of YAML takes s without quotes for a string.
func isPlain(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$' || c == '/'
		later := '0' <= c && c <= '9' || c == '-' || c == '.' || c == ' '
		if !letter && (i == 0 || !later) {
			return false
		}
	}
	return s != "" && s[len(s)-1] != ' ' && !slices.Contains(yamlWords, strings.ToLower(s))
}
