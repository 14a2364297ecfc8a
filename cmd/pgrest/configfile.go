package main

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parseFile reads a configuration file: settings such as
//
//	db-uri  = "postgres://localhost/films" # text in quotes
//	db-pool = 10
//
// Within quotes, a backslash begins an escape as in JSON, $(NAME) stands for an
// environment variable, and $$ for a dollar sign. Text may go over several lines.
// Of two settings with one key the latter counts.
func parseFile(name, text string, variable func(string) (string, bool)) (assignments, error) {
	s := &fileScanner{text: text, variable: variable}
	given := assignments{}
	for s.skipBlank(); s.at < len(text); s.skipBlank() {
		a, err := s.setting()
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", name, 1+strings.Count(text[:s.at], "\n"), err)
		}
		key := a.name
		// PostgreSQL takes the names of app settings in any case.
		if custom, ok := strings.CutPrefix(key, appSettingsPrefix); ok {
			key = appSettingsPrefix + strings.ToLower(custom)
		}
		given[key] = a
	}
	return given, nil
}

type fileScanner struct {
	text     string
	at       int
	variable func(string) (string, bool)
}

var (
	fileKey  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*`)
	fileWord = regexp.MustCompile(`^[^\s#]*`)
	number10 = regexp.MustCompile(`^[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
)

// skipBlank skips white space and comments.
func (s *fileScanner) skipBlank() {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '#':
			s.skipLine()
		case strings.IndexByte(" \t\r\n", c) >= 0:
			s.at++
		default:
			return
		}
	}
}

func (s *fileScanner) skipLine() {
	if n := strings.IndexByte(s.text[s.at:], '\n'); n >= 0 {
		s.at += n
	} else {
		s.at = len(s.text)
	}
}

func (s *fileScanner) setting() (a assignment, err error) {
	key := fileKey.FindString(s.text[s.at:])
	if key == "" {
		return assignment{}, fmt.Errorf("a line has to be a comment or to begin with a setting, as in db-pool = 10")
	}
	s.at += len(key)
	s.skipBlank()
	if !strings.HasPrefix(s.text[s.at:], "=") {
		return assignment{}, fmt.Errorf("%s has no = behind it", key)
	}
	s.at++
	s.skipBlank()
	a.name = key
	if a.value, a.number, err = s.value(); err != nil {
		return assignment{}, fmt.Errorf("%s %w", key, err)
	}
	rest := strings.TrimLeft(s.text[s.at:], " \t\r")
	if rest != "" && rest[0] != '\n' && rest[0] != '#' {
		return assignment{}, fmt.Errorf("%s has more behind its value than a comment", key)
	}
	return a, nil
}

func (s *fileScanner) value() (value string, number bool, err error) {
	if strings.HasPrefix(s.text[s.at:], `"`) {
		s.at++
		value, err = s.quoted()
		return value, false, err
	}
	word := fileWord.FindString(s.text[s.at:])
	s.at += len(word)
	switch {
	case word == "on":
		return "true", false, nil
	case word == "off":
		return "false", false, nil
	case word == "true", word == "false":
		return word, false, nil
	case number10.MatchString(word):
		return wholeNumber(word), true, nil
	default:
		return "", false, fmt.Errorf(`has to be a whole number, true, false, or text in quotes, as in key = "text"`)
	}
}

// wholeNumber writes whole numbers such as 1e3 and 10.0 with digits alone.
func wholeNumber(word string) string {
	if n, err := strconv.ParseFloat(word, 64); err == nil && n == math.Trunc(n) && math.Abs(n) < 1<<53 {
		return strconv.FormatInt(int64(n), 10)
	}
	return word
}

// quoted reads text up to the quote that ends it.
func (s *fileScanner) quoted() (string, error) {
	var b strings.Builder
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		var err error
		switch c {
		case '"':
			return b.String(), nil
		case '\\':
			err = s.escape(&b)
		case '$':
			err = s.interpolate(&b)
		default:
			b.WriteByte(c)
		}
		if err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("has no quote at its end")
}

func (s *fileScanner) escape(b *strings.Builder) error {
	rest := s.text[s.at:]
	if rest == "" {
		return fmt.Errorf("has no quote at its end")
	}
	s.at++
	switch rest[0] {
	case '"', '\\', '/':
		b.WriteByte(rest[0])
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'u':
		digits := rest[1:min(5, len(rest))]
		n, err := strconv.ParseUint(digits, 16, 16)
		if err != nil || len(digits) < 4 || !utf8.ValidRune(rune(n)) {
			return fmt.Errorf(`has \u without the four hexadecimal digits of a character behind it`)
		}
		s.at += len(digits)
		b.WriteRune(rune(n))
	default:
		return fmt.Errorf(`has a backslash that begins no escape; \\ is a backslash`)
	}
	return nil
}

func (s *fileScanner) interpolate(b *strings.Builder) error {
	rest := s.text[s.at:]
	if strings.HasPrefix(rest, "$") {
		s.at++
		b.WriteByte('$')
		return nil
	}
	name, _, closed := strings.Cut(rest, ")")
	name, opened := strings.CutPrefix(name, "(")
	if !opened || !closed {
		return fmt.Errorf("has a dollar sign by itself: $$ is a dollar sign, $(NAME) an environment variable")
	}
	value, ok := s.variable(name)
	if !ok {
		return fmt.Errorf("needs the environment variable %s, which is not set", name)
	}
	s.at += len("()") + len(name)
	b.WriteString(value)
	return nil
}
