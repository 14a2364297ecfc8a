package encode_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/encode"
)

func TestGeoJSON(t *testing.T) {
	t.Parallel()
	const vienna = `{"type": "Feature", "geometry": {"type": "Point", "coordinates": [16.37, 48.2]}, "properties": {"name": "Vienna"}}`
	const nowhere = `{"type": "Feature", "geometry": null, "properties": {"name": "Nowhere"}}`
	for _, tt := range []struct {
		name string
		rows [][][]byte
		want string
	}{
		{"no_features", nil, `{"type": "FeatureCollection", "features": []}`},
		{"one_feature", [][][]byte{row(vienna)}, `{"type": "FeatureCollection", "features": [` + vienna + `]}`},
		{"features", [][][]byte{row(vienna), row(nowhere)}, `{"type": "FeatureCollection", "features": [` + vienna + `,` + nowhere + `]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := encode.NewGeoJSON()
			for range 2 { // Start makes it ready for another result
				got := body(e, tt.rows...)
				require.True(t, json.Valid([]byte(got)), got)
				require.JSONEq(t, tt.want, got)
			}
		})
	}
}
