// Package payment has the shop's payments made by somebody else's server, without an order that
// waits for it, and without a customer who pays twice.
//
// # What there is to it
//
// An order is answered in milliseconds. Its transaction writes the payment, and asks for the call
// to the provider; the call is made later. That may fail at any point: the provider is slow, or
// down, or charges and breaks the connection off; the worker is killed before the call, during it,
// or after it. Three things make each payment come to one end all the same:
//
//   - What was asked for stays asked for until there is an answer: all calls are made at least once.
//   - All calls for a payment have the same Idempotency-Key, by which the provider charges once.
//   - An answer is taken in a transaction that locks the payment, and one that has come to its end
//     stays as it is. Answers, callbacks and late answers may come in any order, and twice.
//
// The rules are in SQL: migrations/00011_payments.sql draws the states. settle_payment tells
// answers from failures. A declined payment is an end, and gives back stock and credit in the
// transaction that says so. A failure is tried again, after pauses that double and vary by chance,
// or when the provider says. After the last attempt, or at an answer that trying again doesn't
// mend, the payment has failed: operators find it at /payments?state=eq.failed, with the last
// error, and POST /rpc/requeue_payment has it tried again, with the same key.
//
// # Three ways to make the call
//
// What Go does is carry calls and answers. Each way below passes the same test: a provider that
// takes three seconds, fails twice in three calls, tells of some charges twice, and is down for a
// while. The first two share all of the shop's SQL, for the outbox has the names and signatures
// of pg_net.
//
//	                      pg_net                     outbox and Worker           River
//	who makes the call    a process of PostgreSQL's  this program, any number    this program, any number
//	asked for by          net.http_post, in SQL      net.http_post, in SQL       a hook of the API, in Go
//	so that it works for  whoever writes SQL         whoever writes SQL          requests of this API alone (1)
//	needs                 the extension, preloaded   two tables                  River, and its tables
//	a call that is lost   after a crash, as its      never: the table is         never: the table is
//	                      tables are unlogged (2)    logged                      logged
//	a worker that dies    no worker: as above        its requests are another's  its jobs are rescued once
//	                                                 when their lease is over    RescueAfter has passed and
//	                                                                             another is leader (3)
//	pauses, attempts      by the shop's SQL          by the shop's SQL           pauses by River, the end by
//	                                                 the shop's SQL              the shop's SQL
//	wakes up by           a signal                   LISTEN, and a poll          LISTEN, and a poll
//	one database a server yes                        no                          no
//	what operators see    api.payments               api.payments                also River's UI
//
// (1) A payment that SQL asks for by another way gets its job from a sweep, within a minute.
//
// (2) A request that has been picked up, and has no answer half a minute after its time is over,
// counts as an attempt that failed.
//
// (3) The leader's lease is some fifteen seconds. The tests of this package, in which workers are
// killed, take three seconds by the outbox and some twenty by River.
//
// Without other jobs in the program, take the outbox: it is some 400 lines of Go beside SQL that is
// needed in any case. With River in the house, take River: its jobs have priorities, schedules, a
// UI and metrics. Take pg_net where the database's extensions are yours to choose: the calls go on
// while no program runs. Answers are still taken over, and payments sent again, by a Worker, which
// then makes no calls itself; or by whatever calls the same two functions on a schedule,
// settle_next_answer and send_due_payments.
//
// pg_net was tried at 0.20.4 on PostgreSQL 15. It needs shared_preload_libraries = 'pg_net', and
// pg_net.database_name = the shop's database: where both are so when the migration runs, it is
// used. It gives all roles the right to read its queue, which has the provider's API key in it;
// the migration takes that back. To tell its story, too, run the tests with SHOP_PG_NET_URL set to
// the URL of a new database that it works for.
//
// NOTIFY, by which workers wake up, has all transactions that notify commit one after the other.
// That is nothing to a shop, and something to know at thousands of orders a second: then leave it
// out of net.http_post, and have the workers poll.
package payment
