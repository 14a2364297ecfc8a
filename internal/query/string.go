package query

import "fmt"

var encodings = [...]string{Text: "text", Verbatim: "verbatim", Number: "number", Bool: "boolean", Timestamp: "timestamp", TimestampTZ: "timestamptz", TimeJSON: "time as JSON"}

// String gives the encoding in a word or two.
func (e Encoding) String() string {
	if int(e) < len(encodings) {
		return encodings[e]
	}
	return fmt.Sprintf("Encoding(%d)", uint8(e))
}

var forms = [...]string{FormRows: "rows", FormLines: "lines", FormNumber: "number", FormDocument: "document", FormTag: "tag"}

// String gives the form in a word.
func (f Form) String() string {
	if int(f) < len(forms) {
		return forms[f]
	}
	return fmt.Sprintf("Form(%d)", uint8(f))
}

var totals = [...]string{NoTotal: "none", TotalInRows: "in rows", TotalBehind: "behind", TotalItself: "itself"}

// String gives the place in a word or two.
func (t Total) String() string {
	if int(t) < len(totals) {
		return totals[t]
	}
	return fmt.Sprintf("Total(%d)", uint8(t))
}

var writtens = [...]string{NotWritten: "none", WrittenBeside: "beside", WrittenBefore: "before", WrittenBehind: "behind"}

// String gives the place in a word.
func (w Written) String() string {
	if int(w) < len(writtens) {
		return writtens[w]
	}
	return fmt.Sprintf("Written(%d)", uint8(w))
}
