package openapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/oapi-codegen/nullable"
	"github.com/oapi-codegen/runtime/types"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/openapi/goclient"
)

// newClient makes a client of a library of its own.
func newClient(t *testing.T) *goclient.ClientWithResponses {
	t.Helper()
	site := httptest.NewServer(library(t))
	t.Cleanup(site.Close)
	client, err := goclient.NewClientWithResponses(site.URL)
	require.NoError(t, err)
	return client
}

var representation = &[]string{"return=representation"}

// insertAuthor inserts an author and gives their key.
func insertAuthor(t *testing.T, client *goclient.ClientWithResponses, name string) int32 {
	t.Helper()
	var body goclient.AuthorsInserts
	require.NoError(t, body.FromAuthorsInsert(goclient.AuthorsInsert{
		Name: name, Born: nullable.NewNullableWithValue(types.Date{Time: time.Date(1929, 10, 21, 0, 0, 0, 0, time.UTC)}),
	}))
	inserted, err := client.InsertAuthorsWithResponse(t.Context(), &goclient.InsertAuthorsParams{Prefer: representation}, body)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, inserted.StatusCode(), string(inserted.Body))
	require.Len(t, *inserted.JSON201, 1)
	author := (*inserted.JSON201)[0]
	require.Equal(t, name, author.Name)
	require.Equal(t, "1929-10-21", author.Born.MustGet().String())
	return author.Id
}

// insertBooks inserts books and gives them as they are then.
func insertBooks(t *testing.T, client *goclient.ClientWithResponses, books ...goclient.BooksInsert) []goclient.Books {
	t.Helper()
	var body goclient.BooksInserts
	require.NoError(t, body.FromBooksInserts1(books))
	// As the rows are of one table, and each leaves out what it likes:
	params := &goclient.InsertBooksParams{Prefer: &[]string{"return=representation", "missing=default"}}
	params.Columns = pointer("title,author_id,binding,pages,price,tags,details")
	inserted, err := client.InsertBooksWithResponse(t.Context(), params, body)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, inserted.StatusCode(), string(inserted.Body))
	return *inserted.JSON201
}

func pointer[T any](value T) *T { return &value }

// twoBooks are an author's.
func twoBooks(author int32) []goclient.BooksInsert {
	return []goclient.BooksInsert{
		{
			Title: "The Dispossessed", AuthorId: author, Binding: pointer(goclient.Hardback),
			Pages: nullable.NewNullableWithValue[int32](341), Price: nullable.NewNullableWithValue[json.Number]("19.90"),
			Tags: &[]string{"utopia", "a, b"}, Details: map[string]any{"prizes": []any{"Hugo", "Nebula"}},
		},
		{Title: "The Lathe of Heaven", AuthorId: author},
	}
}

func TestGoClient(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	author := insertAuthor(t, client, "Ursula K. Le Guin")
	books := insertBooks(t, client, twoBooks(author)...)
	require.Len(t, books, 2)
	first, second := books[0], books[1]

	// What the database gave.
	require.NotZero(t, first.Id)
	require.Equal(t, goclient.Hardback, first.Binding)
	require.Equal(t, json.Number("19.90"), first.Price.MustGet())
	require.Equal(t, []string{"utopia", "a, b"}, first.Tags)
	require.Equal(t, map[string]any{"prizes": []any{"Hugo", "Nebula"}}, first.Details)
	require.Equal(t, goclient.Paperback, second.Binding)
	require.True(t, second.Pages.IsNull())
	require.Empty(t, second.Tags)
	require.WithinDuration(t, time.Now(), second.Added, time.Hour)

	// Read by filters, in an order, counted.
	read, err := client.ReadBooksWithResponse(t.Context(), &goclient.ReadBooksParams{
		Title: pointer("like.The *"), Order: pointer("title.desc"), Limit: pointer[int64](1), Prefer: &[]string{"count=exact"},
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusPartialContent, read.StatusCode(), string(read.Body))
	require.Equal(t, "0-0/2", *read.Headers206.ContentRange)
	require.Equal(t, []goclient.Books{second}, *read.JSON206)

	// Update, NULL included, then replace.
	byID := pointer("eq." + first.Id.String())
	updated, err := client.UpdateBooksWithResponse(t.Context(),
		&goclient.UpdateBooksParams{Id: byID, Prefer: representation},
		goclient.BooksUpdate{Binding: pointer(goclient.Audio), Price: nullable.NewNullNullable[json.Number]()})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, updated.StatusCode(), string(updated.Body))
	require.Equal(t, goclient.Audio, (*updated.JSON200)[0].Binding)
	require.True(t, (*updated.JSON200)[0].Price.IsNull())
	require.Equal(t, first.Pages, (*updated.JSON200)[0].Pages)

	replaced, err := client.UpsertBooksWithResponse(t.Context(),
		&goclient.UpsertBooksParams{Id: *byID, Prefer: representation},
		goclient.BooksInsert{Id: &first.Id, Title: "An Ambiguous Utopia", AuthorId: author})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, replaced.StatusCode(), string(replaced.Body))
	require.Equal(t, "An Ambiguous Utopia", (*replaced.JSON200)[0].Title)

	// Delete.
	deleted, err := client.DeleteBooksWithResponse(t.Context(), &goclient.DeleteBooksParams{Id: byID})
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, deleted.StatusCode(), string(deleted.Body))
	left, err := client.ReadBooksWithResponse(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, []goclient.Books{second}, *left.JSON200)
}

// Functions by GET and POST, a view, and one that returns nothing.
func TestGoClientCalls(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	author := insertAuthor(t, client, "Ursula K. Le Guin")
	insertBooks(t, client, twoBooks(author)...)

	queried, err := client.QueryShelfMetresWithResponse(t.Context(), &goclient.QueryShelfMetresParams{Author: author})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, queried.StatusCode(), string(queried.Body))
	require.InDelta(t, 0.0341, number(t, queried.JSON200), 1e-9)

	called, err := client.CallShelfMetresWithResponse(t.Context(), nil,
		goclient.ShelfMetresArguments{Author: author, Thickness: pointer(json.Number("0.2"))})
	require.NoError(t, err)
	require.InDelta(t, 0.0682, number(t, called.JSON200), 1e-9)

	discounted, err := client.CallDiscountWithResponse(t.Context(),
		&goclient.CallDiscountParams{Select: pointer("title,price"), Price: pointer("not.is.null")},
		goclient.DiscountArguments{Percent: 10})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, discounted.StatusCode(), string(discounted.Body))
	require.Len(t, *discounted.JSON200, 1)
	require.Equal(t, json.Number("17.91"), (*discounted.JSON200)[0].Price.MustGet())

	forgotten, err := client.CallForgetDetailsWithResponse(t.Context(), nil, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, forgotten.StatusCode(), string(forgotten.Body))

	catalogue, err := client.ReadCatalogueWithResponse(t.Context(), nil)
	require.NoError(t, err)
	require.EqualValues(t, 2, (*catalogue.JSON200)[0].Books.MustGet())
}

func number(t *testing.T, n *json.Number) float64 {
	t.Helper()
	require.NotNil(t, n)
	value, err := n.Float64()
	require.NoError(t, err)
	return value
}

// An error has a status, and a body of the schema that it has in the document.
func TestGoClientSeesErrors(t *testing.T) {
	t.Parallel()
	client := newClient(t)

	read, err := client.ReadBooksWithResponse(t.Context(), &goclient.ReadBooksParams{Pages: pointer("eq.many")})
	require.NoError(t, err)
	require.NotNil(t, read.JSON400, string(read.Body))
	require.Equal(t, "22P02", read.JSON400.Code)

	var body goclient.BooksInserts
	require.NoError(t, body.FromBooksInsert(goclient.BooksInsert{Title: "Nobody's", AuthorId: 12345}))
	inserted, err := client.InsertBooksWithResponse(t.Context(), nil, body)
	require.NoError(t, err)
	require.NotNil(t, inserted.JSON409, string(inserted.Body))
	require.Equal(t, "23503", inserted.JSON409.Code)
}

// The client is what the generator makes of library.json.
func TestGoClientIsCurrent(t *testing.T) {
	t.Parallel()
	made := filepath.Join(t.TempDir(), "library.gen.go")
	generate := exec.CommandContext(t.Context(), "go", "run", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2",
		"-config", "config.yaml", "-o", made, "../library.json")
	generate.Dir = "goclient"
	output, err := generate.CombinedOutput()
	require.NoError(t, err, string(output))
	want, err := os.ReadFile(made)
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join("goclient", "library.gen.go"))
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "go generate ./goclient")
}
