package plan

import "fmt"

var formats = [...]string{FormatArray: "array", FormatObject: "object", FormatCSV: "CSV", FormatGeoJSON: "GeoJSON", FormatSingle: "single", FormatScalars: "scalars", FormatScalar: "scalar", FormatRaw: "raw", FormatAggregated: "aggregated", FormatRows: "rows"}

// String gives the form in a word or two.
func (f Format) String() string {
	if int(f) < len(formats) {
		return formats[f]
	}
	return fmt.Sprintf("Format(%d)", uint8(f))
}

var counts = [...]string{CountNone: "none", CountExact: "exact", CountPlanned: "planned", CountEstimated: "estimated"}

// String gives the count as the preference has it.
func (c Count) String() string {
	if int(c) < len(counts) {
		return counts[c]
	}
	return fmt.Sprintf("Count(%d)", uint8(c))
}

var returns = [...]string{ReturnMinimal: "minimal", ReturnHeadersOnly: "headers-only", ReturnRepresentation: "representation"}

// String gives what is returned as the preference has it.
func (r Return) String() string {
	if int(r) < len(returns) {
		return returns[r]
	}
	return fmt.Sprintf("Return(%d)", uint8(r))
}

var kinds = [...]string{TypedValue: "typed", JSONValue: "JSON", TextValue: "text"}

// String gives the kind in a word.
func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

var contradictions = [...]string{NoContradiction: "none", NoSuchName: "name", NoSuchThing: "thing", NoSuchAssignment: "assignment", NoSuchKey: "key"}

// String gives what there is none of.
func (c Contradiction) String() string {
	if int(c) < len(contradictions) {
		return contradictions[c]
	}
	return fmt.Sprintf("Contradiction(%d)", uint8(c))
}

var useKinds = [...]string{UseRead: "read", UseInsert: "insert", UseUpdate: "update", UseUpsert: "upsert", UseDelete: "delete",
	UseEmbed: "embed", UseSpread: "spread", UseJunction: "junction", UseCall: "call", UseFunction: "function"}

// String gives the kind of use in a word.
func (k UseKind) String() string {
	if int(k) < len(useKinds) {
		return useKinds[k]
	}
	return fmt.Sprintf("UseKind(%d)", uint8(k))
}
