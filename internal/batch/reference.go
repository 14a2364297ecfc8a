package batch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Reference leads to a value of the JSON that an earlier request was answered with.
type Reference struct {
	// Name is that of the request.
	Name string
	// Pointer is a JSON Pointer (RFC 6901).
	Pointer string
}

// String gives the reference as clients write it.
func (r Reference) String() string { return r.Name + r.Pointer }

// reference reads a text that is a reference: the name of a request and, behind a slash, a JSON
// Pointer. It isn't one if it doesn't begin with something like a name; without a pointer only
// the name of a request is one.
func (c *compiler) reference(text string) (r Reference, is bool, err error) {
	name, pointer := text, ""
	if slash := strings.IndexByte(text, '/'); slash >= 0 {
		name, pointer = text[:slash], text[slash:]
	}
	at, known := c.names[name]
	switch {
	case !isName(name), !known && pointer == "":
		return r, false, nil
	case !known:
		return r, false, fmt.Errorf("The reference %s is to %s, and no request has that name", text, name)
	case at >= c.index:
		return r, false, fmt.Errorf("The reference %s is to a request that isn't answered before this one", text)
	}
	for rest := pointer; ; {
		tilde := strings.IndexByte(rest, '~')
		if tilde < 0 {
			return Reference{Name: name, Pointer: pointer}, true, nil
		}
		if rest = rest[tilde+1:]; rest == "" || rest[0] != '0' && rest[0] != '1' {
			return r, false, fmt.Errorf("The reference %s has a ~ that neither 0 nor 1 follows", text)
		}
	}
}

// Answers are what requests of a batch were answered with, by their names.
type Answers map[string]*Answer

// Answer is the JSON that a request was answered with. What references lead to is looked up in
// it level by level. Each level that they lead through is read once, and nothing is copied of it.
type Answer struct {
	raw      []byte
	read     bool
	members  map[string][]byte
	elements [][]byte
	below    map[string]*Answer // what references have led to, by the tokens of their pointers
}

// NewAnswer makes an answer of valid JSON; nil for no body.
func NewAnswer(raw []byte) *Answer { return &Answer{raw: bytes.TrimSpace(raw)} }

var errNoBody = errors.New("that request is answered without a body: Prefer: return=representation has it answered with the rows")

// find gives the value that a reference leads to, as it is written.
func (a Answers) find(r Reference) ([]byte, error) {
	at := a[r.Name]
	if at == nil || len(at.raw) == 0 {
		return nil, fmt.Errorf("The reference %s leads to nothing: %w", r, errNoBody)
	}
	if r.Pointer != "" {
		for token := range strings.SplitSeq(r.Pointer[1:], "/") {
			token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
			if at = at.step(token); at == nil {
				return nil, fmt.Errorf("The reference %s leads to nothing", r)
			}
		}
	}
	return at.raw, nil
}

// step gives what a token of a pointer leads to; nil for nothing.
func (a *Answer) step(token string) *Answer {
	if known, ok := a.below[token]; ok {
		return known
	}
	a.unfold()
	raw := a.members[token]
	if a.elements != nil && isIndex(token) {
		if i, err := strconv.Atoi(token); err == nil && i < len(a.elements) {
			raw = a.elements[i]
		}
	}
	if raw == nil {
		return nil
	}
	if a.below == nil {
		a.below = map[string]*Answer{}
	}
	a.below[token] = &Answer{raw: raw}
	return a.below[token]
}

// isIndex reports a number as RFC 6901 has it: without zeros in front.
func isIndex(token string) bool {
	return token == "0" || token != "" && token[0] != '0' && strings.Trim(token, "0123456789") == ""
}

// unfold reads a level of the answer.
func (a *Answer) unfold() {
	if a.read {
		return
	}
	a.read = true
	s := splicer{text: a.raw, pos: 1}
	value := func() []byte {
		s.blanks()
		from := s.pos
		s.value()
		return bytes.TrimSpace(s.text[from:s.pos])
	}
	switch a.raw[0] {
	case '{':
		a.members = map[string][]byte{}
		for s.blanks(); s.text[s.pos] != '}'; s.blanks() {
			name := ""
			_ = json.Unmarshal(s.str(), &name) // it is valid
			s.blanks()
			s.pos++ // the colon
			a.members[name] = value()
			s.comma()
		}
	case '[':
		for s.blanks(); s.text[s.pos] != ']'; s.blanks() {
			a.elements = append(a.elements, value())
			s.comma()
		}
	}
}
