package apierror

import (
	"net/http"
	"strconv"
	"strings"
)

// What is wrong with the use of an operator of the host's is PGRST100: the query string asks for
// what the API hasn't got.

func operatorError(message, hint string) *Error {
	return &Error{Code: "PGRST100", Message: message, Hint: hint, Status: http.StatusBadRequest}
}

// UnknownOperator is PGRST100 for an operator that the host hasn't. The suggestion may be empty.
func UnknownOperator(name, suggestion string) *Error {
	hint := ""
	if suggestion != "" {
		hint = "Perhaps you meant '" + suggestion + "'"
	}
	return operatorError("There is no operator '"+name+"'", hint)
}

// OperatorArguments is PGRST100 for an operator that takes another number of arguments. The
// signature is as the host has it.
func OperatorArguments(name, signature string, takes, given int) *Error {
	of := " arguments"
	if takes == 1 {
		of = " argument"
	}
	return operatorError("The operator '"+name+"' takes "+strconv.Itoa(takes)+of+", and got "+strconv.Itoa(given),
		"It is "+signature+". Arguments with commas or brackets want double quotes.")
}

// OperatorColumn is PGRST100 for an operator that isn't for a field of that type.
func OperatorColumn(name, field, typ string, columns []string) *Error {
	return operatorError("The operator '"+name+"' is not for '"+field+"', which is of type "+typ, "It is for "+strings.Join(columns, ", ")+".")
}

// OperatorNoCondition is PGRST100 for an operator that is a condition, and gives something else
// than a truth value.
func OperatorNoCondition(name, returns string) *Error {
	return operatorError("The operator '"+name+"' gives "+returns+", which is no condition", "Compare it, as in column."+name+"(…)=lt.1.")
}
