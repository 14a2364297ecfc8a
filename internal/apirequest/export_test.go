package apirequest

// PayloadOf is what a payload is for.
type PayloadOf struct {
	Resource Resource
	Action   Action
	Columns  []string
	Sparse   bool
	Bulk     bool
}

// ParsePayload shows parsePayload to the tests.
func ParsePayload(body []byte, contentType string, of PayloadOf) (*Payload, error) {
	return parsePayload(body, contentType, payloadOf{of.Resource, of.Action, of.Columns, of.Sparse, of.Bulk, false}, Limits{})
}

// ReadShape shows what readShape finds: validity, and of a valid text the keys
// and whether they are uniform.
func ReadShape(text []byte) (names []string, uniform, valid bool) {
	shape, ok := readShape(text, 0, false)
	if !ok {
		return nil, false, false
	}
	return shape.columns(), shape.uniform, true
}
