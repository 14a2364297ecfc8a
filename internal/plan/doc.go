// Package plan resolves the shape of a request against the schema cache: every name that
// is the API's to know gets its relation, column or function, and what can't be served is
// refused. Planning is pure, and sees no values.
//
//	p, err := plan.New(cache, plan.Config{}).Build(&req.Shape)
//	if read, ok := p.(*plan.Read); ok {
//		fmt.Println(read.Root.Table.Name, len(read.Root.Columns))
//	}
//
// # Words
//
// Throughout the project a word stands for one thing:
//
//   - A relation is a table, a view, or what stands for one in the schema cache; a routine is
//     a function; a resource is either, or the API's root. An operation is what a method does
//     to a kind of resource.
//   - The shape of a request is all of it that decides over SQL, and its values are the rest:
//     texts that are compared, written and passed, and the numbers of pages. A member is the
//     value of one column in a body that is a single object without others in it.
//   - An argument of a statement is a constant, or a slot, which is bound to the values of a
//     request when the statement runs.
//   - A plan is what to do, with all names resolved. Those that run in the database have an
//     answer: the rows that the client gets, and in which form.
//   - A node is a relation to read, and an embed is a node within the rows of another; a tree
//     of them is a read. A node has columns, which it shows, fields, which predicates and
//     order terms are about, and a window, which is the limit and the offset. Whatever is
//     embedded in a row is present in it, or else absent.
//   - A program is the statements of a plan. Its yield is what the main one of them gives.
//   - The count of rows is what PostgreSQL has counted, and the estimate is what its planner
//     expects; the total is the number of all rows that the client is told, made of both.
//   - A session is as whom and how a transaction runs, and a result is what came of a
//     program in it. The expectation is what a result has to satisfy.
//   - Overrides are the status and headers that the database has chosen for a response.
//   - A response is what is written to the client; its kind says what is in it. An explanation
//     is an execution plan in place of the rows. A spool is where a response waits.
package plan
