package sqlfrag

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Template is an expression of SQL of the host's own, in which $0, $1 and so on stand for other
// expressions.
type Template struct {
	// texts are what is before, between and behind the placeholders; places are their numbers.
	texts  []string
	places []int
}

// maxPlace is the highest number of a placeholder.
const maxPlace = 99

// ParseTemplate reads a template. It refuses what can't be an expression by itself, whatever is
// put around it: brackets and quotes that aren't closed, comments, and more than one statement.
// Placeholders in quotes, and in dollar quotes, are what they are.
func ParseTemplate(sql string) (Template, error) {
	switch {
	case strings.TrimSpace(sql) == "":
		return Template{}, errors.New("it is empty")
	case !utf8.ValidString(sql) || strings.IndexByte(sql, 0) >= 0:
		return Template{}, errors.New("it is no text of UTF-8")
	}
	p := templateParser{sql: sql}
	for p.pos < len(sql) {
		if err := p.token(); err != nil {
			return Template{}, err
		}
	}
	if n := len(p.open); n > 0 {
		return Template{}, fmt.Errorf("a %q isn't closed", p.open[n-1])
	}
	p.cut(len(sql))
	return p.template, nil
}

// templateParser reads a template token by token, as PostgreSQL's lexer has them.
type templateParser struct {
	sql      string
	pos      int
	start    int    // of the text that is not yet in the template
	open     []byte // the brackets that are open
	template Template
}

// cut ends the text before a place.
func (p *templateParser) cut(end int) {
	p.template.texts = append(p.template.texts, strings.ReplaceAll(p.sql[p.start:end], "?", "??"))
}

func (p *templateParser) token() error {
	rest := p.sql[p.pos:]
	switch c := rest[0]; {
	case c == '\'':
		return p.quoted('\'', false)
	case c == '"':
		return p.quoted('"', false)
	case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "/*"):
		return errors.New("it has a comment")
	case c == ';':
		return errors.New("it has a semicolon")
	case c == '(', c == '[':
		p.open = append(p.open, c)
	case c == ')', c == ']':
		n := len(p.open) - 1
		if n < 0 || (p.open[n] == '(') != (c == ')') {
			return fmt.Errorf("a %q closes nothing", c)
		}
		p.open = p.open[:n]
	case c == '$':
		return p.dollar()
	case c == '_' || c >= utf8.RuneSelf || isLetter(c):
		word := 1
		for word < len(rest) && isWord(rest[word]) {
			word++
		}
		p.pos += word
		if escapes := word == 1 && (c == 'e' || c == 'E'); escapes && p.pos < len(p.sql) && p.sql[p.pos] == '\'' {
			return p.quoted('\'', true)
		}
		return nil
	}
	p.pos++
	return nil
}

// quoted reads a text in quotes, in which two stand for one.
func (p *templateParser) quoted(quote byte, backslashes bool) error {
	for i := p.pos + 1; i < len(p.sql); i++ {
		switch {
		case backslashes && p.sql[i] == '\\':
			i++
		case p.sql[i] == quote:
			p.pos = i + 1 // of two quotes, the second begins a text that is as good
			if backslashes && p.pos < len(p.sql) && p.sql[p.pos] == quote {
				i++
				continue
			}
			return nil
		}
	}
	return fmt.Errorf("a %c isn't closed", quote)
}

// dollar reads a placeholder, or a text in dollar quotes.
func (p *templateParser) dollar() error {
	rest := p.sql[p.pos+1:]
	digits := 0
	for digits < len(rest) && isDigit(rest[digits]) {
		digits++
	}
	if digits > 0 {
		place, err := strconv.Atoi(rest[:digits])
		if err != nil || place > maxPlace || digits < len(rest) && isWord(rest[digits]) {
			return fmt.Errorf("$%s is no placeholder", rest[:digits])
		}
		p.cut(p.pos)
		p.template.places = append(p.template.places, place)
		p.pos += 1 + digits
		p.start = p.pos
		return nil
	}
	tag := strings.IndexByte(rest, '$')
	if tag < 0 || strings.ContainsFunc(rest[:tag], func(r rune) bool { return r < utf8.RuneSelf && !isWord(byte(r)) }) {
		return errors.New("a $ is followed by no number")
	}
	delimiter := "$" + rest[:tag+1]
	end := strings.Index(rest[tag+1:], delimiter)
	if end < 0 {
		return fmt.Errorf("a %s isn't closed", delimiter)
	}
	p.pos += len(delimiter) + end + len(delimiter)
	return nil
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// isWord reports a character that goes on in a name; a dollar sign does.
func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= utf8.RuneSelf || isLetter(c) || isDigit(c)
}

// Places are the numbers of the placeholders, in their order.
func (t Template) Places() []int { return t.places }

// Each calls text with each text between placeholders, and place with the number of each
// placeholder, in their order.
func (t Template) Each(text func(sql string), place func(n int)) {
	for i, sql := range t.texts {
		text(sql)
		if i < len(t.places) {
			place(t.places[i])
		}
	}
}
