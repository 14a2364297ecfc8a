package apierror

// Mapped is an error that the host puts in the place of another. Its cause is for logs.
func Mapped(e Error, cause error) *Error {
	e.cause = cause
	e.raised = true // its texts are the host's, which may be longer
	return &e
}
