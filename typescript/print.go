package typescript

import (
	"encoding/json"
	"regexp"
	"strings"
)

// printer writes lines, indented by two blanks for each bracket that is open.
type printer struct {
	text  []byte
	depth int
}

func (p *printer) line(text string) {
	if text != "" {
		p.text = append(append(p.text, strings.Repeat("  ", p.depth)...), text...)
	}
	p.text = append(p.text, '\n')
}

// open writes a line that others belong to, down to close.
func (p *printer) open(text string) {
	p.line(text)
	p.depth++
}

func (p *printer) close(text string) {
	p.depth--
	if text != "" {
		p.line(text)
	}
}

// group prints a member of a schema. The type of one without members has none.
func (p *printer) group(name string, members func()) {
	before := len(p.text)
	p.open(name + ": {")
	empty := len(p.text)
	members()
	if len(p.text) == empty {
		p.text = p.text[:before]
		p.depth--
		p.line(name + ": { [_ in never]: never }")
		return
	}
	p.close("}")
}

// property prints a member with its comment. optional is "?" or empty.
func (p *printer) property(name, optional, of, comment string) {
	p.comment(comment)
	p.line(key(name) + optional + ": " + of)
}

// comment prints a comment of the database's as one of TypeScript's.
func (p *printer) comment(text string) {
	if text == "" {
		return
	}
	text = strings.ReplaceAll(text, "*/", "*\\/")
	lines := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\n\r\u2028\u2029", r) })
	if len(lines) == 1 {
		p.line("/** " + lines[0] + " */")
		return
	}
	p.line("/**")
	for _, line := range lines {
		p.line(" * " + line)
	}
	p.line(" */")
}

// shorthands prints types that are shorter to write than the members of Database. Each
// takes the name of what it stands for in the default schema, or { schema: … } and the name.
func (p *printer) shorthands(schema string) {
	p.line("")
	p.line("type Schemas = Omit<Database, '__InternalSupabase'>")
	p.line("type Default = " + literal(schema))
	p.line("type Named<S extends keyof Schemas, Group extends 'Enums' | 'CompositeTypes'> = Schemas[S][Group]")
	p.line("type Relations<S extends keyof Schemas> = Schemas[S]['Tables'] & Schemas[S]['Views']")
	p.line("type Part<R, Member extends string> = R extends { [_ in Member]: infer P } ? P : never")
	p.line("type In<O> = O extends { schema: infer S extends keyof Schemas } ? S : never")
	for _, shorthand := range []struct{ name, all, result string }{
		{"Tables", "Relations<%>", "Part<@, 'Row'>"},
		{"TablesInsert", "Relations<%>", "Part<@, 'Insert'>"},
		{"TablesUpdate", "Relations<%>", "Part<@, 'Update'>"},
		{"Enums", "Named<%, 'Enums'>", "@"},
		{"CompositeTypes", "Named<%, 'CompositeTypes'>", "@"},
	} {
		all := func(schema string) string { return strings.ReplaceAll(shorthand.all, "%", schema) }
		result := func(of string) string { return strings.ReplaceAll(shorthand.result, "@", of) }
		p.line("")
		p.open("export type " + shorthand.name + "<")
		p.line("N extends keyof " + all("Default") + " | { schema: keyof Schemas },")
		p.line("M extends keyof " + all("In<N>") + " = never,")
		p.close("> = N extends keyof " + all("Default") + " ? " + result(all("Default")+"[N]") + " : " + result(all("In<N>")+"[M]"))
	}
}

var plainName = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

// key is a name as a member has it.
func key(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return literal(name)
}

// literal is a text as a literal.
func literal(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		panic(err) // there is no text that JSON can't have
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func boolean(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func literals(texts []string, separator string) string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = literal(text)
	}
	return strings.Join(all, separator)
}

// list is an array of texts.
func list(texts []string) string { return "[" + literals(texts, ", ") + "]" }

// union is the type of one of the texts.
func union(texts []string) string {
	if len(texts) == 0 {
		return "never"
	}
	return literals(texts, " | ")
}

// member is the type of a member of a type's member, and so on.
func member(of string, names ...string) string {
	for _, name := range names {
		of += "[" + literal(name) + "]"
	}
	return of
}

// group puts a type in parentheses if others may be taken for a part of it.
func group(of string) string {
	if strings.Contains(of, " | ") && !strings.HasPrefix(of, "{") && !strings.HasPrefix(of, "(") {
		return "(" + of + ")"
	}
	return of
}

func orNull(of string) string { return nullable(of, true) }

func nullable(of string, may bool) string {
	if !may || of == "unknown" {
		return of
	}
	return of + " | null"
}

func arrayed(of string, set bool) string {
	if !set {
		return of
	}
	return group(of) + "[]"
}
