package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// link is one of a page, to another or within it.
type link struct {
	line   int
	target string
}

var (
	inlineLink = regexp.MustCompile(`\]\(([^()\s]+(?:\([^()\s]*\))?)(?: "[^"]*")?\)`)
	namedLink  = regexp.MustCompile(`^ *\[[^\]]+\]: +(\S+)`)
	htmlLink   = regexp.MustCompile(`(?:src|href)="([^"]+)"`)
	scheme     = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:`)
	codeSpan   = regexp.MustCompile("`[^`]*`")
)

// prose calls f with each line that isn't within a block of code.
func prose(text string, f func(n int, line string)) {
	closing := ""
	for n, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if closing == "" {
			if m := fence.FindStringSubmatch(trimmed); m != nil {
				closing = m[1]
				continue
			}
			f(n+1, line)
		} else if trimmed == closing {
			closing = ""
		}
	}
}

// links are those of a page that don't lead to other hosts.
func links(text string) []link {
	var found []link
	prose(text, func(n int, line string) {
		line = codeSpan.ReplaceAllString(line, "``")
		for _, pattern := range []*regexp.Regexp{inlineLink, namedLink, htmlLink} {
			for _, m := range pattern.FindAllStringSubmatch(line, -1) {
				if !scheme.MatchString(m[1]) {
					found = append(found, link{n, m[1]})
				}
			}
		}
	})
	return found
}

var (
	heading  = regexp.MustCompile(`^#{1,6} +(.*?)(?: +#+)?$`)
	markdown = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)|[*` + "`" + `]`)
	namedID  = regexp.MustCompile(`(?:id|name)="([^"]+)"`)
)

// anchors are what a page's headings are called in links, as GitHub makes them: lower case,
// no punctuation, hyphens for spaces, and a number behind what is there already.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	prose(text, func(_ int, line string) {
		for _, m := range namedID.FindAllStringSubmatch(line, -1) {
			found[m[1]] = true
		}
		m := heading.FindStringSubmatch(line)
		if m == nil {
			return
		}
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, markdown.ReplaceAllString(m[1], "$1"))
		unique := name
		for n := 1; found[unique]; n++ {
			unique = name + "-" + string(rune('0'+n))
		}
		found[unique] = true
	})
	return found
}

// Links of all Markdown files lead somewhere: to a file or folder of the repository, and to a
// heading of it.
func TestLinks(t *testing.T) {
	t.Parallel()
	checked := 0
	require.NoError(t, filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(file) != ".md":
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, l := range links(string(text)) {
			checked++
			if problem := problemOf(l.target, file, string(text)); problem != "" {
				t.Errorf("%s:%d: %s: %s", file, l.line, l.target, problem)
			}
		}
		return nil
	}))
	require.Positive(t, checked)
}

// problemOf is what is wrong with a link of a file, or empty.
func problemOf(target, file, text string) string {
	path, anchor, hasAnchor := strings.Cut(target, "#")
	if strings.HasPrefix(path, "/") {
		return "not relative"
	}
	if path != "" {
		file = filepath.Join(filepath.Dir(file), filepath.FromSlash(path))
		if _, err := os.Stat(file); err != nil {
			return "no such file"
		}
	}
	if !hasAnchor || filepath.Ext(file) != ".md" {
		return ""
	}
	if path != "" {
		other, err := os.ReadFile(file)
		if err != nil {
			return err.Error()
		}
		text = string(other)
	}
	if !anchors(text)[anchor] {
		return "no such heading"
	}
	return ""
}

func TestProblemOf(t *testing.T) {
	t.Parallel()
	const text = "# A page, `of` [links](x.md)!\n## Twice\n## Twice\n```sh\n# no heading\n```\n"
	for target, want := range map[string]string{
		"#a-page-of-links":   "",
		"#twice-1":           "",
		"#twice-2":           "no such heading",
		"#no-heading":        "no such heading",
		"docs_test.go":       "",
		"../README.md":       "",
		"../README.md#no":    "no such heading",
		"missing.md":         "no such file",
		"/docs/docs_test.go": "not relative",
	} {
		require.Equal(t, want, problemOf(target, "page.md", text), target)
	}
	require.Equal(t, []link{{1, "a.md"}, {2, "b.png"}, {3, "c.md#d"}},
		links("See [a](a.md), `[no](no.md)` and [the web](https://example.org)\n<img src=\"b.png\">\n[c]: c.md#d\n```\n[no](no.md)\n```\n"))
}
