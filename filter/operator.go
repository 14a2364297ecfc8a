package filter

// Operator is a comparison that a condition makes. Its zero value is Equal.
type Operator uint8

// The operators, each with its name in a URL.
const (
	Equal              Operator = iota // eq
	NotEqual                           // neq
	GreaterThan                        // gt
	GreaterThanOrEqual                 // gte
	LessThan                           // lt
	LessThanOrEqual                    // lte
	Like                               // like, with * for any run of characters
	ILike                              // ilike
	Match                              // match: a POSIX regular expression
	IMatch                             // imatch
	In                                 // in
	Is                                 // is: null, not_null, true, false or unknown
	IsDistinct                         // isdistinct
	FTS                                // fts: to_tsquery
	PlainFTS                           // plfts: plainto_tsquery
	PhraseFTS                          // phfts: phraseto_tsquery
	WebFTS                             // wfts: websearch_to_tsquery
	Contains                           // cs
	Contained                          // cd
	Overlaps                           // ov
	StrictlyLeft                       // sl
	StrictlyRight                      // sr
	NotExtendsRight                    // nxr
	NotExtendsLeft                     // nxl
	Adjacent                           // adj
	JSONPathExists                     // jsonpath: an SQL/JSON path finds something; with Options.Filters
	JSONPathMatch                      // jsonmatch: the predicate that an SQL/JSON path is holds; with Options.Filters
	Holds                              // no name: the field is a condition itself, by its Call
)

// operators is the operator table: the name in a URL and the operator in SQL. A
// full-text operator's SQL is the function that makes its query. Conditions with in and
// is have forms of their own (see bind.go), which begin with the SQL here.
var operators = [...]struct{ name, sql string }{
	Equal:              {"eq", "="},
	NotEqual:           {"neq", "<>"},
	GreaterThan:        {"gt", ">"},
	GreaterThanOrEqual: {"gte", ">="},
	LessThan:           {"lt", "<"},
	LessThanOrEqual:    {"lte", "<="},
	Like:               {"like", "LIKE"},
	ILike:              {"ilike", "ILIKE"},
	Match:              {"match", "~"},
	IMatch:             {"imatch", "~*"},
	In:                 {"in", "="},
	Is:                 {"is", "IS"},
	IsDistinct:         {"isdistinct", "IS DISTINCT FROM"},
	FTS:                {"fts", "to_tsquery"},
	PlainFTS:           {"plfts", "plainto_tsquery"},
	PhraseFTS:          {"phfts", "phraseto_tsquery"},
	WebFTS:             {"wfts", "websearch_to_tsquery"},
	Contains:           {"cs", "@>"},
	Contained:          {"cd", "<@"},
	Overlaps:           {"ov", "&&"},
	StrictlyLeft:       {"sl", "<<"},
	StrictlyRight:      {"sr", ">>"},
	NotExtendsRight:    {"nxr", "&<"},
	NotExtendsLeft:     {"nxl", "&>"},
	Adjacent:           {"adj", "-|-"},
	JSONPathExists:     {"jsonpath", "@?"},
	JSONPathMatch:      {"jsonmatch", "@@"},
	Holds:              {},
}

// String returns the operator's name in a URL, such as "gte", or "" when there
// is no such operator. Holds has none, either.
func (o Operator) String() string {
	if int(o) >= len(operators) {
		return ""
	}
	return operators[o].name
}

// SQL returns PostgreSQL's name of the operator, such as ">=", or the function
// that makes the query of a full-text operator, such as "to_tsquery". It is ""
// when there is no such operator.
func (o Operator) SQL() string {
	if int(o) >= len(operators) {
		return ""
	}
	return operators[o].sql
}

// fullText reports whether the operator compares a tsvector with a tsquery.
func (o Operator) fullText() bool { return o >= FTS && o <= WebFTS }

// Quantifier makes a condition compare with the elements of an array.
type Quantifier uint8

// The quantifiers.
const (
	NoQuantifier  Quantifier = iota
	QuantifierAny            // op(any): some element compares true
	QuantifierAll            // op(all): every element compares true
)

// quantifiers is the table of the quantifiers' names.
var quantifiers = [...]string{QuantifierAny: "any", QuantifierAll: "all"}

// String returns the quantifier's name in a URL, which is "" for NoQuantifier.
func (q Quantifier) String() string {
	if int(q) >= len(quantifiers) {
		return ""
	}
	return quantifiers[q]
}

// IsValue is what an Is condition tests for.
type IsValue uint8

// The values that is can test for.
const (
	IsNull    IsValue = iota // null
	IsNotNull                // not_null
	IsTrue                   // true
	IsFalse                  // false
	IsUnknown                // unknown
)

// isValues is the table of the values of is: the name in a URL and its SQL.
var isValues = [...]struct{ name, sql string }{
	IsNull:    {"null", "NULL"},
	IsNotNull: {"not_null", "NOT NULL"},
	IsTrue:    {"true", "TRUE"},
	IsFalse:   {"false", "FALSE"},
	IsUnknown: {"unknown", "UNKNOWN"},
}

// String returns the value's name in a URL, such as "not_null", or "" when
// there is no such value.
func (v IsValue) String() string {
	if int(v) >= len(isValues) {
		return ""
	}
	return isValues[v].name
}
