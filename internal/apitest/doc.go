// Package apitest tests the API as its clients see it: requests to a handler over the
// film archive in internal/pgtest/fixture, and the responses that they get. It has
// nothing but tests.
package apitest
