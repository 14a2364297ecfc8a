package apirequest

import "github.com/pgrest-go/pgrest/internal/enum"

var actions = [...]string{
	Read: "read", Create: "create", Upsert: "upsert", Update: "update", Delete: "delete",
	Call: "call", Describe: "describe", Options: "options",
}

// String gives the action in a word, such as "read".
func (a Action) String() string { return enum.Name(actions[:], a) }

var resources = [...]string{Unknown: "unknown", Root: "root", Relation: "relation", Routine: "rpc"}

// String gives the resource in a word: unknown, relation, rpc or root.
func (r Resource) String() string { return enum.Name(resources[:], r) }

var protos = [...]string{HTTP11: "HTTP/1.1", HTTP10: "HTTP/1.0", HTTP2: "HTTP/2.0"}

// String gives the version as net/http has it in Request.Proto, of later ones the first.
func (p Proto) String() string { return enum.Name(protos[:], p) }

var contents = [...]string{NoContent: "none", PayloadContent: "payload", QueryContent: "query"}

// String gives the content in a word.
func (c Content) String() string { return enum.Name(contents[:], c) }

var bounds = [...]string{Unbounded: "unbounded", Negative: "negative", Zero: "zero", Positive: "positive"}

// String gives the bound in a word.
func (b Bound) String() string { return enum.Name(bounds[:], b) }
