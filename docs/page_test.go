package docs_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// page is the code of a page, in its order.
type page struct{ items []item }

// item is a block of code, or a comment that stands for itself.
type item struct {
	line     int
	language string            // of a block: sql, sh, …; of a comment: its name
	name     string            // of a comment, between its name and the colon
	text     string            // the block, or the comment behind the colon
	notes    map[string]string // what the comments right above a block say of it
	comment  bool
}

// outputs are the languages of blocks that show what the command above them wrote.
var outputs = []string{"text", "json", "http"}

// run says whether a block isn't excused.
func (i item) run() bool {
	_, excused := i.notes["not run"]
	return !excused
}

// runs says whether anything of the page needs a database.
func (p page) runs() bool {
	return slices.ContainsFunc(p.items, func(i item) bool {
		_, tested := i.notes["test"]
		return i.run() && (i.language != "go" || tested)
	})
}

var (
	fence = regexp.MustCompile("^(```+) *(.*)$")
	// aboutBlock are the comments that say something of the block below them.
	aboutBlock = regexp.MustCompile(`^(not run|as|serve|test|with|in the repository)(?:: *((?s).*))?$`)
	// forItself are those that stand for themselves.
	forItself = regexp.MustCompile(`^(handler|token|sql|sh)(?: +(\w+))?:\s*((?s).*)$`)
)

// parsePage finds the code of a page. Code that it doesn't understand is an error, so that
// none escapes.
func parsePage(text string) (page, error) {
	var p page
	notes := map[string]string{}
	lines := strings.Split(text, "\n")
	inList := false
	for n := 0; n < len(lines); n++ {
		line, start := lines[n], n+1
		switch opening := fence.FindStringSubmatch(strings.TrimLeft(line, " ")); {
		case opening != nil:
			indent := len(line) - len(strings.TrimLeft(line, " "))
			var body []string
			for n++; n < len(lines) && strings.TrimSpace(lines[n]) != opening[1]; n++ {
				body = append(body, lines[n][min(indent, len(lines[n])-len(strings.TrimLeft(lines[n], " "))):])
			}
			if n == len(lines) {
				return p, fmt.Errorf("line %d: the block has no end", start)
			}
			i := item{line: start, language: opening[2], text: strings.Join(body, "\n") + "\n", notes: notes}
			if err := p.check(i); err != nil {
				return p, fmt.Errorf("line %d: %w", start, err)
			}
			p.items = append(p.items, i)
			notes = map[string]string{}
		case strings.HasPrefix(line, "<!--"):
			comment := line
			for n++; !strings.Contains(comment, "-->") && n < len(lines); n++ {
				comment += "\n" + lines[n]
			}
			n--
			comment = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(comment, "<!--")), "-->"))
			if m := aboutBlock.FindStringSubmatch(comment); m != nil {
				notes[m[1]] = m[2]
			} else if m := forItself.FindStringSubmatch(comment); m != nil {
				p.items = append(p.items, item{line: start, language: m[1], name: m[2], text: m[3], comment: true})
			} else {
				return p, fmt.Errorf("line %d: no comment that is known here: %s", start, comment)
			}
		case strings.TrimSpace(line) == "":
		case strings.HasPrefix(line, "    ") && !inList:
			return p, fmt.Errorf("line %d: a block of code by indentation says no language: use a fence", start)
		default:
			if len(notes) > 0 {
				return p, fmt.Errorf("line %d: a comment above is about a block, and there is none", start)
			}
			inList = strings.HasPrefix(line, " ") && inList || listItem.MatchString(line)
		}
	}
	return p, nil
}

var listItem = regexp.MustCompile(`^ *([-*+]|\d+[.)]) `)

// check says what is wrong with a block at its place behind the others.
func (p page) check(i item) error {
	_, served := i.notes["serve"]
	_, with := i.notes["with"]
	_, tested := i.notes["test"]
	switch {
	case !i.run():
		return nil
	case slices.Contains(outputs, i.language):
		if n := len(p.items); n == 0 || !slices.Contains([]string{"sh", "sql"}, p.items[n-1].language) || !p.items[n-1].run() {
			return fmt.Errorf("%s is no output of a block of sh or sql right above it; if it is none, say why it is not run", i.language)
		}
	case i.language == "go" && served && !wholeProgram(i.text):
		return fmt.Errorf("only a whole program is served")
	case (served || tested) && with:
		return fmt.Errorf("what is run is made of the repository's modules")
	case tested && !wholeProgram(i.text) && !slices.ContainsFunc(p.items, func(i item) bool { _, tested := i.notes["test"]; return tested }):
		return fmt.Errorf("the fragment is of no tests: above it there is to be a file of them")
	case !slices.Contains([]string{"go", "sh", "sql"}, i.language):
		return fmt.Errorf("a block of %q can't be run: say why it is not", i.language)
	}
	return nil
}

// matches says whether output is what a block shows.
func (i item) matches(output string) bool {
	shown := strings.TrimSpace(i.text)
	output = strings.TrimSpace(strings.ReplaceAll(output, "\r\n", "\n"))
	switch i.language {
	case "json":
		return wildcards(compactJSON(shown)).MatchString(compactJSON(output))
	case "http":
		head, body, hasBody := strings.Cut(shown, "\n\n")
		gotHead, gotBody, _ := strings.Cut(output, "\n\n")
		got := strings.Split(gotHead, "\n")
		for n, line := range strings.Split(head, "\n") {
			among := got
			if n == 0 {
				among = got[:1]
			}
			if !slices.ContainsFunc(among, wildcards(line).MatchString) {
				return false
			}
		}
		if strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
			body, gotBody = compactJSON(body), compactJSON(gotBody)
		}
		return !hasBody || wildcards(body).MatchString(gotBody)
	default:
		return wildcards(shown).MatchString(output)
	}
}

// wildcards makes a pattern of a text in which … stands for anything: for any lines if it
// is alone on one, and for a part of a line otherwise.
func wildcards(shown string) *regexp.Regexp {
	var pattern []string
	for line := range strings.SplitSeq(shown, "\n") {
		if strings.TrimSpace(line) == "…" {
			pattern = append(pattern, `(?:.*\n)*?.*`)
			continue
		}
		pattern = append(pattern, strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*"))
	}
	return regexp.MustCompile("^" + strings.Join(pattern, `[ \t]*\n`) + "$")
}

// compactJSON leaves white space out that is between JSON's tokens.
func compactJSON(text string) string {
	var out strings.Builder
	quoted, escaped := false, false
	for _, c := range text {
		if quoted || !strings.ContainsRune(" \t\r\n", c) {
			out.WriteRune(c)
		}
		if c == '"' && !escaped {
			quoted = !quoted
		}
		escaped = quoted && c == '\\' && !escaped
	}
	return out.String()
}

// Blocks are found with what is said of them, and what can't be understood is refused.
func TestParsePage(t *testing.T) {
	t.Parallel()
	p, err := parsePage("Words\n\n<!-- handler: {\"a\":\n 1} -->\n<!-- as: clerk -->\n\n```sql\nSELECT 1;\n```\n" +
		"- In a list:\n\n  ```sh\n  a\n    b\n  ```\n\n  ```text\n  c\n  ```\n<!-- not run: it is slow -->\n```yaml\nd\n```\n")
	require.NoError(t, err)
	require.Equal(t, []item{
		{line: 3, language: "handler", text: "{\"a\":\n 1}", comment: true},
		{line: 7, language: "sql", text: "SELECT 1;\n", notes: map[string]string{"as": "clerk"}},
		{line: 12, language: "sh", text: "a\n  b\n", notes: map[string]string{}},
		{line: 17, language: "text", text: "c\n", notes: map[string]string{}},
		{line: 21, language: "yaml", text: "d\n", notes: map[string]string{"not run": "it is slow"}},
	}, p.items)

	for _, tt := range []struct{ name, text, want string }{
		{"no_end", "```sh\na\n", "no end"},
		{"unknown_comment", "<!-- hadnler: {} -->\n", "no comment that is known"},
		{"unknown_language", "```yaml\na\n```\n", "can't be run"},
		{"no_language", "```\na\n```\n", "can't be run"},
		{"output_of_nothing", "```json\n{}\n```\n", "no output"},
		{"output_of_what_is_not_run", "<!-- not run: it is slow -->\n```sh\na\n```\n```text\nb\n```\n", "no output"},
		{"indented", "Words\n\n    curl\n", "fence"},
		{"about_nothing", "<!-- as: clerk -->\nWords\n", "there is none"},
		{"tests_that_are_none", "<!-- test -->\n```go\nfunc TestA(t *testing.T) {}\n```\n", "of no tests"},
		{"runs_with_other_modules", "<!-- serve -->\n<!-- with: a -->\n```go\npackage main\n```\n", "repository's modules"},
		{"serves_a_fragment", "<!-- serve -->\n```go\nx := 1\n```\n", "whole program"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parsePage(tt.text)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, language, shown, output string
		want                          bool
	}{
		{"equal", "text", "a\nb", "a\nb\n", true},
		{"not_equal", "text", "a\nb", "a\nc\n", false},
		{"more", "text", "a", "a\nb\n", false},
		{"special_characters_stand_for_themselves", "text", "a.c", "abc", false},
		{"anything_in_a_line", "text", "a … b", "a x b", true},
		{"anything_in_a_line_is_in_one", "text", "a … b", "a x\n b", false},
		{"any_lines", "text", "a\n…\nb", "a\n1\n2\nb", true},
		{"any_lines_before", "text", "a\n…\nb", "a\n1\n2\nc", false},
		{"json", "json", `[{"a": "b c"}]`, "[ {\"a\":\"b c\"}\n]", true},
		{"json_value", "json", `[{"a": "b c"}]`, `[{"a":"bc"}]`, false},
		{"json_quotes", "json", `[{"a": "\" b"}]`, `[{"a":"\"b"}]`, false},
		{"json_anything", "json", `{"a": …}`, `{"a":1}`, true},
		{"http", "http", "HTTP/1.1 200 OK\nContent-Range: 0-1/*", "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Range: 0-1/*\r\n\r\n[]", true},
		{"http_status", "http", "HTTP/1.1 200 OK", "HTTP/1.1 201 Created\r\n\r\n", false},
		{"http_status_comes_first", "http", "Date: …", "HTTP/1.1 201 Created\r\nDate: x\r\n\r\n", false},
		{"http_header_is_missing", "http", "HTTP/1.1 200 OK\nETag: …", "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n[]", false},
		{"http_body", "http", "HTTP/1.1 200 OK\n\n[{\"a\": 1}]", "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n[{\"a\":1}]", true},
		{"http_other_body", "http", "HTTP/1.1 200 OK\n\n[]", "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n[1]", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, item{language: tt.language, text: tt.shown}.matches(tt.output))
		})
	}
}
