// Package apitest tests the API as its clients see it: requests to a handler over the
// film archive in internal/pgtest/fixture, and the responses that they get. It has
// nothing but tests.
//
// Exchanges are asked again in modes, in which the answers have to be the same: with
// another threshold or without prepared statements, behind PgBouncer, and under settings
// that the database, a role, a function or a pre-request function makes. A few of them run
// by default. All of them do, in a quarter of an hour or more, with
//
//	PGREST_TEST_MODES=all go test -timeout 2h ./internal/apitest
//
// and some, whose names have a part of those given, with PGREST_TEST_MODES=role/,pooler.
// What was compared is told at the end.
package apitest
