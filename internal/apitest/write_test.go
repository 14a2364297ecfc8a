package apitest_test

import (
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// write is an exchange that writes. Whatever a case leaves out has its usual
// value, and is checked: it is a POST of the curator's that is answered with 201;
// others are with 204, or with 200 if there is a body. A body is JSON, and an
// empty one has no Content-Type. Preference-Applied repeats the preferences as
// they were given, and there is no Location.
type write struct {
	name    string
	method  string // POST
	target  string // as it stands in the request line
	token   string // claims to be signed; the curator's, or nobody
	prefer  string
	send    headers
	payload string
	status  int
	want    headers
	body    string
}

// nobody stands for the claims of anonymous requests.
const nobody = "nobody"

// What a case sends and gets for other media types than JSON.
var (
	sendCSV   = headers{"Content-Type": "text/csv"}
	sendForm  = headers{"Content-Type": "application/x-www-form-urlencoded"}
	acceptOne = headers{"Accept": "application/vnd.pgrst.object+json"}
	oneObject = headers{"Content-Type": "application/vnd.pgrst.object+json; charset=utf-8"}
)

const representation = "return=representation"

// rollingBack has every write leave no trace, unless it asks for tx=commit.
func rollingBack(o *pgrest.Options) { o.TxEnd = pgrest.TxRollbackAllowOverride }

// runInTurn asks api for each of the writes, one after the other: they would lock
// each other out.
func runInTurn(t *testing.T, api http.Handler, writes ...write) {
	t.Helper()
	for _, x := range writes {
		t.Run(x.name, func(t *testing.T) { x.check(t, answer(api, x.request(t)).Result()) })
	}
	runInModes(t, api, false, writes)
}

func (x write) request(t testing.TB) *http.Request {
	t.Helper()
	method, token := x.method, x.token
	if method == "" {
		method = http.MethodPost
	}
	switch token {
	case "":
		token = `{"role": "` + curator + `"}`
	case nobody:
		token = ""
	}
	r := exchange{method: method, target: x.target, token: token, send: x.send}.request(t)
	if x.prefer != "" {
		r.Header.Set("Prefer", x.prefer)
	}
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(x.payload)), int64(len(x.payload))
	return r
}

// check holds a response against what it must be.
func (x write) check(t testing.TB, got *http.Response) {
	t.Helper()
	body := read(t, got)
	require.Equal(t, x.usualStatus(), got.StatusCode, "status; the body is %s", body)
	require.Equal(t, compact(x.body), compact(body))
	want := headers{"Content-Type": "application/json; charset=utf-8", "Content-Length": strconv.Itoa(len(body)), "Location": ""}
	if body == "" {
		want["Content-Type"] = ""
	}
	if got.StatusCode == http.StatusNoContent {
		want["Content-Length"] = ""
	}
	if got.StatusCode < http.StatusBadRequest {
		want["Preference-Applied"] = x.prefer
	}
	maps.Copy(want, x.want)
	for name, value := range want {
		require.Equal(t, value, strings.Join(got.Header.Values(name), "\n"), "header %s", name)
	}
}

func (x write) usualStatus() int {
	switch {
	case x.status != 0:
		return x.status
	case x.method == "":
		return http.StatusCreated
	case x.body == "":
		return http.StatusNoContent
	}
	return http.StatusOK
}

// fails makes a write one that is answered with an error.
func (x write) fails(status int, body string) write {
	x.status, x.want, x.body = status, nil, body
	return x
}

// as sends headers and preferences with a write.
func (x write) as(send headers, prefer string) write {
	x.send, x.prefer = send, prefer
	return x
}

// gives sends headers with a write, and wants others in its response.
func (x write) gives(send, want headers) write {
	x.send, x.want = send, want
	return x
}

// What was written is there for the requests that follow.
func TestWrite_commits(t *testing.T) {
	t.Parallel()
	const genre = "/genres?select=name,colour&id=eq.70"
	runInTurn(t, serveClone(t, ""),
		write{name: "insert", target: "/genres", payload: `{"id": 70, "name": "Musical"}`},
		write{name: "was_inserted", method: "GET", target: genre, body: `[{"name": "Musical", "colour": null}]`},
		write{name: "update", method: "PATCH", target: "/genres?id=eq.70", payload: `{"colour": "#ffd700"}`},
		write{name: "was_updated", method: "GET", target: genre, body: `[{"name": "Musical", "colour": "#ffd700"}]`},
		write{name: "put", method: "PUT", target: "/genres?id=eq.70", payload: `{"id": 70, "name": "Revue", "colour": null}`},
		write{name: "was_put", method: "GET", target: genre, body: `[{"name": "Revue", "colour": null}]`},
		write{name: "upsert", target: "/genres", prefer: "resolution=merge-duplicates", payload: `{"id": 70, "name": "Operetta"}`, status: 200},
		write{name: "was_upserted", method: "GET", target: genre, body: `[{"name": "Operetta", "colour": null}]`},
		write{name: "delete", method: "DELETE", target: "/genres?id=eq.70"},
		write{name: "was_deleted", method: "GET", target: genre, body: `[]`},
		write{name: "insert_with_representation", target: "/genres", prefer: representation, payload: `{"id": 70, "name": "Musical"}`,
			body: `[{"id": 70, "name": "Musical", "colour": null}]`},
		write{name: "was_inserted_too", method: "GET", target: genre, body: `[{"name": "Musical", "colour": null}]`},
		write{name: "update_of_one", method: "PATCH", target: "/genres?id=eq.70", send: acceptOne, payload: `{"colour": "#ffd700"}`},
		write{name: "was_updated_too", method: "GET", target: genre, body: `[{"name": "Musical", "colour": "#ffd700"}]`},
		write{name: "delete_with_representation", method: "DELETE", target: "/genres?id=eq.70&select=id", prefer: representation, body: `[{"id": 70}]`},
		write{name: "was_deleted_too", method: "GET", target: genre, body: `[]`},
	)
}

// A value of whatever type can be written as it was read.
func TestWrite_what_was_read(t *testing.T) {
	t.Parallel()
	api := serveClone(t, "", rollingBack)
	for _, id := range []string{"1", "2", "3"} {
		row := read(t, ask(t, api, exchange{target: "/specimens?id=eq." + id}))
		t.Run(id, func(t *testing.T) {
			runInTurn(t, api,
				write{name: "upsert", target: "/specimens", prefer: "resolution=merge-duplicates, return=representation", payload: row, status: 200, body: row},
				write{name: "upsert_beside_defaults", target: "/specimens", prefer: "resolution=merge-duplicates, missing=default, return=representation",
					payload: row, status: 200, body: row},
				write{name: "put", method: "PUT", target: "/specimens?id=eq." + id, prefer: representation, payload: row, body: row},
				write{name: "update", method: "PATCH", target: "/specimens?id=eq." + id, prefer: representation, payload: row, body: row},
			)
		})
	}
}

// A write can be made in each of the exposed schemas, by its profile.
func TestWrite_schemas(t *testing.T) {
	t.Parallel()
	api := serveClone(t, "", rollingBack, func(o *pgrest.Options) { o.Schemas = []string{"archive", "archive_v2"} })
	second := headers{"Content-Profile": "archive_v2"}
	runInTurn(t, api,
		write{name: "first_by_default", target: "/genres?select=name", prefer: representation, payload: `{"id": 71, "name": "Noir"}`,
			want: headers{"Content-Profile": "archive"}, body: `[{"name": "Noir"}]`},
		write{name: "insert", target: "/critics?select=id,reviews(verdict)", send: second, prefer: representation, payload: `{"id": 9, "name": "Nell"}`,
			want: second, body: `[{"id": 9, "reviews": []}]`},
		write{name: "insert_minimal", target: "/critics", send: second, payload: `{"id": 10, "name": "Nell"}`, want: headers{"Content-Profile": ""}},
		write{name: "update", method: "PATCH", target: "/reviews?id=eq.1&select=verdict,critics(name)", send: second, prefer: representation, payload: `{"critic_id": 2}`,
			want: second, body: `[{"verdict": "Rich", "critics": {"name": "Roger"}}]`},
		write{name: "update_of_a_view", method: "PATCH", target: "/films?id=eq.13&select=name,first_shown", send: second, prefer: representation, payload: `{"first_shown": 1892}`,
			want: second, body: `[{"name": "Dickson Greeting", "first_shown": 1892}]`},
		write{name: "delete", method: "DELETE", target: "/reviews?id=eq.2&select=id", send: second, prefer: representation, want: second, body: `[{"id": 2}]`},
		write{name: "put", method: "PUT", target: "/critics?id=eq.11", send: second, prefer: representation, payload: `{"id": 11, "name": "Nell"}`, status: 201,
			want: second, body: `[{"id": 11, "name": "Nell"}]`},
		write{name: "table_of_the_other", target: "/critics", payload: `{}`, status: 404,
			body: fault("PGRST205", "Could not find the table 'archive.critics' in the schema cache", "", "")},
		write{name: "not_exposed", target: "/staff", send: headers{"Content-Profile": "private"}, payload: `{}`, status: 406,
			body: fault("PGRST106", "Invalid schema: private", "", "Only the following schemas are exposed: archive, archive_v2")},
		write{name: "profile_of_reads_means_nothing", target: "/critics", send: headers{"Accept-Profile": "archive_v2"}, payload: `{}`, status: 404,
			body: fault("PGRST205", "Could not find the table 'archive.critics' in the schema cache", "", "")},
	)
}

// A name that the schema doesn't have is the client's fault, and no reason to load
// the schema anew. One that it has, and the database has no more, is.
func TestWrite_unknown_names(t *testing.T) {
	t.Parallel()
	l := live(t)
	before := l.SchemaCache()
	l.loadAged()
	runInTurn(t, l.Handler,
		write{name: "filter", method: "DELETE", target: "/genres?nmae=eq.x", status: 400,
			body: fault("42703", "column genres.nmae does not exist", "", `Perhaps you meant to reference the column "genres.name".`)},
		write{name: "filter_in_a_tree", method: "PATCH", target: "/genres?or=(id.eq.1,nmae.eq.x)", payload: `{"name": "x"}`, status: 400,
			body: fault("42703", "column genres.nmae does not exist", "", `Perhaps you meant to reference the column "genres.name".`)},
		write{name: "conflict", target: "/genres?on_conflict=nmae", prefer: "resolution=merge-duplicates", payload: `{"name": "x"}`, status: 400,
			body: fault("42703", `column "nmae" does not exist`, "", "")},
		write{name: "shown", target: "/genres?select=nmae", prefer: representation, payload: `{"name": "x"}`, status: 400,
			body: fault("42703", "column genres.nmae does not exist", "", `Perhaps you meant to reference the column "genres.name".`)},
	)
	require.Same(t, before, l.SchemaCache())
	l.change(t, `ALTER TABLE archive.genres RENAME COLUMN name TO title`)
	runInTurn(t, l.Handler,
		write{name: "renamed_filter", method: "DELETE", target: "/genres?name=eq.Western", status: 400, body: fault("42703", "column genres.name does not exist", "", "")},
		write{name: "renamed_column", target: "/genres", payload: `{"name": "Noir"}`, status: 400,
			body: fault("PGRST204", "Could not find the 'name' column of 'genres' in the schema cache", "", "")},
	)
	require.NotSame(t, before, l.SchemaCache())
	runInTurn(t, l.Handler, write{name: "everything", method: "DELETE", target: "/genres?id=eq.4", prefer: representation, body: `[{"id": 4, "title": "Western", "colour": null}]`})
}
