package apirequest

import "fmt"

var actions = [...]string{
	Read: "read", Create: "create", Upsert: "upsert", Update: "update", Delete: "delete",
	Call: "call", Describe: "describe", Options: "options",
}

// String gives the action in a word, such as "read".
func (a Action) String() string {
	if int(a) < len(actions) {
		return actions[a]
	}
	return fmt.Sprintf("Action(%d)", uint8(a))
}

var resources = [...]string{Unknown: "unknown", Root: "root", Relation: "relation", Routine: "rpc"}

// String gives the resource in a word: unknown, relation, rpc or root.
func (r Resource) String() string {
	if int(r) < len(resources) {
		return resources[r]
	}
	return fmt.Sprintf("Resource(%d)", uint8(r))
}

var protos = [...]string{HTTP11: "HTTP/1.1", HTTP10: "HTTP/1.0", HTTP2: "HTTP/2.0"}

// String gives the version as net/http has it in Request.Proto, of later ones the first.
func (p Proto) String() string {
	if int(p) < len(protos) {
		return protos[p]
	}
	return fmt.Sprintf("Proto(%d)", uint8(p))
}

var contents = [...]string{NoContent: "none", PayloadContent: "payload", QueryContent: "query"}

// String gives the content in a word.
func (c Content) String() string {
	if int(c) < len(contents) {
		return contents[c]
	}
	return fmt.Sprintf("Content(%d)", uint8(c))
}

var bounds = [...]string{Unbounded: "unbounded", Negative: "negative", Zero: "zero", Positive: "positive"}

// String gives the bound in a word.
func (b Bound) String() string {
	if int(b) < len(bounds) {
		return bounds[b]
	}
	return fmt.Sprintf("Bound(%d)", uint8(b))
}
