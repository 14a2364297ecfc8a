// Package auth says who makes a request, and what it takes to become that role
// in PostgreSQL.
//
// A verifier of bearer tokens turns an Authorization header into an Identity:
//
//	verifier, err := auth.NewVerifier(auth.VerifierConfig{Secret: secret, AnonRole: "web_anon"})
//	...
//	id, err := verifier.Authenticate(r.Context(), r.Header.Get("Authorization"))
//
// Settings then lists the transaction-local settings that make a transaction
// run as that identity, and Begin opens such a transaction for a host's own SQL.
// The package serves no requests and knows no schema, and an identity may as well
// be a literal, made from a host's own session.
package auth

import (
	"encoding/json"
	"strings"
)

// Identity is who makes a request. Its slices are shared between requests and
// must not be written to.
type Identity struct {
	// Role is the database role that the request's transaction runs as.
	Role string
	// Claims is a JSON object of what is known of the requester, as its token
	// spells it. Empty means that there are none, as without a token.
	Claims json.RawMessage
	// Anonymous tells that Role is the anonymous role, be it for want of a token
	// or because the token names that very role. A missing privilege then calls
	// for a token (401), where others are refused (403).
	Anonymous bool

	rendered *renderedClaims
}

// renderedClaims is what ClaimsJSON answers for one role and one set of claims,
// made once where an identity serves many requests.
type renderedClaims struct {
	role   string
	claims json.RawMessage
	text   string
}

// Check refuses an identity that nobody can become: one whose role is "none", in any
// case of its letters, or has no name. The error is an *Error.
func (id Identity) Check() error {
	if id.Role == "" || id.isNone() {
		return errNoRole(id.Role)
	}
	return nil
}

// isNone reports a role that PostgreSQL may take for the one that the connection logged
// in as, which may stand above every grant and policy. It takes "none" for it.
func (id Identity) isNone() bool { return strings.EqualFold(id.Role, "none") }

// ClaimsJSON returns what the setting request.jwt.claims holds: Claims with the
// member "role" set to Role. Claims that are no JSON object count as none.
func (id Identity) ClaimsJSON() []byte { return []byte(id.claimsText()) }

// claimsText is ClaimsJSON as settings have it, without a copy.
func (id Identity) claimsText() string {
	if r := id.rendered; r != nil && r.role == id.Role && sameSlice(r.claims, id.Claims) {
		return r.text
	}
	var members map[string]json.RawMessage
	if len(id.Claims) > 0 && json.Unmarshal(id.Claims, &members) != nil {
		members = nil
	}
	return renderClaims(members, id.Role)
}

// sameSlice tells that a and b are the same bytes in memory. An identity is a
// struct that hosts may copy and change, which what was rendered must not miss.
func sameSlice(a, b []byte) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}
