package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/pgresttest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// What a visitor clicks on, in Swagger UI's words.
const (
	films       = chromedp.CSS("#operations-tag-films")
	readFilms   = chromedp.CSS("#operations-films-read_films")
	summary     = readFilms + " .opblock-summary-control"
	tryOut      = readFilms + " .try-out__btn"
	selectText  = readFilms + ` tr[data-param-name="select"] input`
	execute     = readFilms + " .execute"
	status      = readFilms + " .live-responses-table tbody .response-col_status"
	rows        = readFilms + " .live-responses-table .highlight-code"
	request     = readFilms + " .request-url"
	orderText   = readFilms + ` tr[data-param-name="order"] input`
	limitText   = readFilms + ` tr[data-param-name="limit"] input`
	loginOpen   = chromedp.CSS(".scheme-container .authorize")
	loginText   = chromedp.CSS(".auth-container input")
	loginDone   = chromedp.CSS(".modal-ux .authorize")
	loginClose  = chromedp.CSS(".modal-ux .btn-done")
	about       = chromedp.CSS(".info .description")
	reviews     = chromedp.CSS("#operations-tag-reviews")
	readReviews = chromedp.CSS("#operations-reviews-read_reviews")
	curated     = chromedp.CSS("#operations-tag-acquisitions")
)

// A visitor opens the page, looks at a relation, tries it out, and sees rows of it.
func TestTryItOut(t *testing.T) {
	t.Parallel()
	address := serve(t, pgrest.Options{AnonRole: "pgrest_test_anon"})
	tab := open(t)
	tab.do(
		chromedp.EmulateViewport(1100, 1500),
		chromedp.Navigate(address+"/api/"),
		chromedp.Click(films), chromedp.Click(summary), chromedp.Click(tryOut),
		chromedp.SendKeys(selectText, "id,title,year"), chromedp.SendKeys(orderText, "year"), chromedp.SendKeys(limitText, "2"),
		chromedp.Click(execute), chromedp.WaitVisible(rows),
	)
	require.Contains(t, tab.text(status), "200")
	require.Contains(t, tab.text(request), address+"/api/films?select=id%2Ctitle%2Cyear&order=year&limit=2")
	require.Contains(t, tab.text(rows), `"title": "Metropolis"`)
	tab.do(tab.run(`document.querySelector("[data-param-name=select]").scrollIntoView()`))
	tab.picture()
	tab.requireQuiet(address)
}

// A visitor who logs in sees what their role may see.
func TestLogIn(t *testing.T) {
	t.Parallel()
	address := serve(t, pgrest.Options{Authenticate: func(r *http.Request) (auth.Identity, error) {
		if r.Header.Get("Authorization") == "Bearer of-a-curator" {
			return auth.Identity{Role: "pgrest_test_curator"}, nil
		}
		return auth.Identity{Role: "pgrest_test_anon", Anonymous: true}, nil
	}})
	tab := open(t)
	tab.do(
		chromedp.Navigate(address+"/api/"), chromedp.WaitVisible(films), chromedp.WaitNotPresent(curated),
		chromedp.Click(loginOpen), chromedp.SendKeys(loginText, "of-a-curator"), chromedp.Click(loginDone),
		chromedp.Click(loginClose), chromedp.WaitVisible(curated),
	)
	tab.requireQuiet(address)
}

// A visitor whom the API doesn't answer is told so, and can log in.
func TestLogIn_required(t *testing.T) {
	t.Parallel()
	address := serve(t, pgrest.Options{})
	tab := open(t)
	tab.do(chromedp.Navigate(address+"/api/"), chromedp.WaitVisible(loginOpen))
	require.Contains(t, tab.text(about), "The API answers: Anonymous access is disabled (401)")
}

// With several schemas, the address says which one a visitor explores.
func TestOtherSchema(t *testing.T) {
	t.Parallel()
	address := serve(t, pgrest.Options{AnonRole: "pgrest_test_anon", Schemas: []string{"archive", "archive_v2"}})
	tab := open(t)
	tab.do(
		chromedp.Navigate(address+"/api/?schema=archive_v2"),
		chromedp.Click(reviews), chromedp.Click(readReviews+" .opblock-summary-control"),
		chromedp.Click(readReviews+" .try-out__btn"), chromedp.Click(readReviews+" .execute"),
		chromedp.WaitVisible(readReviews+" .live-responses-table .highlight-code"),
	)
	require.Contains(t, tab.text(readReviews+" .live-responses-table tbody .response-col_status"), "200")
	tab.requireQuiet(address)
}

// What runs in the page can't ask another host.
func TestOtherHost(t *testing.T) {
	t.Parallel()
	address := serve(t, pgrest.Options{AnonRole: "pgrest_test_anon"})
	tab := open(t)
	tab.do(
		chromedp.Navigate(address+"/api/"), chromedp.WaitVisible(films),
		tab.run(`fetch("http://other.invalid/").catch(() => {})`),
	)
	require.Contains(t, tab.firstTrouble(), "connect-src 'self'")
}

// serve serves the film archive as the program does its schema, and gives the
// server's address.
func serve(t *testing.T, opts pgrest.Options) string {
	t.Helper()
	opts.DocsUI, opts.ExtraSearchPath = true, []string{"extra"}
	if opts.Schemas == nil {
		opts.Schemas = []string{"archive"}
	}
	server := httptest.NewServer(newRouter(pgresttest.New(t, pgtest.Fixture(t).Pool(t), opts)))
	t.Cleanup(server.Close)
	return server.URL
}
