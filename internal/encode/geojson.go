package encode

// geoJSON is a FeatureCollection (RFC 7946, section 3.3) of rows that PostgreSQL
// made features of.
type geoJSON struct{ rows bool }

// NewGeoJSON makes an Encoder for rows of one value, a GeoJSON Feature each.
func NewGeoJSON() Encoder { return &geoJSON{} }

func (e *geoJSON) Start(dst []byte) []byte {
	e.rows = false
	return append(dst, `{"type" : "FeatureCollection", "features" : [`...)
}

func (e *geoJSON) Row(dst []byte, values [][]byte) []byte {
	if e.rows {
		dst = append(dst, ", "...)
	}
	e.rows = true
	return append(dst, values[0]...)
}

func (e *geoJSON) End(dst []byte) []byte { return append(dst, "]}"...) }
