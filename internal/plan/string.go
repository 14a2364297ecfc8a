package plan

import "github.com/pgrest-go/pgrest/internal/enum"

var formats = [...]string{FormatArray: "array", FormatObject: "object", FormatCSV: "CSV", FormatGeoJSON: "GeoJSON", FormatSingle: "single", FormatScalars: "scalars", FormatScalar: "scalar", FormatRaw: "raw", FormatAggregated: "aggregated", FormatRows: "rows"}

// String gives the form in a word or two.
func (f Format) String() string { return enum.Name(formats[:], f) }

var counts = [...]string{CountNone: "none", CountExact: "exact", CountPlanned: "planned", CountEstimated: "estimated"}

// String gives the count as the preference has it.
func (c Count) String() string { return enum.Name(counts[:], c) }

var returns = [...]string{ReturnMinimal: "minimal", ReturnHeadersOnly: "headers-only", ReturnRepresentation: "representation"}

// String gives what is returned as the preference has it.
func (r Return) String() string { return enum.Name(returns[:], r) }

var kinds = [...]string{TypedValue: "typed", JSONValue: "JSON", TextValue: "text"}

// String gives the kind in a word.
func (k Kind) String() string { return enum.Name(kinds[:], k) }

var contradictions = [...]string{NoContradiction: "none", NoSuchName: "name", NoSuchThing: "thing", NoSuchAssignment: "assignment", NoSuchKey: "key"}

// String gives what there is none of.
func (c Contradiction) String() string { return enum.Name(contradictions[:], c) }

var useKinds = [...]string{UseRead: "read", UseInsert: "insert", UseUpdate: "update", UseUpsert: "upsert", UseDelete: "delete",
	UseEmbed: "embed", UseSpread: "spread", UseJunction: "junction", UseCall: "call", UseFunction: "function"}

// String gives the kind of use in a word.
func (k UseKind) String() string { return enum.Name(useKinds[:], k) }
