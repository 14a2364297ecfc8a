// Package mediatype names the media types that the API speaks, and parses them
// from Accept and Content-Type headers (RFC 9110, sections 8.3 and 12.5.1).
//
//	for _, t := range mediatype.ParseAccept("text/csv;q=0.5, application/json") {
//		fmt.Println(t) // application/json, then text/csv
//	}
package mediatype

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Type is a media type with the parameters that the API knows. The zero value stands
// for no media type.
type Type struct {
	// Name is type/subtype. A name that isn't one of the constants is spelled as it was
	// received, with its parameters.
	Name string
	// NullsStripped is the parameter nulls=stripped of the vendored JSON types.
	NullsStripped bool
	// Plan is set for the media type of execution plans.
	Plan *Plan
}

// Plan asks for the execution plan of a request. See
// https://docs.postgrest.org/en/stable/references/observability.html#execution-plan.
type Plan struct {
	// JSON is the format; otherwise it is text.
	JSON bool
	// Of is the media type that the plan is for.
	Of Type
	// Options are the options of EXPLAIN that were asked for, in the order of planOptions.
	Options []string
}

// planOptions are the options that a plan may have, in the order in which it is shown.
var planOptions = []string{"analyze", "verbose", "settings", "buffers", "wal"}

func (p *Plan) String() string {
	format := "text"
	if p.JSON {
		format = "json"
	}
	s := "application/vnd.pgrst.plan+" + format + "; for=" + quote(p.Of.String())
	if len(p.Options) > 0 {
		s += "; options=" + strings.Join(p.Options, "|")
	}
	return s
}

// The names of the media types that are built in.
const (
	JSON       = "application/json"
	GeoJSON    = "application/geo+json"
	CSV        = "text/csv"
	Plain      = "text/plain"
	XML        = "text/xml"
	OpenAPI    = "application/openapi+json"
	URLEncoded = "application/x-www-form-urlencoded"
	Octets     = "application/octet-stream"
	Any        = "*/*"
	Object     = "application/vnd.pgrst.object+json"
	Array      = "application/vnd.pgrst.array+json"

	// OpenAPI31 and OpenAPI31YAML are OpenAPI 3.1 by its registered names; OpenAPI is 2.0.
	OpenAPI31     = "application/vnd.oai.openapi+json;version=3.1"
	OpenAPI31YAML = "application/vnd.oai.openapi+yaml;version=3.1"

	// Rows is JSON of rows to update, each with its key.
	Rows = "application/vnd.pgrst.rows+json"
	// Nested is JSON of rows to insert that have others within them.
	Nested = "application/vnd.pgrst.nested+json"

	// TypeScript is the source of a module of types. It has no registered name.
	TypeScript = "application/typescript"

	// Batch is an array of requests, and of the responses to them. Parse doesn't know it: see
	// IsBatch.
	Batch = "application/vnd.pgrst.batch+json"

	plan = "application/vnd.pgrst.plan"
)

// String gives the type as messages and the Content-Type header name it.
func (t Type) String() string {
	if t.Plan != nil {
		return t.Plan.String()
	}
	if t.NullsStripped {
		return t.Name + ";nulls=stripped"
	}
	return t.Name
}

// IsBatch reports the media type of batches, whatever its parameters.
func IsBatch(s string) bool {
	name, _, _ := strings.Cut(s, ";")
	return strings.EqualFold(strings.TrimSpace(name), Batch)
}

// ContentType is the value of a Content-Type header. The built-in types, except
// application/octet-stream, are UTF-8 and say so. The charset of others isn't known.
func (t Type) ContentType() string {
	switch t.Name {
	case plan:
		return t.String() + "; charset=utf-8"
	case JSON:
		return "application/json; charset=utf-8"
	case CSV:
		return "text/csv; charset=utf-8"
	case Object, Array, GeoJSON, Plain, XML, OpenAPI, URLEncoded, TypeScript:
		return t.String() + "; charset=utf-8"
	}
	return t.Name
}

// Parse reads one media type, a Content-Type or an element of Accept. Names and
// parameter names are case-insensitive. A type that is not built in keeps its text, so
// that it can be looked up and reported as it was sent. Parameters that mean nothing to
// a built-in type are ignored, even malformed ones.
func Parse(s string) Type {
	s = strings.TrimSpace(s)
	name, rest, _ := strings.Cut(s, ";")
	name = strings.ToLower(strings.TrimSpace(name))
	switch name {
	case JSON, GeoJSON, CSV, Plain, XML, OpenAPI, URLEncoded, Octets, Any, TypeScript, Rows, Nested:
		return Type{Name: name}
	case Object, "application/vnd.pgrst.object":
		return Type{Name: Object, NullsStripped: parameters(rest)["nulls"] == "stripped"}
	case Array, "application/vnd.pgrst.array":
		if parameters(rest)["nulls"] == "stripped" {
			return Type{Name: Array, NullsStripped: true}
		}
		return Type{Name: JSON}
	case plan, plan + "+text", plan + "+json":
		return Type{Name: plan, Plan: parsePlan(name, parameters(rest))}
	case "application/vnd.oai.openapi+json":
		return parseOpenAPI(s, OpenAPI31, parameters(rest)["version"])
	case "application/vnd.oai.openapi+yaml", "application/vnd.oai.openapi":
		return parseOpenAPI(s, OpenAPI31YAML, parameters(rest)["version"])
	}
	return Type{Name: s}
}

// parameters reads what follows the name of a media type: name=value, separated by
// semicolons, the values with or without quotes around them. The names are put in lower
// case. Nothing is read after the first malformed parameter.
func parameters(s string) map[string]string {
	params := map[string]string{}
	for s != "" {
		name, rest, ok := strings.Cut(s, "=")
		if name = strings.TrimSpace(name); !ok || name == "" || strings.ContainsAny(name, ";\"") {
			break
		}
		var value string
		if rest = strings.TrimLeft(rest, blanks); strings.HasPrefix(rest, `"`) {
			if value, rest, ok = unquote(rest); !ok {
				break
			}
			_, rest, _ = strings.Cut(rest, ";")
		} else {
			value, rest, _ = strings.Cut(rest, ";")
			value = strings.TrimSpace(value)
		}
		params[strings.ToLower(name)], s = value, rest
	}
	return params
}

// blanks may stand around the parts of a header.
const blanks = " \t"

// quote makes a quoted string (RFC 9110, section 5.6.4).
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// unquote reads the quoted string that a text begins with, and gives what follows it.
func unquote(s string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := len(`"`); i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], true
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

// withoutBlanks leaves out the blanks that don't stand within quotes.
func withoutBlanks(s string) string {
	if !strings.ContainsAny(s, blanks) {
		return s
	}
	var b strings.Builder
	var q quotes
	for i := range len(s) {
		if q.within(s[i]) || !strings.Contains(blanks, s[i:i+1]) {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// quotes finds out which bytes of a text stand within quotes.
type quotes struct{ open, escaped bool }

// within reports whether the next byte, which is c, stands within quotes or is one.
func (q *quotes) within(c byte) bool {
	switch {
	case q.escaped:
		q.escaped = false
	case q.open && c == '\\':
		q.escaped = true
	case c == '"':
		q.open = !q.open
		return true
	}
	return q.open
}

// parseOpenAPI gives the type of that name if the version that is asked for can be 3.1, the
// only one there is, and otherwise s, which can't be produced.
func parseOpenAPI(s, name, version string) Type {
	switch {
	case version == "", version == "3", version == "3.1", strings.HasPrefix(version, "3.1."):
		return Type{Name: name}
	}
	return Type{Name: s}
}

func parsePlan(name string, params map[string]string) *Plan {
	p := &Plan{JSON: name == plan+"+json", Of: Type{Name: JSON}}
	if of, ok := params["for"]; ok {
		if p.Of = Parse(of); p.Of.Plan != nil { // a plan has no plan
			p.Of = Type{Name: of}
		}
	}
	asked := strings.Split(params["options"], "|")
	for _, option := range planOptions {
		if slices.Contains(asked, option) {
			p.Options = append(p.Options, option)
		}
	}
	return p
}

var anyType = []Type{{Name: Any}}

// ParseAccept reads the values of the Accept header, in the client's order of
// preference: by quality, then the more specific first, then as listed. Types
// with quality 0 are left out. Without a value the client takes anything.
func ParseAccept(values ...string) []Type {
	// Most clients that aren't browsers send */*: to tell it at once saves 96 bytes a request.
	if len(values) == 0 || len(values) == 1 && (values[0] == "" || values[0] == Any) {
		return anyType
	}
	if len(values) == 1 && !strings.ContainsAny(values[0], `,;" `+"\t") {
		return []Type{Parse(values[0])} // nothing to rank
	}
	var ranked []rank
	for _, value := range values {
		for element := range splitQuoted(value, ',') {
			if r := parseElement(element); r.quality > 0 && r.media.Name != "" {
				ranked = append(ranked, r)
			}
		}
	}
	slices.SortStableFunc(ranked, func(a, b rank) int {
		return cmp.Or(cmp.Compare(b.quality, a.quality), cmp.Compare(b.specificity, a.specificity))
	})
	types := make([]Type, len(ranked))
	for i, r := range ranked {
		types[i] = r.media
	}
	return types
}

type rank struct {
	media       Type
	quality     float64
	specificity int
}

// parseElement reads an element of Accept: a media type, and perhaps its quality,
// which ends it. Blanks mean nothing, and are left out of the type's name.
func parseElement(element string) rank {
	parts := slices.Collect(splitQuoted(withoutBlanks(element), ';'))
	r := rank{quality: 1}
	for i, p := range parts {
		value, ok := strings.CutPrefix(strings.ToLower(p), "q=")
		if !ok || i == 0 {
			continue
		}
		if q, err := strconv.ParseFloat(value, 64); err == nil {
			r.quality = q
		}
		parts = parts[:i]
		break
	}
	r.specificity = len(parts) - 1 - strings.Count(parts[0], "*")
	r.media = Parse(strings.Join(parts, ";"))
	return r
}

// splitQuoted yields the elements of a header value that a separator divides, except
// where it stands within a quoted string.
func splitQuoted(s string, separator byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := 0
		var q quotes
		for i := range len(s) {
			if !q.within(s[i]) && s[i] == separator {
				if !yield(s[start:i]) {
					return
				}
				start = i + 1
			}
		}
		yield(s[start:])
	}
}
