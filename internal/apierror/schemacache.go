package apierror

import (
	"net/http"
	"slices"
	"strings"
)

// The errors of group 2: what the schema cache doesn't know.

// RelationshipNotFound is PGRST200: nothing leads from parent to child. hint is
// the client's !hint, and suggestion a whole sentence; either may be empty.
func RelationshipNotFound(schema, parent, child, hint, suggestion string) *Error {
	using := ""
	if hint != "" {
		using = " using the hint '" + hint + "'"
	}
	return &Error{Code: "PGRST200", Status: http.StatusBadRequest, Hint: suggestion,
		Message: "Could not find a relationship between '" + parent + "' and '" + child + "' in the schema cache",
		Details: "Searched for a foreign key relationship between '" + parent + "' and '" + child + "'" + using +
			" in the schema '" + schema + "', but no matches were found."}
}

// DistributedEmbed is feature_not_supported: Citus joins no rows of a distributed table to
// each row of a reference table, but the other way round.
func DistributedEmbed(parent, child string) *Error {
	return &Error{Code: "0A000", Status: http.StatusBadRequest,
		Message: "Could not embed '" + child + "', which is a distributed table, in '" + parent + "', which is a reference table",
		Hint:    "Embed '" + parent + "' in '" + child + "' instead, as in /" + child + "?select=*," + parent + "(*)."}
}

// Relationship is a candidate of an ambiguous embed, as PGRST201 lists it.
type Relationship struct {
	Cardinality  string `json:"cardinality"`
	Embedding    string `json:"embedding"`
	Relationship string `json:"relationship"`
	// Hint is what chooses this one in select.
	Hint string `json:"-"`
}

// RelationshipAmbiguous is PGRST201: several relationships lead from parent to child.
func RelationshipAmbiguous(parent, child string, candidates []Relationship) *Error {
	hints := make([]string, len(candidates))
	for i, c := range candidates {
		hints[i] = "'" + c.Hint + "'"
	}
	return &Error{Code: "PGRST201", Status: http.StatusMultipleChoices, Details: candidates,
		Message: "Could not embed because more than one relationship was found for '" + parent + "' and '" + child + "'",
		Hint: "Try changing '" + child + "' to one of the following: " + strings.Join(hints, ", ") +
			". Find the desired relationship in the 'details' key."}
}

// Call is how a function was called, as PGRST202 tells it.
type Call struct {
	// Function is the qualified name.
	Function string
	// Arguments are the names of the arguments.
	Arguments []string
	// Unnamed is the type of the only, unnamed parameter that the body could have
	// been for: "text", "xml", "bytea", "json/jsonb", or empty for none.
	Unnamed string
}

// FunctionNotFound is PGRST202: there is no such function with such parameters.
// suggestion is a function with its schema and perhaps its parameters, or empty.
func FunctionNotFound(c Call, suggestion string) *Error {
	arguments := slices.Sorted(slices.Values(c.Arguments))
	list := strings.Join(arguments, ", ")
	called, searched := "("+list+")", " with parameters "+list
	switch len(arguments) {
	case 0:
		called, searched = " without parameters", " without parameters"
	case 1:
		searched = " with parameter " + list
	}
	switch c.Unnamed {
	case "":
	case "json/jsonb":
		searched += " or with a single unnamed json/jsonb parameter"
	default:
		called, searched, suggestion = "", " with a single unnamed "+c.Unnamed+" parameter", ""
	}
	e := &Error{Code: "PGRST202", Status: http.StatusNotFound,
		Message: "Could not find the function " + c.Function + called + " in the schema cache",
		Details: "Searched for the function " + c.Function + searched + ", but no matches were found in the schema cache."}
	if suggestion != "" {
		e.Hint = "Perhaps you meant to call the function " + suggestion
	}
	return e
}

// FunctionAmbiguous is PGRST203: the arguments fit several overloads, given as signatures.
func FunctionAmbiguous(signatures []string) *Error {
	return &Error{Code: "PGRST203", Status: http.StatusMultipleChoices,
		Message: "Could not choose the best candidate function between: " + strings.Join(signatures, ", "),
		Hint:    "Try renaming the parameters or the function itself in the database so function overloading can be resolved"}
}

// ColumnNotFound is PGRST204: the relation has no such column to write.
func ColumnNotFound(table, column string) *Error {
	return &Error{Code: "PGRST204", Message: "Could not find the '" + column + "' column of '" + table + "' in the schema cache",
		Status: http.StatusBadRequest}
}

// TableNotFound is PGRST205: no such relation. suggestion is a qualified name or empty.
func TableNotFound(table, suggestion string) *Error {
	e := &Error{Code: "PGRST205", Message: "Could not find the table '" + table + "' in the schema cache", Status: http.StatusNotFound}
	if suggestion != "" {
		e.Hint = "Perhaps you meant the table '" + suggestion + "'"
	}
	return e
}
