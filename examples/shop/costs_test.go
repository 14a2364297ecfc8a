package main

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/pgresttest"
)

// node is a node of an execution plan.
type node struct {
	NodeType     string  `json:"Node Type"`
	RelationName string  `json:"Relation Name"`
	IndexName    string  `json:"Index Name"`
	TotalCost    float64 `json:"Total Cost"`
	ActualTime   float64 `json:"Actual Total Time"`
	HitBlocks    int     `json:"Shared Hit Blocks"`
	ReadBlocks   int     `json:"Shared Read Blocks"`
	Plans        []node
}

// find gives the nodes of the plan that scan a relation.
func (n node) find(relation string) (found []node) {
	if n.RelationName == relation {
		found = append(found, n)
	}
	for _, below := range n.Plans {
		found = append(found, below.find(relation)...)
	}
	return found
}

// planOf asks for a plan as an operator does.
func planOf(t *testing.T, client *pgresttest.Client, target string) node {
	t.Helper()
	var plans []struct{ Plan node }
	client.With("Accept", planType+"+json; options=analyze|buffers").Get(target).Status(200).Decode(&plans)
	require.Len(t, plans, 1)
	return plans[0].Plan
}

const lastOrders = "/orders?select=id,total,placed_at&order=placed_at.desc&limit=10"

// An operator sees that the last orders are found by reading all of them, makes an index, and
// sees that it is used.
func TestCosts_index(t *testing.T) {
	t.Parallel()
	shop := open(t)
	olga := shop.login(t, "OLGA")
	rows := string(olga.Get(lastOrders).Status(200).Body)

	before := planOf(t, olga, lastOrders)
	scans := before.find("orders")
	require.Len(t, scans, 1)
	require.Equal(t, "Seq Scan", scans[0].NodeType)
	require.Greater(t, before.HitBlocks+before.ReadBlocks, 50, "all pages of the table")

	olga.Post("/rpc/index_orders", `{}`).Status(204)
	after := planOf(t, olga, lastOrders)
	scans = after.find("orders")
	require.Len(t, scans, 1)
	require.Equal(t, "Index Scan", scans[0].NodeType)
	require.Equal(t, "orders_placed_at", scans[0].IndexName)
	require.Less(t, after.HitBlocks+after.ReadBlocks, 50)
	require.Less(t, after.TotalCost, before.TotalCost/10)
	t.Logf("cost %.0f, %d pages, %.2f ms; with the index cost %.0f, %d pages, %.2f ms", before.TotalCost, before.HitBlocks+before.ReadBlocks, before.ActualTime,
		after.TotalCost, after.HitBlocks+after.ReadBlocks, after.ActualTime)
	require.JSONEq(t, rows, string(olga.Get(lastOrders).Status(200).Body))

	olga.Post("/rpc/unindex_orders", `{}`).Status(204)
	require.Equal(t, "Seq Scan", planOf(t, olga, lastOrders).find("orders")[0].NodeType)
}

// Plans are for operators alone, and what is measured for one is rolled back.
func TestCosts_plans(t *testing.T) {
	t.Parallel()
	shop := open(t)
	for _, accept := range []string{planType, planType + "+json", planType + "; options=analyze|buffers"} {
		for _, client := range []*pgresttest.Client{shop.nobody, shop.login(t, "ALICE")} {
			client.With("Accept", accept).Get("/products").Status(406).Error("PGRST107")
			client.With("Accept", accept).Post("/rpc/place_order", order(1, 1)).Status(406).Error("PGRST107")
			client.With("Accept", accept+", application/json").Get("/products?select=id&id=eq.1").Status(200).JSON(`[{"id": 1}]`)
		}
	}
	olga := shop.login(t, "OLGA").With("Accept", planType+"; options=analyze|buffers")
	require.Contains(t, string(olga.Get("/products").Status(200).Body), "actual time=")
	require.Contains(t, string(olga.Delete("/articles?id=gt.0").Status(200).Body), "Delete on articles")
	require.Contains(t, string(olga.Patch("/products?id=eq.1", `{"stock": 0}`).Status(200).Body), "Update on products")
	require.Contains(t, string(olga.Post("/products", `{"name": "x", "category": "grinders", "price": 1, "attributes": {"burrs": "steel"}}`).Status(200).Body), "Insert on products")
	require.Contains(t, string(olga.Post("/rpc/index_orders", `{}`).Status(200).Body), "actual time=")
	require.Equal(t, "2 40 11", shop.one(t, `SELECT concat_ws(' ', (SELECT count(*) FROM api.articles), (SELECT stock FROM api.products WHERE id = 1), (SELECT count(*) FROM api.products))`))
	require.Equal(t, "true", shop.one(t, `SELECT to_regclass('api.orders_placed_at') IS NULL`))
}

// The statements that take the most time are there if the server counts them, for operators.
func TestCosts_top_queries(t *testing.T) {
	t.Parallel()
	shop := open(t)
	olga := shop.login(t, "OLGA")
	if !strings.Contains(shop.one(t, `SELECT current_setting('shared_preload_libraries')`), "pg_stat_statements") {
		olga.Get("/top_queries").Status(404).Error("PGRST205")
		return
	}
	shop.nobody.Get("/top_queries").Status(401).Error("42501")
	shop.login(t, "ALICE").Get("/top_queries").Status(403).Error("42501")
	for range 3 {
		olga.Get(lastOrders).Status(200)
	}
	shop.exec(t, `CREATE ROLE shop_test_seen PASSWORD 'for nobody to see'`)
	shop.exec(t, `DROP ROLE shop_test_seen`)
	shop.exec(t, `SELECT private.add_customer('Eve', 'eve@example.com', 'eve likes none of it', 0)`)
	require.Equal(t, "true", shop.one(t, `SELECT count(*) > 0 FROM private.pg_stat_statements WHERE query LIKE '%for nobody to see%'`))
	var top []struct {
		Query       string
		Calls, Rows int
		Total       json.Number `json:"total_ms"`
		Mean        json.Number `json:"mean_ms"`
	}
	olga.Get(`/top_queries?query=like.*%22placed_at%22%20DESC*`).Status(200).Decode(&top)
	require.Len(t, top, 1)
	require.GreaterOrEqual(t, top[0].Calls, 3)
	require.Equal(t, 10*top[0].Calls, top[0].Rows)
	total, err := strconv.ParseFloat(string(top[0].Total), 64)
	require.NoError(t, err)
	require.Positive(t, total)
	all := string(olga.Get("/top_queries?select=query").Status(200).Body)
	require.NotContains(t, all, "insufficient privilege")
	require.NotContains(t, all, "for nobody to see")
	require.Contains(t, all, "private.add_customer($1")
	require.NotContains(t, all, "eve likes none of it")
}

// PostgreSQL 18 computes the price with tax when it is read. It is filtered and ordered by, and
// its index is one of the expression. Older servers have no such column.
func TestGenerated(t *testing.T) {
	t.Parallel()
	shop := open(t)
	version, err := strconv.Atoi(shop.one(t, `SELECT current_setting('server_version_num')`))
	require.NoError(t, err)
	if version < 180000 {
		shop.nobody.Get("/products?select=price_with_tax").Status(400).Error("42703")
		return
	}
	shop.nobody.Get("/products?select=name,price_with_tax&price_with_tax=gt.50&order=price_with_tax.desc").Status(200).
		JSON(`[{"name": "Electric grinder", "price_with_tax": 177.31}, {"name": "Hand grinder", "price_with_tax": 70.21}]`)
	shop.nobody.Get("/products?select=price_with_tax&order=price_with_tax&limit=1").JSON(`[{"price_with_tax": 10.59}]`)
	olga := shop.login(t, "OLGA")
	olga.Patch("/products?id=eq.1", `{"price_with_tax": 1}`).Status(400).Error("428C9")
	olga.With("Prefer", "return=representation").Patch("/products?id=eq.1&select=price_with_tax", `{"price": 100}`).Status(200).JSON(`[{"price_with_tax": 119.00}]`)

	// With enough products the index is worth it.
	shop.exec(t, `INSERT INTO api.products (name, category, price, attributes)
		SELECT 'Grinder ' || n, 'grinders', n, '{"burrs": "steel"}' FROM generate_series(1, 5000) AS n`)
	shop.exec(t, `ANALYZE api.products`)
	scan := planOf(t, olga, "/products?price_with_tax=eq.1190").find("products")
	require.Len(t, scan, 1)
	require.Contains(t, scan[0].NodeType+" "+scan[0].IndexName+" "+indexBelow(scan[0]), "products_price_with_tax")
}

// indexBelow is the index that a bitmap scan uses.
func indexBelow(n node) string {
	if len(n.Plans) == 0 {
		return n.IndexName
	}
	return indexBelow(n.Plans[0])
}
