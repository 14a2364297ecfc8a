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
// it level by level, and each level is read once.
type Answer struct {
	raw      json.RawMessage
	read     bool
	members  map[string]*Answer
	elements []*Answer
}

// NewAnswer makes an answer of valid JSON; nil for no body.
func NewAnswer(raw []byte) *Answer { return &Answer{raw: bytes.TrimSpace(raw)} }

var errNoBody = errors.New("that request is answered without a body: Prefer: return=representation has it answered with the rows")

// find gives the value that a reference leads to, as it is written.
func (a Answers) find(r Reference) (json.RawMessage, error) {
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
	a.unfold()
	switch {
	case a.members != nil:
		return a.members[token]
	case a.elements != nil && isIndex(token):
		if i, err := strconv.Atoi(token); err == nil && i < len(a.elements) {
			return a.elements[i]
		}
	}
	return nil
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
	switch a.raw[0] {
	case '{':
		var members map[string]json.RawMessage
		_ = json.Unmarshal(a.raw, &members) // it is valid
		a.members = make(map[string]*Answer, len(members))
		for name, raw := range members {
			a.members[name] = &Answer{raw: raw}
		}
	case '[':
		var elements []json.RawMessage
		_ = json.Unmarshal(a.raw, &elements)
		a.elements = make([]*Answer, len(elements))
		for i, raw := range elements {
			a.elements[i] = &Answer{raw: raw}
		}
	}
}
