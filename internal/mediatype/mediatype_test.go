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
		"malformed parameter":        {"application/json; charset", "application/json", "application/json; charset=utf-8"},
		"parameter without a value":  {"application/json;charset=;x", "application/json", "application/json; charset=utf-8"},
		"parameter behind another":   {`application/vnd.pgrst.object;a="b;c" ; nulls = stripped`, "application/vnd.pgrst.object+json;nulls=stripped", "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8"},
		"behind a malformed one":     {"application/vnd.pgrst.object;a;nulls=stripped", "application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json; charset=utf-8"},
		"last of a name":             {"application/vnd.pgrst.object;nulls=stripped;nulls=kept", "application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json; charset=utf-8"},
		"case of values does matter": {"application/vnd.pgrst.object;nulls=Stripped", "application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json; charset=utf-8"},
		"plan":                       {"application/vnd.pgrst.plan", `application/vnd.pgrst.plan+text; for="application/json"`, `application/vnd.pgrst.plan+text; for="application/json"; charset=utf-8`},
		"plan with a trailing semicolon": {"application/vnd.pgrst.plan;", `application/vnd.pgrst.plan+text; for="application/json"`,
			`application/vnd.pgrst.plan+text; for="application/json"; charset=utf-8`},
		"plan for a type": {`application/vnd.pgrst.plan+json ; FOR="text/csv" ; options=wal|analyze|other`, `application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|wal`,
			`application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|wal; charset=utf-8`},
		"plan for a type with a parameter": {`application/vnd.pgrst.plan; for="application/vnd.pgrst.array;nulls=stripped"`, `application/vnd.pgrst.plan+text; for="application/vnd.pgrst.array+json;nulls=stripped"`,
			`application/vnd.pgrst.plan+text; for="application/vnd.pgrst.array+json;nulls=stripped"; charset=utf-8`},
		"plan for a type without quotes": {"application/vnd.pgrst.plan;for=text/csv", `application/vnd.pgrst.plan+text; for="text/csv"`,
			`application/vnd.pgrst.plan+text; for="text/csv"; charset=utf-8`},
		"plan for a quote": {`application/vnd.pgrst.plan;for="a\"b\\c"`, `application/vnd.pgrst.plan+text; for="a\"b\\c"`, `application/vnd.pgrst.plan+text; for="a\"b\\c"; charset=utf-8`},
		"plan for options": {`application/vnd.pgrst.plan;for="a\"; options=wal"`, `application/vnd.pgrst.plan+text; for="a\"; options=wal"`,
			`application/vnd.pgrst.plan+text; for="a\"; options=wal"; charset=utf-8`},
		"plan for a bare quote":        {`application/vnd.pgrst.plan;for=a"b`, `application/vnd.pgrst.plan+text; for="a\"b"`, `application/vnd.pgrst.plan+text; for="a\"b"; charset=utf-8`},
		"plan for escaped letters":     {`application/vnd.pgrst.plan;for="text\/c\sv";options=wal`, `application/vnd.pgrst.plan+text; for="text/csv"; options=wal`, `application/vnd.pgrst.plan+text; for="text/csv"; options=wal; charset=utf-8`},
		"quotes that end in an escape": {`application/vnd.pgrst.plan;for="text/csv\"`, `application/vnd.pgrst.plan+text; for="application/json"`, `application/vnd.pgrst.plan+text; for="application/json"; charset=utf-8`},
		"plan for nothing":             {`application/vnd.pgrst.plan;for=""`, `application/vnd.pgrst.plan+text; for=""`, `application/vnd.pgrst.plan+text; for=""; charset=utf-8`},
		"plan for a plan":              {"application/vnd.pgrst.plan;for=application/vnd.pgrst.plan", `application/vnd.pgrst.plan+text; for="application/vnd.pgrst.plan"`, `application/vnd.pgrst.plan+text; for="application/vnd.pgrst.plan"; charset=utf-8`},
		"unfinished quotes":            {`application/vnd.pgrst.plan;for="text/csv`, `application/vnd.pgrst.plan+text; for="application/json"`, `application/vnd.pgrst.plan+text; for="application/json"; charset=utf-8`},
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
		"absent":                          {nil, []string{"*/*"}},
		"empty":                           {[]string{""}, []string{"*/*"}},
		"order of the list":               {[]string{"text/csv, application/json"}, []string{"text/csv", "application/json"}},
		"quality first":                   {[]string{"text/csv;q=0.5, application/json;q=0.8, text/xml"}, []string{"text/xml", "application/json", "text/csv"}},
		"wildcards last":                  {[]string{"*/*, text/*, text/csv"}, []string{"text/csv", "text/*", "*/*"}},
		"parameters are specific":         {[]string{"application/vnd.pgrst.object, application/vnd.pgrst.array;nulls=stripped"}, []string{"application/vnd.pgrst.array+json;nulls=stripped", "application/vnd.pgrst.object+json"}},
		"refused with quality 0":          {[]string{"text/csv;q=0, application/json"}, []string{"application/json"}},
		"nothing left":                    {[]string{"text/csv;q=0"}, []string{}},
		"bad quality counts as 1":         {[]string{"text/csv;q=x, application/json;q=0.9"}, []string{"text/csv", "application/json"}},
		"several headers":                 {[]string{"text/csv;q=0.1", "application/json"}, []string{"application/json", "text/csv"}},
		"comma in a quoted parameter":     {[]string{`x/y; a="1,2", text/csv`}, []string{`x/y;a="1,2"`, "text/csv"}},
		"semicolon in a quoted parameter": {[]string{`x/y;a="1;q=0.1";b=2, x/z;q=0.5`}, []string{`x/y;a="1;q=0.1";b=2`, "x/z"}},
		"blanks in a quoted parameter":    {[]string{`x/y ; a = "1 \" 2" ;q=0.5`}, []string{`x/y;a="1 \" 2"`}},
		"quotes within a plan's type":     {[]string{`application/vnd.pgrst.plan; for="x/y; a=\"1, 2\""; options=wal, text/csv`}, []string{`application/vnd.pgrst.plan+text; for="x/y; a=\"1, 2\""; options=wal`, "text/csv"}},
		"blank elements":                  {[]string{" , text/csv,"}, []string{"text/csv"}},
		"blanks within":                   {[]string{"x/y ; a = 1 ; q=0.5, x/z; b=2"}, []string{"x/z;b=2", "x/y;a=1"}},
		"nothing counts behind q":         {[]string{"text/csv;q=0.5;level=1, x/y;a=1;Q=0.7;b=2"}, []string{"x/y;a=1", "text/csv"}},
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
	for _, seed := range []string{"", "*/*", `application/vnd.pgrst.plan;for=0"0`, `application/vnd.pgrst.plan;for="a\"\\;b"`, `application/vnd.pgrst.plan;for=" application/vnd.pgrst.plan"`, "text/csv;q=0.5, a/b;x=\"1,2\\\"\"", ";;;,,,", "a/b;q=NaN", `application/vnd.pgrst.plan;for="text/csv";options=wal`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, media := range mediatype.ParseAccept(s) {
			require.NotEmpty(t, media.Name)
			require.Equal(t, media, mediatype.Parse(media.String()))
		}
	})
}
