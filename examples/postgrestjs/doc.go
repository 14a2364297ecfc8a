// Package postgrestjs has a program in JavaScript that uses postgrest-js, the client that
// Supabase made for PostgREST, with an API of ours: zoo.test.js. The API is that of
// zoo.sql; the test starts it.
package postgrestjs
