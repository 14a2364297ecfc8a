package main

import (
	"fmt"
	"net/http"
	"strings"
)

// step is a request to try.
type step struct {
	Note   string
	Path   string // behind /api
	As     string // whose token it has; empty for none
	Accept string
	Body   string // of a POST; empty for a GET
	Status int    // if it isn't 200
}

const planType = "application/vnd.pgrst.plan"

// demoAccounts are those of seed.sql, by the names of the variables that hold their tokens.
var demoAccounts = []struct{ Name, Email, Password string }{
	{"ALICE", "alice@example.com", "alice likes light roasts"},
	{"BOB", "bob@example.com", "bob likes dark roasts"},
	{"OLGA", "olga@example.com", "olga counts the beans"},
}

// tour are the steps that are printed at the start, in the order of the story.
var tour = []step{
	{Note: "The catalogue, for everybody", Path: "/products?select=id,name,price,stock&order=price&limit=3"},
	{Note: "By what is in their attributes", Path: "/products?select=name,attributes&attributes->>roast=eq.light"},
	{Note: "Alice buys two bags of coffee", Path: "/rpc/place_order", As: "ALICE", Body: `{"lines": [{"product_id": 1, "quantity": 2}]}`, Status: http.StatusCreated},
	{Note: "Her orders, with their lines and products", Path: "/orders?select=id,total,payment,order_lines(quantity,price,products(name))", As: "ALICE"},
	{Note: "Her payments: the provider takes its time, and fails twice in three calls", Path: "/payments?select=order_id,amount,state,attempts", As: "ALICE"},
	{Note: "Bob sees none of them", Path: "/orders?select=id", As: "BOB"},
	{Note: "He can't afford the grinder", Path: "/rpc/place_order", As: "BOB", Body: `{"lines": [{"product_id": 10, "quantity": 1}]}`, Status: http.StatusPaymentRequired},
	{Note: "There aren't so many mugs", Path: "/rpc/place_order", As: "BOB", Body: `{"lines": [{"product_id": 8, "quantity": 99}]}`, Status: http.StatusConflict},
	{Note: "An order has to be one", Path: "/rpc/place_order", As: "BOB", Body: `{"lines": [{"product_id": 8, "quantity": -1}]}`, Status: http.StatusBadRequest},
	{Note: "Articles are for subscribers, as Alice is", Path: "/articles?select=title", As: "ALICE"},
	{Note: "Bob is none", Path: "/articles?select=title", As: "BOB"},
	{Note: "A product's attributes have to be as its category says", Path: "/products", As: "OLGA",
		Body: `{"name": "Tea", "category": "coffee", "price": 3, "attributes": {"roast": "green"}}`, Status: http.StatusBadRequest},
	{Note: "Olga sees what the last orders cost the database", Path: "/orders?order=placed_at.desc&limit=10", As: "OLGA", Accept: planType + "; options=analyze|buffers"},
	{Note: "Payments that an operator has to look at; rpc/requeue_payment has one tried again", Path: "/payments?state=eq.failed", As: "OLGA"},
	{Note: "She makes an index", Path: "/rpc/index_orders", As: "OLGA", Body: "{}", Status: http.StatusNoContent},
	{Note: "And looks again", Path: "/orders?order=placed_at.desc&limit=10", As: "OLGA", Accept: planType + "; options=analyze|buffers"},
	{Note: "Plans are not for customers", Path: "/orders", As: "ALICE", Accept: planType, Status: http.StatusNotAcceptable},
}

// tourText is the steps as commands of a shell.
func tourText(baseURL string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nServing the shop at %s, and its API at %s/api/. Ctrl-C stops it.\n", baseURL, baseURL)
	b.WriteString("\n# Log in. A token is good for 15 minutes; a POST to /rpc/renew_token gives the next one.\n")
	for _, a := range demoAccounts {
		fmt.Fprintf(&b, "%s=$(curl -s '%s/api/rpc/login' --json '{\"email\": \"%s\", \"password\": \"%s\"}' | sed 's/.*\"token\" *: *\"\\([^\"]*\\)\".*/\\1/')\n",
			a.Name, baseURL, a.Email, a.Password)
	}
	for _, s := range tour {
		fmt.Fprintf(&b, "\n# %s\n%s\n", s.title(), s.curl(baseURL))
	}
	b.WriteByte('\n')
	return b.String()
}

// title is the note, with the status if it isn't 200.
func (s step) title() string {
	if s.Status == 0 {
		return s.Note
	}
	return fmt.Sprintf("%s: %d", s.Note, s.Status)
}

// curl is the step as a command for the shell.
func (s step) curl(baseURL string) string {
	line := "curl '" + baseURL + "/api" + s.Path + "'"
	if s.As != "" {
		line += ` -H "Authorization: Bearer $` + s.As + `"`
	}
	if s.Accept != "" {
		line += " -H 'Accept: " + s.Accept + "'"
	}
	if s.Body != "" {
		line += " --json '" + s.Body + "'"
	}
	return line
}
