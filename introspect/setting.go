package introspect

// Setting is one run-time parameter of PostgreSQL and its value.
type Setting struct{ Name, Value string }
