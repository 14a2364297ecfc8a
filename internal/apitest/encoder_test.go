package apitest_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

const ndjson = "application/x-ndjson"

// encoding registers an encoder.
func encoding(name string, encoder func([]pgrest.ResultColumn) pgrest.RowEncoder) option {
	return func(o *pgrest.Options) {
		o.Encoders = map[string]func([]pgrest.ResultColumn) pgrest.RowEncoder{name: encoder}
	}
}

// In newline-delimited JSON each row is a line.
func TestNDJSON(t *testing.T) {
	t.Parallel()
	api := serve(t, rollingBack)
	runMedia(t, api, []media{
		{"rows", "/films?select=title,rating,silent&year=eq.1962&order=id", ndjson, ndjson,
			"{\"title\":\"Sanjuro\",\"rating\":8.0,\"silent\":false}\n{\"title\":\"Cléo from 5 to 7\",\"rating\":7.9,\"silent\":false}\n"},
		{"no_rows", "/films?id=eq.0", ndjson, ndjson, ""},
		{"nulls_arrays_and_JSON", "/films?select=id,rating,tags,info&id=eq.13", ndjson, ndjson, "{\"id\":13,\"rating\":null,\"tags\":[],\"info\":{}}\n"},
		{"names_that_need_escaping", "/lost%20%26%20found,%20vol.1?select=%22say%20%5C%22cut%5C%22%22,%22back%5C%5Cslash%22&order=order&limit=1", ndjson, ndjson,
			"{\"say \\\"cut\\\"\":\"\\\"cut\\\"\",\"back\\\\slash\":\"\\\\\"}\n"},
		{"embeds_on_the_same_line", "/directors?select=name,films(title)&id=eq.1&films.order=id", ndjson, ndjson,
			"{\"name\":\"Fritz Lang\",\"films\":[{\"title\":\"Metropolis\"},  {\"title\":\"M\"}]}\n"},
		{"name_in_capitals_with_a_parameter", "/films?select=id&id=eq.1", "Application/X-NDJSON; charset=utf-8", ndjson, "{\"id\":1}\n"},
		{"second_choice", "/films?select=id&id=eq.1", "image/png, application/x-ndjson;q=0.5", ndjson, "{\"id\":1}\n"},
		{"rows_of_a_function", "/rpc/decades?limit=2", ndjson, ndjson, "{\"decade\":1890,\"films\":1}\n{\"decade\":1920,\"films\":1}\n"},
		{"row_of_a_function", "/rpc/divide?dividend=7&divisor=2", ndjson, ndjson, "{\"quotient\":3,\"remainder\":1}\n"},
		{"values_of_a_function", "/rpc/film_titles?limit=2", ndjson, ndjson, "\"Metropolis\"\n\"M\"\n"},
		{"value_of_a_function", "/rpc/add?a=1", ndjson, ndjson, "2\n"},
		{"null_of_a_function", "/rpc/null_number", ndjson, ndjson, "null\n"},
		{"anything_is_JSON_still", "/films?select=id&id=eq.1", "", jsonType, `[{"id": 1}]`},
	})
	curatorToken := `{"role": "` + curator + `"}`
	run(t, api,
		exchange{name: "line_breaks_in_JSON", method: "POST", target: "/rpc/echo", data: "{\"value\": {\n\"a\":\r\n[1]}}", send: headers{"Accept": ndjson},
			want: headers{"Content-Type": ndjson}, body: "{ \"a\":  [1]}\n"},
		exchange{name: "HEAD", method: "HEAD", target: "/films?id=lte.2", send: headers{"Accept": ndjson}, want: headers{"Content-Type": ndjson, "Content-Range": "0-1/*"}},
		exchange{name: "counted", target: "/films?select=id&order=id&limit=1", send: headers{"Accept": ndjson, "Prefer": "count=exact"}, status: 206,
			want: headers{"Content-Type": ndjson, "Content-Range": "0-0/13"}, body: "{\"id\":1}\n"},
		exchange{name: "function_counted", target: "/rpc/film_titles?limit=1", send: headers{"Accept": ndjson, "Prefer": "count=exact"}, status: 206,
			want: headers{"Content-Type": ndjson, "Content-Range": "0-0/13"}, body: "\"Metropolis\"\n"},
		exchange{name: "inserted", method: "POST", target: "/genres?select=name,colour", data: `[{"name": "Comedy", "colour": "#ff0000"}, {"name": "Noir", "colour": null}]`, token: curatorToken,
			send: headers{"Accept": ndjson, "Prefer": "return=representation"}, status: 201, want: headers{"Content-Type": ndjson},
			body: "{\"name\":\"Comedy\",\"colour\":\"#ff0000\"}\n{\"name\":\"Noir\",\"colour\":null}\n"},
		exchange{name: "updated_with_an_embed", method: "PATCH", target: "/films?select=title,directors(name)&id=eq.2", data: `{"rating": 9}`, token: curatorToken,
			send: headers{"Accept": ndjson, "Prefer": "return=representation"}, want: headers{"Content-Type": ndjson},
			body: "{\"title\":\"M\",\"directors\":{\"name\":\"Fritz Lang\"}}\n"},
		exchange{name: "deleted_in_silence", method: "DELETE", target: "/genres?id=eq.4", token: curatorToken, send: headers{"Accept": ndjson}, status: 204},
		exchange{name: "error_is_JSON", target: "/films?id=eq.one", send: headers{"Accept": ndjson}, status: 400,
			body: fault("22P02", `invalid input syntax for type integer: "one"`, "", "")},
	)
}

// Values of every type are what they are in an array.
func TestNDJSON_types(t *testing.T) {
	t.Parallel()
	api := serve(t)
	var rows []json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(read(t, ask(t, api, exchange{target: "/specimens?order=id"}))), &rows))
	require.Len(t, rows, 3)
	lines := strings.Split(read(t, ask(t, api, exchange{target: "/specimens?order=id", send: headers{"Accept": ndjson}})), "\n")
	require.Len(t, lines, 4)
	for i, row := range rows {
		require.Equal(t, compact(string(row)), compact(lines[i]))
	}
}

// What is encoded goes out while rows arrive, beyond the threshold.
func TestEncoder_stream(t *testing.T) {
	t.Parallel()
	server := listen(t, serve(t, encoding("text/tab-separated-values", newTabSeparated)))
	for accept, line := range map[string]string{
		ndjson:                      `{"id":100000,"name":"tick 100000"}`,
		"text/tab-separated-values": "100000\ttick 100000",
	} {
		t.Run(accept, func(t *testing.T) {
			t.Parallel()
			response := accepting(t, server.URL+"/ticks?select=id,name", accept)
			require.Equal(t, http.StatusOK, response.StatusCode)
			require.Equal(t, accept, response.Header.Get("Content-Type"))
			require.Equal(t, int64(-1), response.ContentLength, "chunked")
			lines, last := 0, ""
			for scanner := bufio.NewScanner(response.Body); scanner.Scan(); lines++ {
				last = scanner.Text()
			}
			require.NoError(t, response.Body.Close())
			require.Equal(t, line, last)
			require.GreaterOrEqual(t, lines, 100000)
			require.Equal(t, "0-99999/*", response.Trailer.Get("Content-Range"))
		})
	}
	t.Run("broken_off", func(t *testing.T) {
		t.Parallel()
		server := listen(t, serveClone(t, `
			CREATE VIEW archive.breaks AS SELECT n, 1 / (3000 - n) AS quotient FROM generate_series(1, 5000) AS n;
			GRANT SELECT ON archive.breaks TO pgrest_test_anon`, func(o *pgrest.Options) { o.BodyThreshold = 1000 }))
		response := accepting(t, server.URL+"/breaks", ndjson)
		require.Equal(t, http.StatusOK, response.StatusCode)
		_, err := io.ReadAll(response.Body)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.NoError(t, response.Body.Close())
	})
}

// tabSeparated writes a line of the names and one for each row, NULL as nothing.
type tabSeparated struct{ columns []pgrest.ResultColumn }

func newTabSeparated(columns []pgrest.ResultColumn) pgrest.RowEncoder { return tabSeparated{columns} }

func (e tabSeparated) Start(dst []byte) []byte {
	names := make([]string, len(e.columns))
	for i, column := range e.columns {
		names[i] = column.Name
	}
	return append(append(dst, strings.Join(names, "\t")...), '\n')
}

func (tabSeparated) Row(dst []byte, row pgrest.Row) []byte {
	for i := range row.Len() {
		dst = append(append(dst, row.Text(i)...), '\t')
	}
	dst[len(dst)-1] = '\n' // in the place of the last tab
	return dst
}

func (tabSeparated) End(dst []byte) []byte { return dst }

func accepting(t *testing.T, url, accept string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	request.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	return response
}

// columnTypes writes the columns' names and types and the rows' JSON.
type columnTypes struct{ columns []pgrest.ResultColumn }

func newColumnTypes(columns []pgrest.ResultColumn) pgrest.RowEncoder { return columnTypes{columns} }

func (e columnTypes) Start(dst []byte) []byte {
	for _, column := range e.columns {
		dst = append(strconv.AppendUint(append(append(dst, column.Name...), ' '), uint64(column.TypeOID), 10), ';')
	}
	return dst
}

func (e columnTypes) Row(dst []byte, row pgrest.Row) []byte {
	for i := range row.Len() {
		dst = append(row.AppendJSON(append(dst, ' '), i), ' ')
		dst = append(dst, row.Text(i)...)
	}
	return dst
}

func (e columnTypes) End(dst []byte) []byte { return append(dst, " end"...) }

// An encoder is told of the columns, and gets values as text and as JSON.
func TestEncoder(t *testing.T) {
	t.Parallel()
	runMedia(t, serve(t, encoding("text/x-types", newColumnTypes)), []media{
		{"types", "/films?select=id,title,rating,silent&id=eq.1", "text/x-types", "text/x-types",
			`id 23;title 1043;rating 1700;silent 16; 1 1 "Metropolis" Metropolis 8.3 8.3 true t end`},
		{"what_PostgreSQL_makes_JSON_of", "/films?select=tags,frame,directors(name)&id=eq.1", "text/x-types", "text/x-types",
			`tags 0;frame 0;directors 0; ["science fiction","dystopia"] ["science fiction","dystopia"]` +
				` {"width":1440,"height":1080} {"width":1440,"height":1080} {"name":"Fritz Lang"} {"name":"Fritz Lang"} end`},
		{"represented_domain", "/genres?select=colour&id=eq.1", "text/x-types", "text/x-types", `colour 0; "#800000" "#800000" end`},
		{"null", "/films?select=rating&id=eq.13", "text/x-types", "text/x-types", `rating 1700; null  end`},
		{"alias_and_cast", "/films?select=when:year::text&id=eq.1", "text/x-types", "text/x-types", `when 25; "1927" 1927 end`},
		{"no_rows", "/films?select=id&id=eq.0", "text/x-types", "text/x-types", `id 23; end`},
		{"value_of_a_function", "/rpc/add?a=1", "text/x-types", "text/x-types", ` 23; 2 2 end`},
		{"values_of_a_function", "/rpc/film_titles?limit=1", "text/x-types", "text/x-types", ` 25; "Metropolis" Metropolis end`},
	})
}

// Encoders can replace built-in types. What the database defines goes first.
func TestEncoder_replaces(t *testing.T) {
	t.Parallel()
	const titles = "text/vnd.archive.titles"
	for _, tt := range []struct {
		replaced string
		media
	}{
		{"text/csv", media{"CSV", "/films?select=id,title&id=eq.2", "text/csv", "text/csv; charset=utf-8", "id\ttitle\n2\tM\n"}},
		{"application/geo+json", media{"GeoJSON", "/films?select=id,title&id=eq.2", "application/geo+json", "application/geo+json; charset=utf-8", "id\ttitle\n2\tM\n"}},
		{ndjson, media{"NDJSON", "/films?select=id,title&id=eq.2", ndjson, ndjson, "id\ttitle\n2\tM\n"}},
		{titles, media{"not_what_the_database_defines", "/films?id=eq.2", titles, titles, "M\n"}},
		{titles, media{"but_where_it_does_not_apply", "/films?select=id,title&id=eq.2", titles, titles, "id\ttitle\n2\tM\n"}},
		{"image/png", media{"not_a_function's_own", "/rpc/poster?film_id=1", "image/png", "image/png", "\x89PNG\r\n\x1a\n"}},
	} {
		runMedia(t, serve(t, encoding(tt.replaced, newTabSeparated)), []media{tt.media})
	}
}

func TestEncoder_options(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, media string
		encoder     func([]pgrest.ResultColumn) pgrest.RowEncoder
		message     string
	}{
		{"empty", "", newTabSeparated, `pgrest: Encoders has "", which is not the name of a media type in lower case`},
		{"no_subtype", "text", newTabSeparated, `pgrest: Encoders has "text", which is not the name of a media type in lower case`},
		{"capitals", "Text/CSV", newTabSeparated, `pgrest: Encoders has "Text/CSV", which is not the name of a media type in lower case`},
		{"parameter", "text/csv;header=absent", newTabSeparated, `pgrest: Encoders has "text/csv;header=absent", which is not the name of a media type in lower case`},
		{"wildcard", "text/*", newTabSeparated, `pgrest: Encoders has "text/*", which is not the name of a media type in lower case`},
		{"JSON", "application/json", newTabSeparated, "pgrest: Encoders has application/json, which the API itself defines"},
		{"vendored", "application/vnd.pgrst.object+json", newTabSeparated, "pgrest: Encoders has application/vnd.pgrst.object+json, which the API itself defines"},
		{"plan", "application/vnd.pgrst.plan", newTabSeparated, "pgrest: Encoders has application/vnd.pgrst.plan, which the API itself defines"},
		{"nil", "text/x-nothing", nil, "pgrest: Encoders has nothing for text/x-nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opts := pgrest.Options{}
			encoding(tt.media, tt.encoder)(&opts)
			_, err := pgrest.New(noDatabase{}, opts)
			require.EqualError(t, err, tt.message)
		})
	}
}
