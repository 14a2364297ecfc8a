// Package sqlfrag is the one place where SQL identifiers are quoted.
//
// The identifiers are for fragments of SQL in squirrel's convention: each `?` stands for
// a value, and a literal question mark is written `??`. The placeholders are numbered
// once, when the whole statement is known.
package sqlfrag

import "strings"

// Ident quotes name as an SQL identifier, folding nothing. NUL bytes, which
// PostgreSQL has no way to store, are dropped, and question marks are doubled
// so that they can't be taken for placeholders.
func Ident(name string) string {
	var b strings.Builder
	b.Grow(len(name) + 2)
	writeIdent(&b, name)
	return b.String()
}

// Qualified quotes a name within its schema or table, as in "schema"."name".
// An empty qualifier is left out.
func Qualified(qualifier, name string) string {
	var b strings.Builder
	b.Grow(len(qualifier) + len(name) + 5)
	if qualifier != "" {
		writeIdent(&b, qualifier)
		b.WriteByte('.')
	}
	writeIdent(&b, name)
	return b.String()
}

// CutIdent reads the quoted identifier that a text begins with, and gives the rest. The
// text is that of a whole statement, in which question marks are single.
func CutIdent(text string) (name, rest string, ok bool) {
	rest, ok = strings.CutPrefix(text, `"`)
	if !ok {
		return "", text, false
	}
	var b strings.Builder
	for {
		part, after, found := strings.Cut(rest, `"`)
		if !found {
			return "", text, false
		}
		b.WriteString(part)
		if rest, ok = strings.CutPrefix(after, `"`); !ok {
			return b.String(), after, true
		}
		b.WriteByte('"')
	}
}

// CutQualified reads a qualified name as PostgreSQL prints it, each part of which is quoted
// if it has to be. It reports false for a name without a qualifier.
func CutQualified(text string) (qualifier, name string, ok bool) {
	qualifier, rest, quoted := CutIdent(text)
	if quoted {
		name, ok = strings.CutPrefix(rest, ".")
	} else {
		qualifier, name, ok = strings.Cut(text, ".")
	}
	if local, rest, quoted := CutIdent(name); quoted && rest == "" {
		name = local
	}
	return qualifier, name, ok
}

// SearchPath renders schemas as the value of the search_path setting. It is a
// value and no part of a statement, so question marks stay single.
func SearchPath(schemas ...string) string {
	size := 0
	for _, s := range schemas {
		size += len(s) + len(`"", `)
	}
	var b strings.Builder
	b.Grow(size)
	for i, s := range schemas {
		if i > 0 {
			b.WriteString(", ")
		}
		if strings.IndexByte(s, '"') >= 0 || strings.IndexByte(s, 0) >= 0 {
			s = strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), `"`, `""`)
		}
		b.WriteByte('"')
		b.WriteString(s)
		b.WriteByte('"')
	}
	return b.String()
}

func writeIdent(b *strings.Builder, name string) {
	b.WriteByte('"')
	for i := range len(name) {
		switch c := name[i]; c {
		case 0:
		case '"', '?':
			b.WriteByte(c)
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
}
