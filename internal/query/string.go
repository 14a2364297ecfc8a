package query

import "github.com/pgrest-go/pgrest/internal/enum"

var encodings = [...]string{Text: "text", Verbatim: "verbatim", Number: "number", Bool: "boolean", Timestamp: "timestamp", TimestampTZ: "timestamptz", TimeJSON: "time as JSON"}

// String gives the encoding in a word or two.
func (e Encoding) String() string { return enum.Name(encodings[:], e) }

var forms = [...]string{FormRows: "rows", FormLines: "lines", FormNumber: "number", FormDocument: "document", FormTag: "tag"}

// String gives the form in a word.
func (f Form) String() string { return enum.Name(forms[:], f) }

var totals = [...]string{NoTotal: "none", TotalInRows: "in rows", TotalBehind: "behind", TotalItself: "itself"}

// String gives the place in a word or two.
func (t Total) String() string { return enum.Name(totals[:], t) }

var writtens = [...]string{NotWritten: "none", WrittenInRows: "in rows", WrittenBefore: "before", WrittenBehind: "behind"}

// String gives the place in a word.
func (w Written) String() string { return enum.Name(writtens[:], w) }
