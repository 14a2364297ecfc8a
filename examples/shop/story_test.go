package main

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/pgresttest"
)

// The shop's story over HTTP, from the catalogue to the operator's view of what it cost.
func TestStory(t *testing.T) {
	t.Parallel()
	shop := open(t)

	// Somebody looks around, and can't do more.
	shop.nobody.Get("/products?select=name,price,stock&attributes->>roast=eq.light").
		Status(200).JSON(`[{"name": "Yirgacheffe", "price": 12.50, "stock": 40}]`)
	shop.nobody.Get("/categories?select=name&order=name").JSON(`[{"name": "coffee"}, {"name": "cups"}, {"name": "grinders"}]`)
	shop.nobody.Get("/articles").Status(200).JSON(`[]`)
	shop.nobody.Get("/orders").Status(401).Error("42501")
	shop.nobody.Post("/rpc/place_order", order(1, 1)).Status(401).Error("42501")
	shop.nobody.Get("/accounts").Status(404).Error("PGRST205")

	// Alice logs in and orders. The answer is the order; stock and credit are taken.
	alice, bob, olga := shop.login(t, "ALICE"), shop.login(t, "BOB"), shop.login(t, "OLGA")
	alice.Get("/customers?select=name,credit,subscriber").JSON(`[{"name": "Alice", "credit": 200.00, "subscriber": true}]`)
	var placed struct {
		ID      int
		Total   float64
		Payment string
	}
	alice.Post("/rpc/place_order", order(1, 2, 6, 1, 1, 1)).Status(201).Decode(&placed)
	require.Equal(t, 46.40, placed.Total, "three bags of 12.50, though of two lines, and a cup of 8.90")
	require.Equal(t, "pending", placed.Payment)
	alice.Get("/orders?select=total,payment,order_lines(quantity,price,products(name))&order_lines.order=product_id").
		Status(200).JSON(`[{"total": 46.40, "payment": "pending", "order_lines": [
			{"quantity": 3, "price": 12.50, "products": {"name": "Yirgacheffe"}},
			{"quantity": 1, "price": 8.90, "products": {"name": "Espresso cup"}}]}]`)
	alice.Get("/customers?select=credit").JSON(`[{"credit": 153.60}]`)
	shop.nobody.Get("/products?select=stock&id=in.(1,6)&order=id").JSON(`[{"stock": 37}, {"stock": 79}]`)

	// Each sees their own; an operator sees all.
	bob.Get("/orders").Status(200).JSON(`[]`)
	bob.Get("/order_lines").JSON(`[]`)
	bob.Get("/customers?select=name").JSON(`[{"name": "Bob"}]`)
	olga.With("Prefer", "count=exact").Head("/orders").Status(206).HasHeader("Content-Range", "0-999/10001")
	olga.Get("/customers?select=name&email=in.(alice@example.com,bob@example.com)&order=name").JSON(`[{"name": "Alice"}, {"name": "Bob"}]`)

	// Articles are for subscribers. A renewed token knows that Bob has become one.
	alice.Get("/articles?select=title&order=id").JSON(`[{"title": "How fine is fine?"}, {"title": "Water"}]`)
	bob.Get("/articles").JSON(`[]`)
	olga.Patch("/customers?email=eq.bob@example.com", `{"subscriber": true}`).Status(204)
	bob.Get("/articles").JSON(`[]`)
	var renewed issued
	bob.Post("/rpc/renew_token", `{}`).Status(200).Decode(&renewed)
	shop.as(renewed.Token).Get("/articles?select=id&limit=1").JSON(`[{"id": 1}]`)

	// A customer's rights end where the shop's begin.
	alice.Patch("/customers?id=gt.0", `{"name": "Alice B."}`).Status(204)
	require.Equal(t, "1", shop.one(t, `SELECT count(*) FROM api.customers WHERE name = 'Alice B.'`))
	alice.Patch("/customers?id=gt.0", `{"credit": 1000}`).Status(403).Error("42501")
	alice.Post("/orders", `{"customer_id": 1}`).Status(403).Error("42501")
	alice.Patch("/orders?id=gt.0", `{"payment": "confirmed"}`).Status(403).Error("42501")
	alice.Post("/products", `{"name": "x"}`).Status(403).Error("42501")
	alice.Post("/rpc/index_orders", `{}`).Status(403).Error("42501")
	alice.Post("/articles", `{"title": "x", "body": "y"}`).Status(403).Error("42501")
}

// What is wrong with an order or a product is said so that a person understands it, and
// without a row of the database.
func TestBadInput(t *testing.T) {
	t.Parallel()
	shop := open(t)
	customer, operator := shop.login(t, "BOB"), shop.login(t, "OLGA")
	product := func(name, category, price, attributes string) string {
		return `{"name": ` + name + `, "category": ` + category + `, "price": ` + price + `, "attributes": ` + attributes + `}`
	}
	const coffee = `{"roast": "dark", "grams": 250}`
	for name, tt := range map[string]struct {
		client       *pgresttest.Client
		target, body string
		status       int
		code         string
		message      string
		details      string
	}{
		"no_lines":         {customer, "/rpc/place_order", `{"lines": []}`, 400, "23514", "The order has to be a list of products and quantities.", "$ has to have at least 1 items"},
		"null":             {customer, "/rpc/place_order", `{"lines": null}`, 400, "23514", "The order has to be a list of products and quantities.", "There is none."},
		"no_quantity":      {customer, "/rpc/place_order", `{"lines": [{"product_id": 1}]}`, 400, "23514", "The order has to be a list of products and quantities.", "$[0].quantity is missing"},
		"half_a_product":   {customer, "/rpc/place_order", `{"lines": [{"product_id": 1, "quantity": 0.5}]}`, 400, "23514", "The order has to be a list of products and quantities.", "$[0].quantity is of the wrong type: it has to be of integer"},
		"own_price":        {customer, "/rpc/place_order", `{"lines": [{"product_id": 1, "quantity": 1, "price": 0}]}`, 400, "23514", "The order has to be a list of products and quantities.", "$[0].price is not allowed"},
		"negative":         {customer, "/rpc/place_order", order(1, -1), 400, "23514", "The order has to be a list of products and quantities.", "$[0].quantity has to be at least 1"},
		"unknown_product":  {customer, "/rpc/place_order", order(99, 1), 400, "23514", "There is no product 99.", ""},
		"too_many":         {customer, "/rpc/place_order", order(8, 19), 409, "PT409", "There are only 18 of Travel mug left.", ""},
		"too_dear":         {customer, "/rpc/place_order", order(10, 1), 402, "PT402", "The order costs 149.00, and your credit is 60.00.", ""},
		"no_name":          {operator, "/products", `{"category": "coffee", "price": 3, "attributes": ` + coffee + `}`, 400, "23502", "The name is missing.", ""},
		"empty_name":       {operator, "/products", product(`" "`, `"coffee"`, "3", coffee), 400, "23514", "A product's name has 1 to 100 characters.", ""},
		"free":             {operator, "/products", product(`"x"`, `"coffee"`, "0", coffee), 400, "23514", "A product's price has to be more than 0.", ""},
		"unknown_category": {operator, "/products", product(`"x"`, `"tea"`, "3", coffee), 400, "23514", "There is no category tea.", ""},
		"attributes": {operator, "/products", product(`"x"`, `"coffee"`, "3", `{"roast": "green", "grams": 10, "notes": ["a", 7], "price": 1}`), 400, "23514",
			"The attributes are not those of the category coffee.",
			`$.grams has to be at least 50; $.notes[0] has to have at least 2 characters; $.notes[1] is of the wrong type: it has to be of string; $.price is not allowed; $.roast has to be one of ["light", "medium", "dark"]`},
		"pattern":     {operator, "/products", product(`"x"`, `"cups"`, "3", `{"millilitres": 0, "colour": "#fff"}`), 400, "23514", "The attributes are not those of the category cups.", `$.colour has to match "^[a-z ]+$"; $.millilitres has to be more than 0`},
		"no_number":   {operator, "/products", product(`"x"`, `"coffee"`, `"much"`, coffee), 400, "22P02", `invalid input syntax for type numeric: "much"`, ""},
		"twice":       {operator, "/products", `{"id": 1, "name": "x", "category": "coffee", "price": 3, "attributes": ` + coffee + `}`, 409, "23505", `duplicate key value violates unique constraint "products_pkey"`, ""},
		"wrong_stock": {operator, "/products", `{"stock": -1, "name": "x", "category": "coffee", "price": 3, "attributes": ` + coffee + `}`, 400, "23514", "There can't be less than none of a product.", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := failed(t, tt.client.Post(tt.target, tt.body), tt.status)
			require.Equal(t, tt.code, got.Code)
			require.Equal(t, tt.message, got.Message)
			if tt.details == "" {
				require.Nil(t, got.Details)
			} else {
				require.Equal(t, tt.details, *got.Details)
			}
		})
	}
	t.Run("updates", func(t *testing.T) {
		got := failed(t, operator.Patch("/products?id=eq.1", `{"attributes": {"roast": "dark"}}`), 400)
		require.Equal(t, "$.grams is missing", *got.Details)
		got = failed(t, operator.Patch("/customers?email=eq.bob@example.com", `{"credit": -1}`), 400)
		require.Equal(t, "A customer's credit can't be less than nothing.", got.Message)
		got = failed(t, operator.Delete("/products?id=eq.1"), 409)
		require.Equal(t, "The product has been ordered, and can't go.", got.Message)
		require.Nil(t, got.Details)
	})
	t.Run("nothing_of_it_is_left", func(t *testing.T) {
		customer.Get("/orders").JSON(`[]`)
		customer.Get("/customers?select=credit").JSON(`[{"credit": 60.00}]`)
		shop.nobody.Get("/products?select=stock&id=in.(8,10)&order=id").JSON(`[{"stock": 18}, {"stock": 4}]`)
	})
}

// Many who want the last item at once: one gets it.
func TestLastItem(t *testing.T) {
	t.Parallel()
	shop := open(t)
	const buyers = 50
	shop.exec(t, `UPDATE api.customers SET credit = 10000 WHERE email = 'bob@example.com'`)
	bob := shop.login(t, "BOB")
	var last struct{ ID int }
	shop.nobody.With("Accept", "application/vnd.pgrst.object+json").Get("/products?select=id&name=eq.Last%20of%20its%20kind").Status(200).Decode(&last)

	statuses, messages := make([]int, buyers), make([]string, buyers)
	var all sync.WaitGroup
	ready := make(chan struct{})
	for i := range buyers {
		all.Go(func() {
			<-ready
			answer := bob.Post("/rpc/place_order", order(last.ID, 1))
			statuses[i], messages[i] = answer.StatusCode, string(answer.Body)
		})
	}
	close(ready)
	all.Wait()
	count := map[int]int{}
	for i, status := range statuses {
		count[status]++
		if status == http.StatusConflict {
			require.Contains(t, messages[i], "Last of its kind is sold out.")
		}
	}
	require.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusConflict: buyers - 1}, count)
	require.Equal(t, "0", shop.one(t, `SELECT stock FROM api.products WHERE id = $1`, last.ID))
	bob.Get("/orders?select=total").JSON(`[{"total": 20.00}]`)
	bob.Get("/customers?select=credit").JSON(`[{"credit": 9980.00}]`)
}

// Orders of the same products in any order don't wait for each other for ever, and never take
// more than there is of credit and stock.
func TestManyOrders(t *testing.T) {
	t.Parallel()
	shop := open(t)
	shop.exec(t, `UPDATE api.products SET stock = 30, price = 1 WHERE id IN (1, 2)`)
	shop.exec(t, `UPDATE api.customers SET credit = 50 WHERE email IN ('alice@example.com', 'bob@example.com')`)
	clients := []*pgresttest.Client{shop.login(t, "ALICE"), shop.login(t, "BOB")}
	var mu sync.Mutex
	count := map[int]int{}
	var all sync.WaitGroup
	for i := range 80 {
		all.Go(func() {
			body := order(1, 1, 2, 1)
			if i%4 < 2 {
				body = order(2, 1, 1, 1)
			}
			status := clients[i%2].Post("/rpc/place_order", body).StatusCode
			mu.Lock()
			count[status]++
			mu.Unlock()
		})
	}
	all.Wait()
	require.Equal(t, map[int]int{201: 30, 409: 50}, count, "each may pay for 25, and there are 30")
	require.Equal(t, "0", shop.one(t, `SELECT sum(stock) FROM api.products WHERE id IN (1, 2)`))
	require.Equal(t, "40.00", shop.one(t, `SELECT sum(credit) FROM api.customers WHERE email IN ('alice@example.com', 'bob@example.com')`))
}

// The page is at the root, with its files, beside the API.
func TestRoutes(t *testing.T) {
	t.Parallel()
	client := pgresttest.NewClient(t, open(t).routes())
	for path, mediaType := range map[string]string{
		"/": "text/html; charset=utf-8", "/style.css": "text/css; charset=utf-8", "/shop.js": "text/javascript; charset=utf-8",
		"/postgrest-js/index.mjs": "text/javascript; charset=utf-8",
	} {
		answer := client.Get(path).Status(200)
		require.Equal(t, mediaType, answer.Header.Get("Content-Type"), path)
		require.Contains(t, answer.Header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self';", path)
		require.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"), path)
	}
	client.Get("/nothing").Status(404)
	client.Get("/postgrest-js/").Status(404)
	client.Post("/shop.js", `{}`).Status(405)
	client.Get("/api").Status(301)
	client.Get("/api/products?select=id&id=eq.1").Status(200).JSON(`[{"id": 1}]`)
	require.Contains(t, string(client.Get("/api/").Status(200).Body), "/rpc/login")
}
