package apierror

import (
	"net/http"
	"strconv"
)

// What is wrong with a page by its key is PGRST103 with the status 400: there is no number of
// rows that the range could be held against, as it is with 416.

func pageError(message, details, hint string) *Error {
	e := &Error{Code: "PGRST103", Message: message, Hint: hint, Status: http.StatusBadRequest}
	if details != "" {
		e.Details = details
	}
	return e
}

// InvalidPageToken is PGRST103 for a parameter, after or before, whose value is no token.
func InvalidPageToken(parameter string) *Error {
	return pageError("The token of '"+parameter+"' is not valid", "", followLinks)
}

// OtherPageToken is PGRST103 for the token of another relation or another order.
func OtherPageToken() *Error {
	return pageError("The token belongs to another relation, or to another order", "", followLinks)
}

const followLinks = "Take tokens from the Link header of a page of the same relation and order."

// PageAfterAndBefore is PGRST103 for a page with both parameters.
func PageAfterAndBefore() *Error {
	return pageError("A page has either 'after' or 'before'", "", "")
}

// PageTokenAndOffset is PGRST103 for a page that a token places, and an offset, too.
func PageTokenAndOffset(parameter string) *Error {
	return pageError("A page with '"+parameter+"' has no offset", "", "Leave out offset, and a Range header that doesn't begin at 0.")
}

// LongQueryPages is PGRST103 for pages of a query that no link can have: it has more bytes
// than most.
func LongQueryPages(most int) *Error {
	return pageError("The query is too long for links to pages", "It may have at most "+strconv.Itoa(most)+" bytes.", "")
}

// NoPageKey is PGRST103 for pages of a relation whose rows nothing tells apart.
func NoPageKey(relation string) *Error {
	return pageError("Cannot page by key: '"+relation+"' has no primary key",
		"Nothing tells rows apart that are equal in the order.", "Give it a primary key or a unique constraint of columns that are not null, or show the key in the view.")
}

// PagesOfGroups is PGRST103 for pages of groups.
func PagesOfGroups() *Error {
	return pageError("Cannot page by key: the rows are groups", "", "Group in a view, or page with limit and offset.")
}

// PagesByAlias is PGRST103 for pages in the order of an alias.
func PagesByAlias() *Error {
	return pageError("Cannot page by key in the order of an alias", "", "Order by the column itself.")
}

// PagesByOperator is PGRST103 for pages in the order of an operator of the host's.
func PagesByOperator() *Error {
	return pageError("Cannot page by key in the order of an operator", "", "Page with limit and offset.")
}

// PagesOfDocument is PGRST103 for pages in a media type whose body is made of all rows.
func PagesOfDocument(mediaType string) *Error {
	return pageError("Cannot page by key in "+mediaType, "", "Ask for JSON or CSV, or page with limit and offset.")
}

// TooManyPageTerms is PGRST103 for pages in an order of more terms than most, its key's
// included.
func TooManyPageTerms(most int) *Error {
	return pageError("Cannot page by key: the order has too many terms", "It may have at most "+strconv.Itoa(most)+", with those of the key.", "")
}

// PageTokenTooLong is PGRST103 for a row whose order values make a token of more bytes than a
// link can have.
func PageTokenTooLong(most int) *Error {
	return pageError("The order values of a row are too long for a link", "The token may have at most "+strconv.Itoa(most)+" bytes.", "Order by shorter values.")
}
