package apierror

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/filter"
)

// The errors of group 1: what is wrong with the request itself.

// RPCMethod is PGRST101: functions aren't called with the method.
func RPCMethod(method string) *Error {
	return &Error{Code: "PGRST101", Message: "Cannot use the " + method + " method on RPC", Status: http.StatusMethodNotAllowed}
}

// PostOnly is PGRST101, too: the function is called with POST alone, as the value of the
// Allow header says.
func PostOnly(method, allow string) *Error {
	e := RPCMethod(method)
	e.Header = http.Header{"Allow": {allow}}
	return e
}

// InvalidBody is PGRST102: the body is not of its media type, or its media type can't be read.
func InvalidBody(message string) *Error {
	return &Error{Code: "PGRST102", Message: message, Status: http.StatusBadRequest}
}

// QueryWithoutFormat is PGRST102 for a query in the body without a Content-Type that names
// one of the formats.
func QueryWithoutFormat(formats string) *Error {
	e := InvalidBody("Content-Type missing")
	e.Hint = "It has to be " + formats + "."
	e.Header = http.Header{"Accept-Query": {formats}}
	return e
}

// QueryFormat is PGRST102 for a query in the body that is in none of the formats.
func QueryFormat(format, formats string) *Error {
	e := InvalidBody("Content-Type not acceptable: " + format)
	e.Status = http.StatusUnsupportedMediaType
	e.Header = http.Header{"Accept-Query": {formats}}
	return e
}

// QueryCoding is PGRST102 for a query in a body that is compressed.
func QueryCoding(coding string) *Error {
	e := InvalidBody("Content-Encoding not acceptable: " + coding)
	e.Status = http.StatusUnsupportedMediaType
	e.Header = http.Header{"Accept-Encoding": {"identity"}}
	return e
}

// NegativeLimit is PGRST103 for a limit below zero, or for a limit and a Range header
// without a row in common.
func NegativeLimit() *Error {
	return unsatisfiable("Limit should be greater than or equal to zero.")
}

// RangeBounds is PGRST103 for a Range header whose end comes before its start.
func RangeBounds() *Error {
	return unsatisfiable("The lower boundary must be lower than or equal to the upper boundary in the Range header.")
}

// OffsetBeyond is PGRST103 for an offset behind the last of total rows.
func OffsetBeyond(offset, total int64) *Error {
	e := unsatisfiable(fmt.Sprintf("An offset of %d was requested, but there are only %d rows.", offset, total))
	e.Header = http.Header{"Content-Range": {"*/" + strconv.FormatInt(total, 10)}}
	return e
}

func unsatisfiable(details string) *Error {
	return &Error{Code: "PGRST103", Message: "Requested range not satisfiable", Details: details,
		Status: http.StatusRequestedRangeNotSatisfiable}
}

// SchemaNotExposed is PGRST106: a profile header names a schema that is not exposed. The
// hint lists those that are, unless there is no list for clients.
func SchemaNotExposed(schema string, exposed []string) *Error {
	e := &Error{Code: CodeSchemaNotExposed, Message: "Invalid schema: " + schema, Status: http.StatusNotAcceptable}
	if len(exposed) > 0 {
		e.Hint = ExposedSchemas(exposed)
	}
	return e
}

// CodeSchemaNotExposed is the code of SchemaNotExposed.
const CodeSchemaNotExposed = "PGRST106"

// ExposedSchemas is the hint that lists exposed schemas.
func ExposedSchemas(names []string) string {
	return "Only the following schemas are exposed: " + strings.Join(names, ", ")
}

// NotAcceptable is PGRST107: none of the accepted media types can be produced.
func NotAcceptable(accepted []string) *Error {
	return &Error{Code: "PGRST107", Message: "None of these media types are available: " + strings.Join(accepted, ", "),
		Status: http.StatusNotAcceptable}
}

// NotEmbedded is PGRST108: a filter, order or limit is for a relation that is not selected.
func NotEmbedded(relation string) *Error {
	return &Error{Code: "PGRST108", Message: "'" + relation + "' is not an embedded resource in this request",
		Hint: "Verify that '" + relation + "' is included in the 'select' query parameter.", Status: http.StatusBadRequest}
}

// NotEmbeddedByTarget is PGRST108 where the relation is embedded under an alias.
func NotEmbeddedByTarget(relation, alias string) *Error {
	return &Error{Code: "PGRST108", Message: "'" + relation + "' is not an embedded resource in this request",
		Details: "Target names are not allowed in filters if they have an alias",
		Hint:    "Change '" + relation + "' to '" + alias + "' in filters, orders or limits.", Status: http.StatusBadRequest}
}

// ResponseHeaders is PGRST111: the database set response.headers to something else than headers.
func ResponseHeaders() *Error {
	return &Error{Code: "PGRST111", Status: http.StatusInternalServerError,
		Message: "response.headers guc must be a JSON array composed of objects with a single key and a string value"}
}

// ResponseStatus is PGRST112: the database set response.status to something else than a status.
func ResponseStatus() *Error {
	return &Error{Code: "PGRST112", Message: "response.status guc must be a valid status code", Status: http.StatusInternalServerError}
}

// NotSingular is PGRST116: a single object was asked for and rows is not 1.
func NotSingular(rows int64) *Error {
	return &Error{Code: "PGRST116", Message: "Cannot coerce the result to a single JSON object",
		Details: fmt.Sprintf("The result contains %d rows", rows), Status: http.StatusNotAcceptable}
}

// FarFromSingular is PGRST116 for more rows than it is worth to count.
func FarFromSingular(rows int64) *Error {
	e := NotSingular(rows)
	e.Details = fmt.Sprintf("The result contains more than %d rows", rows)
	return e
}

// UnsupportedMethod is PGRST117: no resource of the API knows the method.
func UnsupportedMethod(method string) *Error {
	return &Error{Code: "PGRST117", Message: "Unsupported HTTP method: " + method, Status: http.StatusMethodNotAllowed}
}

// RelatedOrder is PGRST118: an order by a column of a relation that has many rows for each
// row of origin.
func RelatedOrder(origin, target string) *Error {
	return &Error{Code: "PGRST118", Message: "A related order on '" + target + "' is not possible", Status: http.StatusBadRequest,
		Details: "'" + origin + "' and '" + target + "' do not form a many-to-one or one-to-one relationship"}
}

// InvalidPreferences is PGRST122: handling=strict with preferences that are not known.
func InvalidPreferences(preferences []string) *Error {
	return &Error{Code: "PGRST122", Message: "Invalid preferences given with handling=strict",
		Details: "Invalid preferences: " + strings.Join(preferences, ", "), Status: http.StatusBadRequest}
}

// UnreadableBody is the failure to read a request's body: it is larger than the
// host allows (http.MaxBytesReader), it doesn't come in time, or the client broke off.
func UnreadableBody(cause error) *Error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(cause, &tooLarge):
		e := BodyTooLarge(tooLarge.Limit)
		e.cause = cause
		return e
	case errors.Is(cause, os.ErrDeadlineExceeded):
		return &Error{Code: "PGRST102", Message: "The request body came too slowly", Status: http.StatusRequestTimeout, cause: cause}
	}
	return &Error{Code: "PGRST102", Message: "The request body could not be read", Status: http.StatusBadRequest, cause: cause}
}

// The limits of a request. Their codes are those that other faults of the same part have:
// PGRST100 for the URL, PGRST102 for the body, and for a header the code of its values.

// BodyTooLarge is PGRST102 for a body of more bytes than there may be.
func BodyTooLarge(most int64) *Error {
	return &Error{Code: "PGRST102", Message: "The request body is too large",
		Details: fmt.Sprintf("It may have %d bytes.", most), Status: http.StatusRequestEntityTooLarge}
}

// CSVTooLarge is BodyTooLarge for CSV that is turned into JSON, which repeats the column
// names in each row.
func CSVTooLarge(most int64) *Error {
	e := BodyTooLarge(most)
	e.Details = fmt.Sprintf("It may have %d bytes with the column names repeated in each row.", most)
	return e
}

// TooManyBodyColumns is PGRST102 for a body that has values for more columns than there
// may be.
func TooManyBodyColumns(most int) *Error {
	return &Error{Code: "PGRST102", Message: "The request body has too many columns",
		Details: atMost(most), Status: http.StatusBadRequest}
}

// TooManyFormValues is PGRST102 for a form that gives a function more values than there
// may be.
func TooManyFormValues(most int) *Error {
	return &Error{Code: "PGRST102", Message: "The request body has too many arguments",
		Details: atMost(most), Status: http.StatusBadRequest}
}

// URLTooLong is PGRST100 for a query string, or a path, of more bytes than there may be.
func URLTooLong(part string, most int) *Error {
	return &Error{Code: "PGRST100", Message: "The " + part + " of the URL is too long",
		Details: fmt.Sprintf("It may have %d bytes.", most), Status: http.StatusRequestURITooLong}
}

// tooMuchAsked is PGRST100 for a query string that asks for more of something than
// there may be.
func tooMuchAsked(err *filter.LimitError) *Error {
	return &Error{Code: "PGRST100", Message: "The request has too many " + err.What, Details: atMost(err.Most), Status: http.StatusBadRequest, cause: err}
}

// TooManyMediaTypes is PGRST107 for an Accept header of more elements than there may be.
func TooManyMediaTypes(most int) *Error {
	return &Error{Code: "PGRST107", Message: "The Accept header has too many media types",
		Details: atMost(most), Status: http.StatusRequestHeaderFieldsTooLarge}
}

// TooManyPreferences is PGRST122 for a Prefer header of more elements than there may be.
func TooManyPreferences(most int) *Error {
	return &Error{Code: "PGRST122", Message: "The Prefer header has too many preferences",
		Details: atMost(most), Status: http.StatusRequestHeaderFieldsTooLarge}
}

func atMost(most int) string { return fmt.Sprintf("There may be %d of them.", most) }

// TooManyArguments refuses a request with more values than a statement of PostgreSQL takes
// parameters, with the SQLSTATE too_many_arguments.
func TooManyArguments(most int) *Error {
	return &Error{Code: "54023", Message: "The request has too many values", Status: http.StatusRequestURITooLong,
		Details: atMost(most)}
}

// TooManyEntries is the refusal of a select or an order of more columns than
// PostgreSQL allows, in its own words.
func TooManyEntries(most int) *Error {
	return &Error{Code: "54011", Message: fmt.Sprintf("target lists can have at most %d entries", most),
		Status: http.StatusInternalServerError}
}

// PseudoType is the refusal of a cast to a pseudo-type, in PostgreSQL's own words for what
// can't be shown.
func PseudoType(name string) *Error {
	return &Error{Code: "0A000", Message: "cannot display a value of type " + name, Status: http.StatusBadRequest}
}

// UndefinedColumn is what PostgreSQL complains of when rows have no column of a name.
func UndefinedColumn(rows, name string) *Error {
	return &Error{Code: "42703", Message: "column " + rows + "." + name + " does not exist", Status: http.StatusBadRequest}
}

// UndefinedConstraint is what PostgreSQL complains of when a table has no constraint of a
// name.
func UndefinedConstraint(table, name string) *Error {
	return &Error{Code: "42704", Message: `constraint "` + name + `" for table "` + table + `" does not exist`, Status: http.StatusBadRequest}
}

// UpdateNotWritten is about an upsert that is to update a column which it doesn't write. It
// has the code of PostgreSQL's for columns that can't be referred to.
func UpdateNotWritten(column string) *Error {
	return &Error{Code: codeColumnReference, Message: "update names the column '" + column + "', which is not among those that are written",
		Status: http.StatusBadRequest, Hint: "Add the column to the body, or to the columns parameter."}
}

// NoBulkKey is about an update of many rows by their keys in a relation that has none.
func NoBulkKey(table string) *Error {
	return &Error{Code: "42P10", Message: "'" + table + "' has no primary key by which rows could be updated", Status: http.StatusBadRequest,
		Hint: "Name the columns of a unique key in on_conflict."}
}

// NotUnique is about an update of many rows by columns that don't tell rows apart.
func NotUnique(table string) *Error {
	return &Error{Code: "42P10", Message: "'" + table + "' has no unique key of the columns in on_conflict", Status: http.StatusBadRequest}
}

// NoKeyInBody is about an update of many rows whose body lacks a column of the key.
func NoKeyInBody(column string) *Error {
	return &Error{Code: "PGRST102", Message: "The objects have no '" + column + "', which is in the key of the rows to update",
		Status: http.StatusBadRequest}
}

// NotEachObject is about an update of many rows that not each object of the body has found
// one row for.
func NotEachObject(objects, rows int64) *Error {
	return &Error{Code: "PGRST102", Message: "Not every object of the body is about a row of its own, so that nothing was updated",
		Details: fmt.Sprintf("Of %d objects, %d have found a row", objects, rows),
		Hint:    "A key is unknown, hidden by a filter, or there twice. Prefer: handling=lenient leaves out what is unknown, and takes the last of a key.",
		Status:  http.StatusBadRequest}
}

// DistinctOrder is about rows that are told apart by all that they show, and ordered by
// something else. It has the code that PostgreSQL has for it, as the next ones have.
func DistinctOrder(term string) *Error {
	return &Error{Code: codeColumnReference, Message: "order names '" + term + "', which distinct rows don't show as it is",
		Hint: "Add it to the select parameter, or order by the alias that it has there.", Status: http.StatusBadRequest}
}

// DistinctFirst is about rows that are told apart by some fields, and ordered by another one
// before these.
func DistinctFirst(term string, fields []string) *Error {
	return &Error{Code: codeColumnReference, Message: "order names '" + term + "' before all that distinct names",
		Hint: "Begin the order with " + strings.Join(fields, ", ") + ", in any order and direction.", Status: http.StatusBadRequest}
}

// DistinctNotShown is about rows that are told apart by a field which select has to have.
func DistinctNotShown(field string) *Error {
	return &Error{Code: codeColumnReference, Message: "distinct names '" + field + "', which has to be in the select parameter as it is",
		Details: "Groups, and rows that are told apart by a JSON path, have to show what tells them apart.", Status: http.StatusBadRequest}
}

// HavingNoAggregate is about a condition of having that is about no aggregate.
func HavingNoAggregate(name string) *Error {
	return &Error{Code: codeColumnReference, Message: "having names '" + name + "', which is no aggregate in the select parameter",
		Hint: "Name an aggregate, as in amount.sum().gt.100, or an alias of one. Conditions on columns are filters.", Status: http.StatusBadRequest}
}

// codeColumnReference is PostgreSQL's code for columns that can't be referred to.
const codeColumnReference = "42P10"

// PutFilters is PGRST105: a PUT has to name one row by its primary key.
func PutFilters() *Error {
	return &Error{Code: "PGRST105", Message: "Filters must include all and only primary key columns with 'eq' operators",
		Status: http.StatusMethodNotAllowed}
}

// PutPage is PGRST114: a PUT has a limit or an offset.
func PutPage() *Error {
	return &Error{Code: "PGRST114", Message: "limit/offset querystring parameters are not allowed for PUT", Status: http.StatusBadRequest}
}

// PutMismatch is PGRST115: a PUT's body is another row than its URL.
func PutMismatch() *Error {
	return &Error{Code: "PGRST115", Message: "Payload values do not match URL in primary key column(s)", Status: http.StatusBadRequest}
}

// MaxAffected is PGRST124: more rows are affected than the client wants.
func MaxAffected(rows int64) *Error {
	return &Error{Code: "PGRST124", Message: "Query result exceeds max-affected preference constraint",
		Details: fmt.Sprintf("The query affects %d rows", rows), Status: http.StatusBadRequest}
}

// FarBeyondMaxAffected is PGRST124 for more rows than it is worth to count.
func FarBeyondMaxAffected(rows int64) *Error {
	e := MaxAffected(rows)
	e.Details = fmt.Sprintf("The query affects more than %d rows", rows)
	return e
}

// MaxAffectedSingle is PGRST128: max-affected with a function that returns no set.
func MaxAffectedSingle() *Error {
	return &Error{Code: "PGRST128", Status: http.StatusBadRequest,
		Message: "Function must return SETOF or TABLE when max-affected preference is used with handling=strict"}
}

// AggregatesDisabled is PGRST123: aggregates are off unless the host turns them on.
func AggregatesDisabled() *Error {
	return &Error{Code: "PGRST123", Message: "Use of aggregate functions is not allowed", Status: http.StatusBadRequest}
}

// InvalidPath is PGRST125: the path has more levels than the API.
func InvalidPath() *Error {
	return &Error{Code: "PGRST125", Message: "Invalid path specified in request URL", Status: http.StatusNotFound}
}

// RootDisabled is PGRST126: there is no description of the API at its root.
func RootDisabled() *Error {
	return &Error{Code: "PGRST126", Message: "Root endpoint metadata is disabled", Status: http.StatusNotFound}
}

// NotImplemented is PGRST127: the protocol has it and this version has not.
func NotImplemented(details string) *Error {
	return &Error{Code: "PGRST127", Message: "Feature not implemented", Details: details, Status: http.StatusBadRequest}
}
