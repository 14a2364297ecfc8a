package batch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// body is a body in pieces: texts, and references between them.
type body struct {
	given  bool
	pieces []piece
}

// piece is a text, or a reference.
type piece struct {
	text []byte
	to   *Reference
}

func (b *body) refers() bool {
	for i := range b.pieces {
		if b.pieces[i].to != nil {
			return true
		}
	}
	return false
}

// The only member of an object that stands for something else: for what a reference leads to,
// or for what it has, taken as it is, without references in it.
const (
	refMember     = "$ref"
	literalMember = "$literal"
)

// body finds the references in JSON, which is valid. {"$ref": "name/pointer"} is one, wherever
// a value can stand; a $ref that doesn't begin with something like a name, as those of JSON
// Schema don't, is none.
func (c *compiler) body(text []byte) (body, error) {
	b := body{given: true}
	s := splicer{compiler: c, text: text}
	if bytes.IndexByte(text, '$') >= 0 || bytes.Contains(text, []byte(`\u0024`)) {
		s.value()
	}
	b.pieces = append(s.pieces, piece{text: text[s.copied:]})
	return b, s.err
}

// splicer walks over valid JSON. Without a compiler it finds no references.
type splicer struct {
	*compiler
	text   []byte
	pos    int
	copied int // up to where the text is in pieces
	pieces []piece
	err    error
}

func (s *splicer) blanks() {
	for s.pos < len(s.text) && bytes.IndexByte([]byte(" \t\r\n"), s.text[s.pos]) >= 0 {
		s.pos++
	}
}

// value walks over a value, and the blanks behind it.
func (s *splicer) value() {
	s.blanks()
	switch s.text[s.pos] {
	case '{':
		s.object()
	case '[':
		s.pos++
		for s.blanks(); s.text[s.pos] != ']'; s.blanks() {
			s.value()
			s.comma()
		}
		s.pos++
	case '"':
		s.str()
	default: // a number, or a word
		for s.pos < len(s.text) && bytes.IndexByte([]byte(",]} \t\r\n"), s.text[s.pos]) < 0 {
			s.pos++
		}
	}
	s.blanks()
}

func (s *splicer) comma() {
	s.blanks()
	if s.text[s.pos] == ',' {
		s.pos++
	}
}

// str walks over a string, and gives it as it is written.
func (s *splicer) str() []byte {
	start := s.pos
	for s.pos++; s.text[s.pos] != '"'; s.pos++ {
		if s.text[s.pos] == '\\' {
			s.pos++
		}
	}
	s.pos++
	return s.text[start:s.pos]
}

// object walks over an object. One whose only member is $ref or $literal becomes a piece.
func (s *splicer) object() {
	start, pieces, copied, before := s.pos, len(s.pieces), s.copied, s.err
	s.pos++
	members, name := 0, ""
	var from, to int // of the last member's value
	for s.blanks(); s.text[s.pos] != '}'; s.blanks() {
		key := s.str()
		if members == 0 && s.compiler != nil && len(key) <= len(`"\u0024`)*len(literalMember) {
			_ = json.Unmarshal(key, &name) // it is valid
		}
		members++
		s.blanks()
		s.pos++ // the colon
		s.blanks()
		from = s.pos
		s.value()
		to = s.pos
		s.comma()
	}
	s.pos++
	if members != 1 || s.compiler == nil {
		return
	}
	value := bytes.TrimSpace(s.text[from:to])
	switch name {
	case refMember:
		s.reference(start, value)
	case literalMember:
		s.pieces, s.copied, s.err = s.pieces[:pieces], copied, before // what was found within is none
		s.splice(start, piece{text: value})
	}
}

// reference makes a piece of an object whose only member is $ref, if that is a reference.
func (s *splicer) reference(start int, value []byte) {
	var text string
	if value[0] != '"' || json.Unmarshal(value, &text) != nil {
		return
	}
	r, is, err := s.compiler.reference(text)
	if err != nil {
		s.err = fmt.Errorf("%w; to write such an object as it is, put it into an object whose only member is %s", err, literalMember)
	}
	if is {
		s.splice(start, piece{to: &r})
	}
}

// splice puts a piece in the place of the text from start to here.
func (s *splicer) splice(start int, p piece) {
	s.pieces = append(s.pieces, piece{text: s.text[s.copied:start]}, p)
	s.copied = s.pos
}

// errTooLarge is a body that is larger, with what its references lead to, than there may be.
var errTooLarge = errors.New("the body is too large with what its references lead to")

// resolve gives the body with what its references lead to; nil for none. A body with references
// may have most bytes together with those that precede it, which have spent so many; 0 is no bound.
func (b *body) resolve(answers Answers, most, spent int64) ([]byte, error) {
	if !b.given {
		return nil, nil
	}
	if len(b.pieces) == 1 && b.pieces[0].to == nil {
		return b.pieces[0].text, nil
	}
	text := []byte{}
	for i := range b.pieces {
		part := b.pieces[i].text
		if to := b.pieces[i].to; to != nil {
			var err error
			if part, err = answers.find(*to); err != nil {
				return nil, apierror.InvalidBody(err.Error())
			}
		}
		if most > 0 && spent+int64(len(text)+len(part)) > most {
			return nil, apierror.BodyTooLarge(most).Because(errTooLarge)
		}
		text = append(text, part...)
	}
	return text, nil
}
