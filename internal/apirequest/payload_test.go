package apirequest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/value"
)

const (
	form = "application/x-www-form-urlencoded"
	csv  = "text/csv"
)

// writing is a request that creates rows with the given columns parameter, nil for none.
func writing(columns ...string) apirequest.PayloadOf {
	return apirequest.PayloadOf{Action: apirequest.Create, Resource: apirequest.Relation, Columns: columns}
}

// calling is a POST on a function.
func calling(columns ...string) apirequest.PayloadOf {
	return apirequest.PayloadOf{Action: apirequest.Call, Resource: apirequest.Routine, Columns: columns}
}

// upserting is a PUT on a relation.
func upserting(columns ...string) apirequest.PayloadOf {
	req := writing(columns...)
	req.Action = apirequest.Upsert
	return req
}

func media(name string) mediatype.Type { return mediatype.Type{Name: name} }

func TestPayload(t *testing.T) {
	t.Parallel()
	object := func(raw string, columns ...string) apirequest.Payload {
		return apirequest.Payload{Raw: []byte(raw), Columns: columns, Media: media(mediatype.JSON)}
	}
	array := func(raw string, columns ...string) apirequest.Payload {
		p := object(raw, columns...)
		p.Array = true
		return p
	}
	with := func(p apirequest.Payload, values ...string) apirequest.Payload {
		for _, value := range values {
			text := []byte(value)
			if value == "NULL" {
				text = nil
			}
			p.Members = append(p.Members, text)
		}
		return p
	}
	of := func(name string, p apirequest.Payload) apirequest.Payload {
		p.Media = media(name)
		return p
	}
	arguments := func(columns []string, pairs ...filter.Argument) apirequest.Payload {
		return apirequest.Payload{Columns: columns, Form: pairs, Media: media(form)}
	}
	tests := map[string]struct {
		contentType string
		body        string
		req         apirequest.PayloadOf
		want        apirequest.Payload
	}{
		"object":                      {"", `{"b":1,"a":2}`, writing(), with(object(`{"b":1,"a":2}`, "a", "b"), "2", "1")},
		"object stays as it was sent": {"", " {\"a\" : 1.50 }\n", writing(), with(object(" {\"a\" : 1.50 }\n", "a"), "1.50")},
		"media type with a charset":   {"application/json; charset=utf-8", `{"a":1}`, writing(), with(object(`{"a":1}`, "a"), "1")},
		"vendored array type":         {"application/vnd.pgrst.array+json", `{"a":1}`, writing(), with(object(`{"a":1}`, "a"), "1")},
		"values": {"", `{"a":"x","b":-1.5e3,"c":true,"d":null,"e":""}`, writing(),
			with(object(`{"a":"x","b":-1.5e3,"c":true,"d":null,"e":""}`, "a", "b", "c", "d", "e"), "x", "-1.5e3", "true", "NULL", "")},
		"values without their escapes":   {"", `{"a":"\"\u00e9\ud83d\ude00\n"}`, writing(), with(object(`{"a":"\"\u00e9\ud83d\ude00\n"}`, "a"), "\"é\U0001f600\n")},
		"no values of a repeated key":    {"", `{"a":1,"\u0061":2}`, writing(), object(`{"a":1,"\u0061":2}`, "a")},
		"an array is no text":            {"", `{"a":1,"b":[]}`, writing(), object(`{"a":1,"b":[]}`, "a", "b")},
		"nor is an object":               {"", `{"a":{}}`, writing(), object(`{"a":{}}`, "a")},
		"nor is NUL":                     {"", `{"a":"\u0000"}`, writing(), object(`{"a":"\u0000"}`, "a")},
		"nor is half a character":        {"", `{"a":"\ud83d"}`, writing(), object(`{"a":"\ud83d"}`, "a")},
		"values of a call":               {"", `{"a":"x"}`, calling(), with(object(`{"a":"x"}`, "a"), "x")},
		"array":                          {"", `[{"a":1,"b":2},{"b":3,"a":4}]`, writing(), array(`[{"a":1,"b":2},{"b":3,"a":4}]`, "a", "b")},
		"escaped keys are the same":      {"", `[{"a":1},{"\u0061":2}]`, writing(), array(`[{"a":1},{"\u0061":2}]`, "a")},
		"repeated key":                   {"", `[{"a":1,"a":2},{"a":3}]`, writing(), array(`[{"a":1,"a":2},{"a":3}]`, "a")},
		"empty object":                   {"", `{}`, writing(), object(`{}`)},
		"array of empty objects":         {"", `[{},{}]`, writing(), array(`[{},{}]`)},
		"empty array":                    {"", ` [ ] `, writing(), array(`[]`)},
		"number is nothing to write":     {"", `1`, writing(), array(`[]`)},
		"null is nothing to write":       {"", `null`, writing(), array(`[]`)},
		"string is nothing to write":     {"", `"a"`, writing(), array(`[]`)},
		"columns of an object":           {"", `{"a":1,"c":2}`, writing("b", "a"), object(`{"a":1,"c":2}`, "a", "b")},
		"columns of an array":            {"", ` [{"a":1},{"c":2}]`, writing("a"), array(` [{"a":1},{"c":2}]`, "a")},
		"columns leave JSON unread":      {"", `{`, writing("a"), object(`{`, "a")},
		"columns of a call":              {"", `{"a":1,"c":2}`, calling("a"), object(`{"a":1,"c":2}`, "a")},
		"columns mean nothing to PUT":    {"", `{"a":1,"c":2}`, upserting("a"), with(object(`{"a":1,"c":2}`, "a", "c"), "1", "2")},
		"call without a body":            {"", "", calling(), object(`{}`)},
		"call with an array":             {"", `[{"a":1},{"a":2}]`, calling(), array(`[{"a":1},{"a":2}]`, "a")},
		"call with text":                 {"text/plain; charset=utf-8", "a,b", calling(), of(mediatype.Plain, apirequest.Payload{Raw: []byte("a,b")})},
		"call with XML":                  {"text/xml", "<a/>", calling(), of(mediatype.XML, apirequest.Payload{Raw: []byte("<a/>")})},
		"call with bytes":                {"application/octet-stream", "\x00\xff", calling("a"), of(mediatype.Octets, apirequest.Payload{Raw: []byte("\x00\xff")})},
		"call with CSV":                  {csv, "a,b\n1,2", calling(), of(csv, array(`[{"a":"1","b":"2"}]`, "a", "b"))},
		"form":                           {form, "b=x+y&a=%2B%25&c", writing(), of(form, object(`{"a":"+%","b":"x y","c":""}`, "a", "b", "c"))},
		"the last of a form's name":      {form, "a=1&a=2", writing(), of(form, object(`{"a":"2"}`, "a"))},
		"form's quotes are escaped":      {form, `a="\%0A`, writing(), of(form, object(`{"a":"\"\\\n"}`, "a"))},
		"percent that escapes nothing":   {form, "a=100%&b=%zz&c=%4", writing(), of(form, object(`{"a":"100%","b":"%zz","c":"%4"}`, "a", "b", "c"))},
		"sign behind percent":            {form, "a=%+1", writing(), of(form, object(`{"a":"% 1"}`, "a"))},
		"equals signs in a form's value": {form, "a=b=c", writing(), of(form, object(`{"a":"b=c"}`, "a"))},
		"empty form":                     {form, "", writing(), of(form, object(`{}`))},
		"columns mean nothing to a form": {form, "a=1&b=2", writing("a"), of(form, object(`{"a":"1","b":"2"}`, "a", "b"))},
		"form of a call": {form, "v=1&w=a+b&v=2", calling(), arguments([]string{"v", "w"},
			filter.Argument{Name: "v", Value: "1"}, filter.Argument{Name: "w", Value: "a b"}, filter.Argument{Name: "v", Value: "2"})},
		"empty form of a call": {form, "", calling(), arguments(nil)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := apirequest.ParsePayload([]byte(tt.body), tt.contentType, tt.req)
			require.NoError(t, err)
			require.Equal(t, string(tt.want.Raw), string(got.Raw))
			tt.want.Raw = got.Raw
			require.Equal(t, &tt.want, got)
		})
	}
}

func TestPayload_errors(t *testing.T) {
	t.Parallel()
	const (
		invalid = "Empty or invalid json"
		keys    = "All object keys must match"
	)
	tests := map[string]struct {
		contentType string
		body        string
		req         apirequest.PayloadOf
		want        string
	}{
		"no body":                               {"", "", writing(), invalid},
		"blank body of a call":                  {"", " ", calling(), invalid},
		"not JSON":                              {"", "}{ x = 2", writing(), invalid},
		"text behind JSON":                      {"", `{"a":1} x`, writing(), invalid},
		"not UTF-8":                             {"", "{\"a\":\"\xff\"}", writing(), invalid},
		"a key is missing":                      {"", `[{"a":1,"b":2},{"a":1}]`, writing(), keys},
		"a key too many":                        {"", `[{"a":1},{"a":1,"b":2}]`, writing(), keys},
		"another key":                           {"", `[{"a":1},{"b":1}]`, writing(), keys},
		"a key twice instead of another":        {"", `[{"a":1,"b":2},{"a":1,"a":2}]`, writing(), keys},
		"keys after an empty object":            {"", `[{},{"a":1}]`, writing(), keys},
		"an empty object after keys":            {"", `[{"a":1},{}]`, writing(), keys},
		"keys differ in a call's array":         {"", `[{"a":1},{"b":1}]`, calling(), keys},
		"a number among objects":                {"", `[{"a":1},1]`, writing(), keys},
		"a number before objects":               {"", `[1,{"a":1}]`, writing(), keys},
		"an array of arrays":                    {"", `[[]]`, writing(), keys},
		"invalid JSON tells before keys":        {"", `[{"a":1},{"b":1},]`, writing(), invalid},
		"unknown media type":                    {"image/png", "", writing(), "Content-Type not acceptable: image/png"},
		"unknown media type of a call":          {"image/png", "", calling(), "Content-Type not acceptable: image/png"},
		"unknown media type in spite of column": {"image/png", "", writing("a"), "Content-Type not acceptable: image/png"},
		"text is for functions":                 {"text/plain", "a", writing(), "Content-Type not acceptable: text/plain"},
		"XML is for functions":                  {"text/xml", "<a/>", writing(), "Content-Type not acceptable: text/xml"},
		"bytes are for functions":               {"application/octet-stream", "a", writing(), "Content-Type not acceptable: application/octet-stream"},
		"object with nulls stripped":            {"application/vnd.pgrst.object+json; nulls=stripped", "{}", writing(), "Content-Type not acceptable: application/vnd.pgrst.object+json;nulls=stripped"},
		"form that is not UTF-8":                {form, "a=%ff", writing(), "Invalid form: not UTF-8"},
		"form of a call that is not UTF-8":      {form, "%ff=a", calling(), "Invalid form: not UTF-8"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := apirequest.ParsePayload([]byte(tt.body), tt.contentType, tt.req)
			require.Nil(t, got)
			requireInvalidBody(t, tt.want, err)
		})
	}
}

func requireInvalidBody(t *testing.T, message string, err error) {
	t.Helper()
	var e *apierror.Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.Equal(t, message, e.Message)
	require.Equal(t, "PGRST102", e.Code)
	require.Equal(t, http.StatusBadRequest, e.Status)
}

// Whatever a form or CSV holds, JSON is made of it, and a body that is refused
// is refused as one.
func FuzzPayload(f *testing.F) {
	for _, seed := range []string{"a=1&b=%22", "a,b\n\"x\"\"\r\n\",NULL\n", "a=%+%zz&&=;", "\"\n", "a\r\r\nb,", "\x00\x1f,\x7f", `[{"a":1},{"\u0061":[2]}]`} {
		for kind := range 3 {
			f.Add(seed, kind)
		}
	}
	f.Fuzz(func(t *testing.T, body string, kind int) {
		contentType := []string{csv, form, mediatype.JSON}[uint(kind)%3]
		got, err := apirequest.ParsePayload([]byte(body), contentType, writing())
		if err != nil {
			require.Equal(t, "PGRST102", code(t, err))
			return
		}
		require.True(t, json.Valid(got.Raw), "%s", got.Raw)
		require.IsIncreasing(t, append([]string{""}, nonEmpty(got.Columns)...))
		require.Equal(t, got.Array, got.Raw[firstToken(got.Raw)] == '[')
	})
}

func nonEmpty(names []string) []string {
	if len(names) > 0 && names[0] == "" {
		return names[1:]
	}
	return names
}

func firstToken(raw []byte) int {
	for i, c := range raw {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return i
		}
	}
	return 0
}

// For a parameter without a name a request has its body as it came, or its arguments as
// JSON. An empty body is one, and no NULL.
func TestParse_whole_argument(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, method, query, media, body, want string }{
		{"JSON", "POST", "", "", ` {"":  1}`, ` {"":  1}`},
		{"no JSON", "POST", "", "", ``, `{}`},
		{"what is no object", "POST", "", "", `1`, `[]`},
		{"columns", "POST", "columns=a", "", `{"a":1,"b":2}`, `{"a":1,"b":2}`},
		{"text", "POST", "", mediatype.Plain, "a=b", "a=b"},
		{"no text", "POST", "", mediatype.Plain, "", ""},
		{"bytes", "POST", "", mediatype.Octets, "\x00\xff", "\x00\xff"},
		{"XML", "POST", "", mediatype.XML, "<a/>", "<a/>"},
		{"form", "POST", "", form, "=a&b=%22&=c", `{"":"c","b":"\""}`},
		{"empty form", "POST", "", form, "", `{}`},
		{"arguments", "GET", "b=%22&%22%22=a", "", "", `{"":"a","b":"\""}`},
		{"no arguments", "GET", "select=a&limit=1", mediatype.Plain, "ignored", `{}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tt.method, "/rpc/f?"+tt.query, strings.NewReader(tt.body))
			if tt.media != "" {
				r.Header.Set("Content-Type", tt.media)
			}
			if tt.body == "" {
				r.Body = nil
			}
			req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"api"}})
			require.NoError(t, err)
			whole := value.Arg{From: value.FromAllArguments}
			if req.Body != nil && req.Body.Media.Name != mediatype.URLEncoded {
				whole.From = value.FromBody
			}
			got := req.Values.Bind([]value.Arg{whole})[0]
			require.NotNil(t, got)
			require.Equal(t, tt.want, string(got))
		})
	}
}

// Rows to update are an array of objects, which may differ in their keys.
func TestPayload_rows(t *testing.T) {
	t.Parallel()
	const rows = "application/vnd.pgrst.rows+json"
	of := func(columns ...string) apirequest.PayloadOf {
		return apirequest.PayloadOf{Action: apirequest.Update, Resource: apirequest.Relation, Columns: columns, Bulk: true}
	}
	for _, tt := range []struct {
		body    string
		columns []string
		want    apirequest.Payload
	}{
		{`[]`, nil, apirequest.Payload{}},
		{`[{"b":1,"a":2},{"a":3,"b":4}]`, nil, apirequest.Payload{Columns: []string{"a", "b"}, Objects: 2}},
		{`[{"a":1},{"a":1,"b":2}]`, nil, apirequest.Payload{Columns: []string{"a", "b"}, Objects: 2, Sparse: true}},
		{`[{"a":1,"b":2},{"a":1}]`, nil, apirequest.Payload{Columns: []string{"a", "b"}, Objects: 2, Sparse: true}},
		{`[{},{"a":1}]`, nil, apirequest.Payload{Columns: []string{"a"}, Objects: 2, Sparse: true}},
		{`[{"a":1,"b":2}]`, []string{"b", "a"}, apirequest.Payload{Columns: []string{"a", "b"}, Objects: 1}},
		{`[{"a":1,"b":2}]`, []string{"c"}, apirequest.Payload{Columns: []string{"c"}, Objects: 1, Sparse: true}},
	} {
		tt.want.Raw, tt.want.Array, tt.want.Media = []byte(tt.body), true, media(rows)
		got, err := apirequest.ParsePayload([]byte(tt.body), rows, of(tt.columns...))
		require.NoError(t, err, tt.body)
		require.Equal(t, &tt.want, got, tt.body)
	}
	for _, body := range []string{``, `[`, `{"a":1}`, `[1]`, `[{"a":1},null]`, `null`} {
		_, err := apirequest.ParsePayload([]byte(body), rows, of())
		require.Error(t, err, body)
	}
}
