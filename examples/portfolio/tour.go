package main

import (
	"fmt"
	"net/http"
	"strings"
)

// step is a request to try.
type step struct {
	Note     string
	Path     string
	Accept   string // empty for curl's default, which accepts anything
	Producer bool   // with the producer's token
	Refused  int    // the status, where it isn't 200
}

// tour are the steps that the page lists, and that are printed at the start.
var tour = []step{
	{Note: "Who am I without a token?", Path: "/api/hello_world"},
	{Note: "The last five days in bitcoin", Path: "/api/portfolio_history?market=eq.BTC-USD&interval=eq.1d&order=timestamp.desc&limit=5"},
	{Note: "The hours with the most in ether", Path: "/api/portfolio_history?market=eq.ETH-USD&interval=eq.1h&value=gt.150000&select=timestamp,value&order=value.desc&limit=5"},
	{Note: "The latest trades, smaller assets unnamed", Path: "/api/latest_trades?limit=10"},
	{Note: "The same, but two of them alone and as CSV", Path: "/api/latest_trades?base_asset=in.(BTC,ETH)", Accept: "text/csv"},
	{Note: "One row, as an object instead of an array", Path: "/api/portfolio_summary", Accept: "application/vnd.pgrst.object+json"},
	{Note: "Not for everybody", Path: "/api/all_trades?limit=3", Refused: http.StatusUnauthorized},
	{Note: "But for a producer", Path: "/api/all_trades?order=timestamp.desc&limit=3", Producer: true},
	{Note: "The private tables are not there at all", Path: "/api/trades", Refused: http.StatusNotFound},
}

// tourText is the steps as commands of curl, and the token that they need.
func tourText(baseURL, token string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nServing the API at %s/api and a page at %s. Ctrl-C stops it.\n\n", baseURL, baseURL)
	fmt.Fprintf(&b, "TOKEN=%s\n", token)
	for _, s := range tour {
		fmt.Fprintf(&b, "\n# %s\n%s\n", s.title(), s.curl(baseURL))
	}
	b.WriteByte('\n')
	return b.String()
}

// title is the note, with the status if it isn't 200.
func (s step) title() string {
	if s.Refused == 0 {
		return s.Note
	}
	return fmt.Sprintf("%s: %d", s.Note, s.Refused)
}

// curl is the step as a command for the shell.
func (s step) curl(baseURL string) string {
	line := "curl '" + baseURL + s.Path + "'"
	if s.Accept != "" {
		line += " -H 'Accept: " + s.Accept + "'"
	}
	if s.Producer {
		line += ` -H "Authorization: Bearer $TOKEN"`
	}
	return line
}
