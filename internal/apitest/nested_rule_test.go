package apitest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	driver "github.com/jackc/pgx/v5" // pgx is a constant of these tests
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Policies of rows within others see the rows around them, and all grants hold at each level: what
// is refused at one of them undoes all.
func TestNested_policies_and_grants(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), shop+`;
		ALTER TABLE archive.orders ENABLE ROW LEVEL SECURITY;
		ALTER TABLE archive.lines ENABLE ROW LEVEL SECURITY;
		CREATE POLICY own ON archive.orders TO pgrest_test_visitor USING (note <> 'hidden') WITH CHECK (note <> 'bad');
		CREATE POLICY of_own ON archive.lines TO pgrest_test_visitor WITH CHECK (EXISTS (SELECT FROM archive.orders o WHERE o.id = order_id AND o.note = 'open'));
		CREATE POLICY seen ON archive.lines FOR SELECT TO pgrest_test_visitor USING (true);
		GRANT SELECT (id, note), INSERT (note) ON archive.orders TO pgrest_test_visitor;
		GRANT SELECT (order_id, place), INSERT (order_id, place, sku) ON archive.lines TO pgrest_test_visitor;
		GRANT INSERT ON archive.line_notes TO pgrest_test_visitor;
		GRANT SELECT, INSERT ON archive.labels TO pgrest_test_visitor;
		GRANT USAGE ON ALL SEQUENCES IN SCHEMA archive TO pgrest_test_visitor`)
	require.NoError(t, err)
	api := open(t, db.Pool(t))
	before := count(t, db.Superuser(t), everything)
	inserted := 0
	for _, tt := range []struct {
		name, target, payload string
		status, rows          int
		message               string
	}{
		{"policy_that_reads_the_row_around", "/orders?select=note,lines(place)", `{"note": "open", "lines": [{"place": 1, "sku": "p"}, {"place": 2, "sku": "q"}]}`, 201, 3, ""},
		{"notes_that_can_not_be_read", "/orders?select=note", `{"note": "open", "lines": [{"place": 1, "sku": "p", "line_notes": [{"said": "hm"}]}]}`, 201, 2, ""},
		{"policy_of_a_level", "/orders", `[{"note": "open", "lines": [{"place": 1, "sku": "p"}]}, {"note": "closed", "lines": [{"place": 1, "sku": "p"}]}]`, 403, 0,
			`new row violates row-level security policy for table \"lines\"`},
		{"policy_of_the_first_level", "/orders", `{"note": "bad", "lines": [{"place": 1, "sku": "p"}]}`, 403, 0, `new row violates row-level security policy for table \"orders\"`},
		{"column_of_the_second_level", "/orders", `{"note": "open", "lines": [{"place": 1, "sku": "p", "amount": 1}]}`, 403, 0, "permission denied for table lines"},
		{"relation_of_the_second_level", "/orders", `{"note": "open", "customers!customer_id": {"name": "Ada"}}`, 403, 0, "permission denied for table customers"},
		{"junction", "/orders", `{"note": "open", "labels": [{"name": "x"}]}`, 403, 0, "permission denied for table order_labels"},
		{"column_of_the_first_level", "/orders", `{"total": 5, "lines": [{"place": 1, "sku": "p"}]}`, 403, 0, "permission denied for table orders"},
		{"column_that_is_shown", "/orders?select=total", `{"note": "open", "lines": [{"place": 1, "sku": "p"}]}`, 403, 0, "permission denied for table orders"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := write{target: tt.target, token: `{"role": "pgrest_test_visitor"}`, send: headers{"Content-Type": nestedType}, payload: tt.payload}
			if strings.Contains(tt.target, "select") {
				x.prefer = representation
			}
			response := answer(api, x.request(t))
			require.Equal(t, tt.status, response.Code, response.Body)
			require.Contains(t, response.Body.String(), tt.message)
			inserted += tt.rows
			require.Equal(t, before+inserted, count(t, db.Superuser(t), everything))
		})
	}
}

// The host decides about each level, and about junctions. Its conditions hold for the rows of each.
func TestNested_decided(t *testing.T) {
	t.Parallel()
	const body = `[{"note": "a", "customers!customer_id": {"name": "Ada"}, "lines": [{"place": 1, "sku": "p", "amount": 4}], "labels": [{"name": "x"}]},
		{"note": "b", "customers!customer_id": {"name": "Bo"}, "lines": [{"place": 1, "sku": "p", "amount": 5}], "labels": [{"name": "y"}]}]`
	var used []pgrest.Use
	refused, filters := "", map[string]string{}
	api := serveClone(t, shop, rollingBack, func(o *pgrest.Options) {
		o.Decide = func(_ context.Context, u *pgrest.Use) (pgrest.Decision, error) {
			used = append(used, *u)
			if u.Name == refused {
				return pgrest.Decision{}, &pgrest.Error{Code: "NO", Message: "not " + u.Name, Status: http.StatusForbidden}
			}
			if u.Kind == pgrest.UseInsert {
				return pgrest.Decision{Filter: filters[u.Name], MaxRows: 1}, nil
			}
			return pgrest.Decision{}, nil
		}
	})
	post := func(prefer string) *httptest.ResponseRecorder {
		used = nil
		return answer(api, write{target: "/orders?select=note", prefer: prefer, send: headers{"Content-Type": nestedType}, payload: body}.request(t))
	}
	for _, prefer := range []string{"return=minimal", "return=headers-only", representation} {
		response := post(prefer)
		require.Equal(t, http.StatusCreated, response.Code, response.Body)
		type use struct {
			kind          pgrest.UseKind
			name, path    string
			reads, writes string
		}
		var got []use
		for _, u := range used {
			got = append(got, use{u.Kind, u.Name, strings.Join(u.Path, "."), strings.Join(u.Reads, ","), strings.Join(u.Writes, ",")})
		}
		reads := "id"
		if prefer == representation {
			reads = "id,note"
		}
		require.Equal(t, []use{
			{pgrest.UseInsert, "orders", "", reads, "note,customer_id"},
			{pgrest.UseInsert, "customers", "customers!customer_id", "id", "name"},
			{pgrest.UseInsert, "labels", "labels", "id", "name"},
			{pgrest.UseInsert, "order_labels", "labels", "", "order_id,label_id"},
			{pgrest.UseInsert, "lines", "lines", "", "amount,place,sku,order_id"},
		}, got)
	}
	for _, name := range []string{"orders", "customers", "lines", "labels", "order_labels"} {
		refused = name
		require.Equal(t, `{"code":"NO","details":null,"hint":null,"message":"not `+name+`"}`, post("").Body.String())
	}
	refused = ""
	for name, tt := range map[string][2]string{"orders": {"note=in.(a,b)", "note=eq.a"}, "customers": {"name=neq.Cy", "name=eq.Ada"}, "lines": {"amount=lt.9", "amount=lt.5"},
		"labels": {"name=gt.a", "name=gt.x"}, "order_labels": {"order_id=gt.0", "order_id=lt.0"}} {
		for _, prefer := range []string{"return=minimal", "return=headers-only", representation} {
			filters = map[string]string{name: tt[0]}
			response := post(prefer)
			require.Equal(t, http.StatusCreated, response.Code, "%s %s", name, response.Body)
			filters = map[string]string{name: tt[1]}
			response = post(prefer)
			require.Equal(t, http.StatusForbidden, response.Code, "%s %s", name, response.Body)
			require.Contains(t, response.Body.String(), "new row violates a condition of the API")
		}
	}
}

// Hooks take part in the insert of rows with others within them as in any other: their rows are
// those of the relation itself, as they are when all are there.
func TestNested_hooks(t *testing.T) {
	t.Parallel()
	var before, after int
	var done *pgrest.Outcome
	api := serveClone(t, shop, rollingBack, func(o *pgrest.Options) {
		o.Hooks = []pgrest.Hook{{
			Rows:   true,
			Before: func(context.Context, driver.Tx, *pgrest.Request) error { before++; return nil },
			After: func(ctx context.Context, tx driver.Tx, r *pgrest.Request, o *pgrest.Outcome) error {
				done = o
				after++
				if r.Header.Get("X-Fail") != "" {
					return errors.New("no")
				}
				var lines int
				return errors.Join(tx.QueryRow(ctx, "SELECT count(*) FROM archive.lines").Scan(&lines), map[bool]error{true: errors.New("no lines")}[lines != 3])
			},
		}}
	})
	const body = `[{"note": "a", "lines": [{"place": 1, "sku": "p", "amount": 2}, {"place": 2, "sku": "p", "amount": 3}]}, {"note": "b", "lines": [{"place": 1, "sku": "q", "amount": 7}]}]`
	for _, prefer := range []string{"return=minimal", "return=headers-only", representation} {
		w := write{target: "/orders?select=note,lines(place)", prefer: prefer, send: headers{"Content-Type": nestedType}, payload: body}
		response := answer(api, w.request(t))
		require.Equal(t, http.StatusCreated, response.Code, response.Body)
		require.Equal(t, [2]int64{2, 2}, [2]int64{done.RowsAffected, done.RowsInserted})
		require.Len(t, done.Rows, 2)
		for i, want := range []string{`"total":5`, `"total":7`} {
			require.Contains(t, string(done.Rows[i].New), want, "as the trigger of the lines has left it")
			require.Nil(t, done.Rows[i].Old)
		}
		w.send["X-Fail"] = "yes"
		require.Equal(t, http.StatusInternalServerError, answer(api, w.request(t)).Code)
	}
	require.Equal(t, [2]int{6, 6}, [2]int{before, after})
}

// Rows are answered with as those of a plain insert are.
func TestNested_answers(t *testing.T) {
	t.Parallel()
	const one, two = `{"sku": "a", "lines": [{"place": 1, "orders": {"note": "x"}}]}`, `[{"sku": "b", "price": 2, "lines": []}, {"sku": "a", "price": 1, "lines": [{"place": 1, "orders": {}}]}]`
	location := "/products?sku=eq.a"
	runInTurn(t, serveClone(t, shop, rollingBack), nest(
		write{name: "location", target: "/products", prefer: "return=headers-only", payload: one, want: headers{"Location": location, "Content-Range": "*/*"}},
		write{name: "location_of_many", target: "/products", prefer: "return=headers-only", payload: two},
		write{name: "object", target: "/products?select=sku,lines(place,orders(note))", prefer: representation, send: acceptOne, payload: one, want: oneObject,
			body: `{"sku": "a", "lines": [{"place": 1, "orders": {"note": "x"}}]}`},
		write{name: "not_one", target: "/products", prefer: representation, send: acceptOne, payload: two}.fails(http.StatusNotAcceptable,
			fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 2 rows", "")),
		write{name: "in_the_bodys_order", target: "/products?select=sku", prefer: representation, payload: two, body: `[{"sku": "b"}, {"sku": "a"}]`},
		write{name: "ordered", target: "/products?select=sku&order=sku", prefer: representation, payload: two, body: `[{"sku": "a"}, {"sku": "b"}]`},
		write{name: "CSV", target: "/products?select=sku,price", prefer: representation, send: headers{"Accept": "text/csv"}, payload: two,
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "sku,price\nb,2.00\na,1.00"},
		write{name: "counted", target: "/products?select=sku", prefer: representation + ", count=exact", payload: two, want: headers{"Content-Range": "*/2"}, body: `[{"sku": "b"}, {"sku": "a"}]`},
		write{name: "everything", target: "/products", prefer: representation, payload: one, body: `[{"sku": "a", "price": null}]`},
		write{name: "filtered_embed", target: "/products?select=sku,lines!inner(place)&lines.place=gt.1", prefer: representation, payload: one, body: `[]`},
		write{name: "spread", target: "/products?select=sku,...lines(place)", prefer: representation, payload: one, body: `[{"sku": "a", "place": [1]}]`},
	)...)
	// Of a batch, such an insert is one request of several. It can use what others were answered with.
	api := serveClone(t, shop, rollingBack)
	batch := `[{"name": "o", "method": "POST", "path": "/orders?select=id", "headers": {"Content-Type": "` + nestedType + `", "Prefer": "return=representation"},
			"body": [{"note": "x", "lines": [{"place": 1, "sku": "p"}]}]},
		{"method": "POST", "path": "/products?select=sku,lines(place,order_id)", "headers": {"Content-Type": "` + nestedType + `", "Prefer": "return=representation"},
			"body": {"sku": "new", "lines": [{"order_id": {"$ref": "o/0/id"}, "place": 2}, {"order_id": {"$ref": "o/0/id"}, "place": 3}]}},
		{"method": "GET", "path": "/lines?select=place,sku&order_id=eq.{o/0/id}&order=place"}]`
	response := answer(api, write{target: "/", send: headers{"Content-Type": batchType}, payload: batch}.request(t))
	require.Equal(t, http.StatusOK, response.Code, response.Body)
	var items []struct {
		Status int
		Body   json.RawMessage
	}
	require.NoError(t, json.Unmarshal(response.Body.Bytes(), &items))
	require.Equal(t, 201, items[0].Status)
	require.Equal(t, 201, items[1].Status)
	require.JSONEq(t, `[{"place": 1, "sku": "p"}, {"place": 2, "sku": "new"}, {"place": 3, "sku": "new"}]`, string(items[2].Body))
	batch = strings.Replace(batch, `"place": 3`, `"place": null`, 1)
	response = answer(api, write{target: "/", send: headers{"Content-Type": batchType}, payload: batch}.request(t))
	require.Equal(t, http.StatusBadRequest, response.Code, response.Body)
	require.Contains(t, response.Body.String(), `"details":{"index":1,"details":{"pointer":"/lines/1","details":"Failing row contains`)
}

// nestedOrders is a body of orders with lines.
func nestedOrders(orders, lines int) string {
	var b strings.Builder
	for i := range orders {
		fmt.Fprintf(&b, `%c{"note": "%d", "lines": [`, "[,"[min(i, 1)], i)
		for j := range lines {
			fmt.Fprintf(&b, `%c{"place": %d, "sku": "p", "amount": %d}`, " ,"[min(j, 1)], j, i+1)
		}
		b.WriteString("]}")
	}
	return b.String() + "]"
}

// A thousand rows with ten in each take as many statements as one with ten, in one round trip.
func TestNested_statements(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		prefer            string
		statements, trips int
		more              headers
	}{
		{"return=minimal", 2, 1, nil}, {"return=headers-only", 3, 1, nil}, {representation, 3, 1, nil}, {representation, 4, 2, acceptOne}, // BEGIN is among them
	} {
		var wire traffic
		db := pgtest.Clone(t)
		_, err := db.Superuser(t).Exec(t.Context(), shop)
		require.NoError(t, err)
		api := open(t, db.Pool(t, pgtest.MaxConns(1), wire.through))
		send := headers{"Content-Type": nestedType}
		for name, value := range tt.more {
			send[name] = value
		}
		plain := write{target: "/orders", payload: `{}`}
		executed := func(x write) (executes, ready int) {
			response := answer(api, x.request(t))
			require.Equal(t, http.StatusCreated, response.Code, response.Body)
			_, _, ready, sent := wire.count()
			return strings.Count(sent, "E"), ready
		}
		executed(plain)
		around, _ := executed(plain)
		for _, size := range [][2]int{{1, 10}, {1000, 10}, {1, 1}} {
			if tt.more != nil && size[0] > 1 {
				continue
			}
			got, ready := executed(write{target: "/orders?select=note,total,lines(place)", prefer: tt.prefer, send: send, payload: nestedOrders(size[0], size[1])})
			require.Equal(t, tt.statements, got-around+1, "of %v with %s", size, tt.prefer)
			require.Equal(t, tt.trips, ready)
		}
	}
}

// Each of a thousand rows has its own ten within it, in whatever order anything is done.
func TestNested_many(t *testing.T) {
	t.Parallel()
	api := serveClone(t, shop, rollingBack)
	w := write{target: "/orders?select=note,total,lines(place,amount)&lines.order=place", prefer: representation, send: headers{"Content-Type": nestedType}, payload: nestedOrders(1000, 10)}
	response := answer(api, w.request(t))
	require.Equal(t, http.StatusCreated, response.Code, response.Body)
	var orders []struct {
		Note  string
		Total int
		Lines []struct{ Place, Amount int }
	}
	require.NoError(t, json.Unmarshal(response.Body.Bytes(), &orders))
	require.Len(t, orders, 1000)
	for i, o := range orders {
		require.Equal(t, fmt.Sprint(i), o.Note)
		require.Equal(t, 10*(i+1), o.Total)
		require.Len(t, o.Lines, 10)
		for j, l := range o.Lines {
			require.Equal(t, [2]int{j, i + 1}, [2]int{l.Place, l.Amount})
		}
	}
}

// Clients that insert at the same time don't come into each other's way.
func TestNested_concurrent(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), shop)
	require.NoError(t, err)
	api := open(t, db.Pool(t))
	var all sync.WaitGroup
	failures := make([]string, 20)
	for client := range failures {
		all.Go(func() {
			body := fmt.Sprintf(`[{"note": "%d a", "customers!customer_id": {"name": "%d"}, "lines": [{"place": 1, "sku": "p", "amount": %d}]},
				{"note": "%d b", "lines": [{"place": 1, "sku": "p", "amount": %d}, {"place": 2, "sku": "q", "amount": 1}]}]`, client, client/2, client+1, client, client+1)
			w := write{target: "/orders?select=note,total", prefer: representation, send: headers{"Content-Type": nestedType}, payload: body}
			response := answer(api, w.request(t))
			want := fmt.Sprintf(`[{"note":"%d a","total":%d},{"note":"%d b","total":%d}]`, client, client+1, client, client+2)
			// Two want the same name: one of them gets it, and the other nothing at all.
			if got := compact(response.Body.String()); got != want && response.Code != http.StatusConflict {
				failures[client] = got
			}
		})
	}
	all.Wait()
	require.Empty(t, slices.DeleteFunc(failures, func(f string) bool { return f == "" }))
	super := db.Superuser(t)
	require.Equal(t, 10, count(t, super, `SELECT count(*) FROM archive.customers`))
	require.Equal(t, 20, count(t, super, `SELECT count(*) FROM archive.orders`))
	require.Equal(t, 30, count(t, super, `SELECT count(*) FROM archive.lines`))
	require.Zero(t, count(t, super, `SELECT count(*) FROM archive.orders o WHERE total <> (SELECT sum(amount) FROM archive.lines WHERE order_id = o.id)`))
}

// An idempotency key has such an insert take effect once; another body with it is refused.
func TestNested_idempotency_key(t *testing.T) {
	t.Parallel()
	api, super := keyedAPI(t, pgrest.Idempotency{}, func(o *pgrest.Options) { o.TxEnd = pgrest.TxCommit })
	_, err := super.Exec(t.Context(), shop)
	require.NoError(t, err)
	require.NoError(t, api.Reload(t.Context()))
	post := func(body string) *httptest.ResponseRecorder {
		w := write{target: "/orders?select=id,lines(place)", prefer: representation, send: withKey("a", headers{"Content-Type": nestedType}), payload: body}
		return answer(api, w.request(t))
	}
	first := post(`{"lines": [{"place": 1, "sku": "p"}]}`)
	require.Equal(t, http.StatusCreated, first.Code, first.Body)
	require.Equal(t, first.Body.String(), post(`{"lines": [{"place": 1, "sku": "p"}]}`).Body.String())
	require.Equal(t, http.StatusUnprocessableEntity, post(`{"lines": [{"place": 2, "sku": "p"}]}`).Code)
	require.Equal(t, 1, count(t, super, `SELECT count(*) FROM archive.lines`))
}

// In a transaction of the host's, it is a part of that.
func TestNested_within(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	super := db.Superuser(t)
	_, err := super.Exec(t.Context(), shop)
	require.NoError(t, err)
	in, tx := within(t, open(t, db.Pool(t)), super)
	for i := range 2 {
		w := write{target: "/orders?select=lines(place)", prefer: representation, send: headers{"Content-Type": nestedType}, payload: fmt.Sprintf(`{"lines": [{"place": %d, "sku": "p"}]}`, i)}
		response := answer(in, w.request(t))
		require.Equal(t, http.StatusCreated, response.Code, response.Body)
		require.JSONEq(t, fmt.Sprintf(`[{"lines": [{"place": %d}]}]`, i), response.Body.String())
		w.payload = `{"lines": [{"place": 1, "sku": "z"}]}`
		require.Equal(t, http.StatusConflict, answer(in, w.request(t)).Code)
	}
	require.Equal(t, "2", valueOf(t, tx, "SELECT count(*)::text FROM archive.lines"))
	require.Zero(t, count(t, super, "SELECT count(*) FROM archive.lines"))
}
