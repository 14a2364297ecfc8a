package apierror

import "net/http"

// ProblemType is the media type of Problem.
const ProblemType = "application/problem+json"

// Problem encodes the error as problem details of RFC 9457, with the members of Body as
// extensions. The type is none but that of the status, whose phrase is the title then. A
// minimal one has no details and no hint.
func (e *Error) Problem(minimal bool) []byte {
	type standard struct {
		Type   string `json:"type"`
		Title  string `json:"title,omitempty"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}
	message, details, hint := e.texts()
	s := standard{"about:blank", http.StatusText(e.Status), e.Status, message}
	if minimal {
		return encode(struct {
			standard
			minimalBody
		}{s, minimalBody{e.Code, message}})
	}
	return encode(struct {
		standard
		fullBody
	}{s, fullBody{e.Code, details, hint, message}})
}
