package pgrest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Idempotency has writes with an Idempotency-Key header take effect once, however often their
// client sends them: the first answer is kept in a table, in the write's own transaction, and
// sent again to whoever sends the same request with the same key. See
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.
//
// It is about POST, PATCH, PUT and DELETE, and of functions about calls of VOLATILE ones by
// POST. Whatever else ignores the header, as all of it does without a Schema.
//
// A key belongs to who sends it: the role, and the claims that Claims names. With another
// request it is refused (422). A request is another if its method, its URL, its body, or one of
// its headers Accept, Content-Type, Content-Profile, Prefer, Range, If-Match and If-None-Match
// differs. While a request with the key is under way, another one waits, and is refused with 409
// if that takes longer than Wait. Errors, and what Prefer: tx=rollback undoes, leave nothing
// behind, so that the key can be sent again.
//
// What is sent again is what the same identity was told before: Options.Decide is asked as
// ever, but grants, policies, Options.PreRequest and Options.Hooks have no part in it.
//
// The table has to be there, and the role that the pool logs in as has to have SELECT, INSERT,
// UPDATE and DELETE on it. Roles of clients need no privileges on it, and should have none:
//
//	CREATE TABLE private.idempotency_keys (
//	    identity bytea NOT NULL,
//	    key text NOT NULL,
//	    request bytea NOT NULL,
//	    status int,
//	    headers json,
//	    body bytea,
//	    expires timestamptz NOT NULL,
//	    PRIMARY KEY (identity, key)
//	);
//	CREATE INDEX ON private.idempotency_keys (expires);
//	GRANT USAGE ON SCHEMA private TO authenticator;
//	GRANT SELECT, INSERT, UPDATE, DELETE ON private.idempotency_keys TO authenticator;
//
// The first use of a key costs one round trip more than the request without it, and a replay is
// one. Keys that have expired are the host's to delete, every now and then:
//
//	DELETE FROM private.idempotency_keys WHERE expires < now();
type Idempotency struct {
	// Schema is the schema of the table, which must not be exposed. Empty switches all of it
	// off.
	Schema string
	// Table is the name of the table. Default: idempotency_keys.
	Table string
	// Retention is how long a key holds. Behind that it is as new. 0 means 24 hours.
	Retention time.Duration
	// Claims names the claims that, beside the role, tell whose a key is. Who has none of them
	// shares keys with all others of the role. nil means sub.
	Claims []string
	// Wait bounds how long a request waits for another one with its key. 0 means 5 seconds, and
	// a negative number that it hardly waits.
	Wait time.Duration
	// MaxBodyBytes bounds the bodies that are kept. A write whose answer would be larger is
	// refused (422), and nothing is written. 0 means 1 MiB.
	MaxBodyBytes int
	// Required, if not nil, reports that a request has to have the header, or be refused (400).
	// It is asked about each request that the header is for and that hasn't got it.
	Required func(r *Request) bool
}

// on reports whether keys are heeded.
func (i *Idempotency) on() bool { return i.Schema != "" }

// withDefaults gives a value to each field that has a default.
func (i Idempotency) withDefaults() Idempotency {
	if !i.on() {
		return i
	}
	i.Table = cmp.Or(i.Table, "idempotency_keys")
	i.Retention = cmp.Or(i.Retention, 24*time.Hour)
	i.Wait = cmp.Or(i.Wait, 5*time.Second)
	i.MaxBodyBytes = cmp.Or(i.MaxBodyBytes, 1<<20)
	if i.Claims = slices.Clone(i.Claims); i.Claims == nil {
		i.Claims = []string{"sub"}
	}
	return i
}

// validateIdempotency refuses what can't be.
func (o Options) validateIdempotency() error {
	i := o.Idempotency
	switch {
	case !i.on() && (i.Table != "" || i.Retention != 0 || i.Claims != nil || i.Wait != 0 || i.MaxBodyBytes != 0 || i.Required != nil):
		return errors.New("Idempotency has no effect without a Schema")
	case slices.Contains(o.Schemas, i.Schema):
		return fmt.Errorf("Idempotency.Schema is %s, which is exposed: its table isn't for clients", i.Schema)
	case i.Retention < 0:
		return fmt.Errorf("Idempotency.Retention is %s, and can't be negative", i.Retention)
	case i.MaxBodyBytes < 0:
		return fmt.Errorf("Idempotency.MaxBodyBytes is %d, and can't be negative", i.MaxBodyBytes)
	}
	return nil
}
