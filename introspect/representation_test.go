package introspect_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRepresentation(t *testing.T) {
	t.Parallel()
	const jsonOID, jsonbOID, textOID = 114, 3802, 25
	cache := load(t, `
		CREATE SCHEMA hidden;
		CREATE DOMAIN api.color AS int;
		CREATE DOMAIN api.dark_color AS api.color;
		CREATE DOMAIN api.stamp AS timestamptz;
		CREATE FUNCTION hidden."To JSON"(api.color) RETURNS json LANGUAGE sql AS 'SELECT to_json($1::int)';
		CREATE FUNCTION hidden.color(json) RETURNS api.color LANGUAGE sql AS 'SELECT 1::api.color';
		CREATE FUNCTION hidden.color(text) RETURNS api.color LANGUAGE sql AS 'SELECT 1::api.color';
		CREATE FUNCTION hidden.text(api.color) RETURNS text LANGUAGE sql AS 'SELECT $1::int::text';
		CREATE FUNCTION hidden.jsonb(api.color) RETURNS jsonb LANGUAGE sql AS 'SELECT to_jsonb($1::int)';
		CREATE FUNCTION hidden.json(api.stamp) RETURNS json LANGUAGE sql AS 'SELECT to_json($1::timestamptz)';
		CREATE CAST (api.color AS json) WITH FUNCTION hidden."To JSON"(api.color) AS IMPLICIT;
		CREATE CAST (json AS api.color) WITH FUNCTION hidden.color(json) AS IMPLICIT;
		CREATE CAST (text AS api.color) WITH FUNCTION hidden.color(text) AS IMPLICIT;
		CREATE CAST (api.color AS text) WITH FUNCTION hidden.text(api.color) AS IMPLICIT;
		CREATE CAST (api.color AS jsonb) WITH FUNCTION hidden.jsonb(api.color) AS IMPLICIT;
		CREATE CAST (api.stamp AS json) WITH FUNCTION hidden.json(api.stamp) AS ASSIGNMENT;
		CREATE CAST (text AS api.stamp) WITH INOUT AS IMPLICIT;
		CREATE TABLE api.paints (color api.color, dark api.dark_color, made api.stamp, number int)`)
	color := column(t, cache, "paints", "color").Type.OID
	dark := column(t, cache, "paints", "dark").Type.OID
	stamp := column(t, cache, "paints", "made").Type.OID
	number := column(t, cache, "paints", "number").Type.OID
	tests := []struct {
		name     string
		from, to uint32
		want     string // the function; empty for none
	}{
		{"domain to json", color, jsonOID, "hidden.To JSON"},
		{"json to domain", jsonOID, color, "hidden.color"},
		{"text to domain", textOID, color, "hidden.color"},
		{"domain to text", color, textOID, "hidden.text"},
		{"domain to jsonb", color, jsonbOID, ""},
		{"domain over the domain", dark, jsonOID, ""},
		{"what is under the domain", number, jsonOID, ""},
		{"assignment cast", stamp, jsonOID, ""},
		{"cast without function", textOID, stamp, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := cache.Representation(tt.from, tt.to)
			require.Equal(t, tt.want != "", ok)
			if ok {
				require.Equal(t, tt.want, got.String())
			}
		})
	}
}
