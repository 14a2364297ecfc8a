package query

// Encoding says how a result column's text form becomes a JSON value.
type Encoding uint8

// The encodings. Together they give what PostgreSQL's to_json would.
const (
	// Text is escaped and quoted.
	Text Encoding = iota
	// Verbatim already is JSON: json, jsonb, integers, or what to_json made in SQL.
	Verbatim
	// Number is verbatim but for NaN and infinities, which are quoted.
	Number
	// Bool is t or f.
	Bool
	// Timestamp is ISO text that gets a T between date and time.
	Timestamp
	// TimestampTZ is a Timestamp whose offset always shows its minutes.
	TimestampTZ
)

// Column is an output column: its name, unquoted, and its encoding.
type Column struct {
	Name     string
	Encoding Encoding
	// OID is the type that the encoding is for, domains looked through; 0 where it
	// is for any.
	OID uint32
}
