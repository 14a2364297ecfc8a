package mediatype_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/mediatype"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in          string
		want        string
		contentType string
	}{
		"json":                       {"application/json", "application/json", "application/json; charset=utf-8"},
		"parameters are dropped":     {"application/json; charset=latin1", "application/json", "application/json; charset=utf-8"},
		"case does not matter":       {"ApplicatIon/vnd.PgRsT.object+json", "application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json; charset=utf-8"},
		"object without suffix":      {"application/vnd.pgrst.object", "application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json; charset=utf-8"},
		"object with nulls stripped": {"application/vnd.pgrst.object+json;NULLS=stripped", "application/vnd.pgrst.object+json;nulls=stripped", "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8"},
		"array is plain json":        {"application/vnd.pgrst.array+json", "application/json", "application/json; charset=utf-8"},
		"array with nulls stripped":  {"application/vnd.pgrst.array; nulls=stripped", "application/vnd.pgrst.array+json;nulls=stripped", "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"},
		"trailing semicolon":         {"text/csv;", "text/csv", "text/csv; charset=utf-8"},
		"octets have no charset":     {"application/octet-stream", "application/octet-stream", "application/octet-stream"},
		"others are kept as sent":    {"image/Png; x=1", "image/Png; x=1", "image/Png; x=1"},
		"openapi 3.1":                {"application/vnd.oai.openapi+json; version=3.1", "application/vnd.oai.openapi+json;version=3.1", "application/vnd.oai.openapi+json;version=3.1"},
		"openapi of some version":    {"application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json;version=3.1", "application/vnd.oai.openapi+json;version=3.1"},
		"openapi of a patch version": {"application/vnd.oai.openapi+json;version=3.1.1", "application/vnd.oai.openapi+json;version=3.1", "application/vnd.oai.openapi+json;version=3.1"},
		"openapi 3.1 in yaml":        {"application/vnd.oai.openapi+yaml;version=\"3.1\"", "application/vnd.oai.openapi+yaml;version=3.1", "application/vnd.oai.openapi+yaml;version=3.1"},
		"openapi is yaml by default": {"application/vnd.oai.openapi;version=3.1", "application/vnd.oai.openapi+yaml;version=3.1", "application/vnd.oai.openapi+yaml;version=3.1"},
		"openapi 3.0 is another":     {"application/vnd.oai.openapi+json;version=3.0", "application/vnd.oai.openapi+json;version=3.0", "application/vnd.oai.openapi+json;version=3.0"},
		"malformed is kept as sent":  {"unknown/", "unknown/", "unknown/"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mediatype.Parse(test.in)
			require.Equal(t, test.want, got.String())
			require.Equal(t, test.contentType, got.ContentType())
		})
	}
}

func TestParseAccept(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   []string
		want []string
	}{
		"absent":                      {nil, []string{"*/*"}},
		"empty":                       {[]string{""}, []string{"*/*"}},
		"order of the list":           {[]string{"text/csv, application/json"}, []string{"text/csv", "application/json"}},
		"quality first":               {[]string{"text/csv;q=0.5, application/json;q=0.8, text/xml"}, []string{"text/xml", "application/json", "text/csv"}},
		"wildcards last":              {[]string{"*/*, text/*, text/csv"}, []string{"text/csv", "text/*", "*/*"}},
		"parameters are specific":     {[]string{"application/vnd.pgrst.object, application/vnd.pgrst.array;nulls=stripped"}, []string{"application/vnd.pgrst.array+json;nulls=stripped", "application/vnd.pgrst.object+json"}},
		"refused with quality 0":      {[]string{"text/csv;q=0, application/json"}, []string{"application/json"}},
		"nothing left":                {[]string{"text/csv;q=0"}, []string{}},
		"bad quality counts as 1":     {[]string{"text/csv;q=x, application/json;q=0.9"}, []string{"text/csv", "application/json"}},
		"several headers":             {[]string{"text/csv;q=0.1", "application/json"}, []string{"application/json", "text/csv"}},
		"comma in a quoted parameter": {[]string{`x/y; a="1,2", text/csv`}, []string{`x/y; a="1,2"`, "text/csv"}},
		"blank elements":              {[]string{" , text/csv,"}, []string{"text/csv"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := []string{}
			for _, media := range mediatype.ParseAccept(test.in...) {
				got = append(got, media.String())
			}
			require.Equal(t, test.want, got)
		})
	}
}

func FuzzParseAccept(f *testing.F) {
	for _, seed := range []string{"", "*/*", "text/csv;q=0.5, a/b;x=\"1,2\\\"\"", ";;;,,,", "a/b;q=NaN"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, media := range mediatype.ParseAccept(s) {
			require.NotEmpty(t, media.Name)
			require.Equal(t, media, mediatype.Parse(media.String()))
		}
	})
}
