// Package operators has operators for pgrest.Options.Operators: those of PostGIS and of pgvector
// that most APIs want, with both extensions in a schema called extensions:
//
//	CREATE SCHEMA extensions;
//	GRANT USAGE ON SCHEMA extensions TO web_anon;
//	CREATE EXTENSION postgis SCHEMA extensions;
//	CREATE EXTENSION vector SCHEMA extensions;
//
// They are to be copied, and changed.
package operators

import "github.com/pgrest-go/pgrest"

// PostGIS are operators for columns of type geography, whose unit is the meter. An index
// USING gist (column) serves within and intersects as conditions, and distance as an order.
func PostGIS() []pgrest.Operator {
	place := []pgrest.Argument{
		{Name: "longitude", Type: "double precision", Description: "Degrees, to the east."},
		{Name: "latitude", Type: "double precision", Description: "Degrees, to the north."},
	}
	return []pgrest.Operator{
		{
			Name: "within", Description: "No farther away than so many meters.",
			SQL:       "extensions.st_dwithin($0, extensions.st_point($1, $2)::extensions.geography, $3)",
			Columns:   []string{"extensions.geography"},
			Arguments: append(place[:2:2], pgrest.Argument{Name: "meters", Type: "double precision"}),
		},
		{
			Name: "distance", Description: "How far away, in meters.",
			SQL:     "$0 OPERATOR(extensions.<->) extensions.st_point($1, $2)::extensions.geography",
			Columns: []string{"extensions.geography"}, Arguments: place, Returns: "double precision",
		},
		{
			Name: "intersects", Description: "Has a point in common with a shape.",
			SQL:       "extensions.st_intersects($0, extensions.st_geomfromgeojson($1)::extensions.geography)",
			Columns:   []string{"extensions.geography"},
			Arguments: []pgrest.Argument{{Name: "geojson", Type: "text", Description: "The geometry of GeoJSON."}},
		},
	}
}
