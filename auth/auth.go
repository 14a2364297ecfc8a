// Package auth finds out who makes a request, and has a transaction of PostgreSQL run as
// that role.
//
// A verifier of bearer tokens turns an Authorization header into an Identity:
//
//	verifier, err := auth.NewVerifier(auth.VerifierConfig{Secret: secret, AnonRole: "web_anon"})
//	...
//	id, err := verifier.Authenticate(r.Context(), r.Header.Get("Authorization"))
//
// Settings then lists the transaction-local settings that make a transaction
// run as that identity, and Begin opens such a transaction for a host's own SQL.
// The package serves no requests and knows no schema. A host that has sessions of its own
// makes an Identity of them and needs no verifier.
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
	// Claims is the JSON object of the token's claims, as the token spells it. It is empty
	// without a token.
	Claims json.RawMessage
	// Anonymous reports that Role is the anonymous role, since there is no token or
	// since the token names that role. A missing privilege is then answered with 401,
	// which asks for a token, and not with 403.
	Anonymous bool

	rendered *renderedClaims
}

// renderedClaims is the result of ClaimsJSON for one role and one set of claims. It is
// kept with an identity that serves many requests.
type renderedClaims struct {
	role   string
	claims json.RawMessage
	text   string
}

// Check returns an error if no transaction may run as the identity: its role is empty, or
// "none" in any case. The error is an *Error.
func (id Identity) Check() error {
	if id.Role == "" || id.isNone() {
		return errNoRole(id.Role)
	}
	return nil
}

// isNone reports the role "none", in any case. SET ROLE takes it for the role that the
// connection logged in as, which may be above every grant and policy.
func (id Identity) isNone() bool { return strings.EqualFold(id.Role, "none") }

// ClaimsJSON returns what the setting request.jwt.claims holds: Claims with the
// member "role" set to Role. Claims that are no JSON object count as none.
func (id Identity) ClaimsJSON() []byte { return []byte(id.claimsText()) }

// claimsText is ClaimsJSON as a string, without a copy.
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

// sameSlice reports whether a and b are the same bytes in memory. Hosts may copy an
// identity and change its claims; the rendered claims of the original don't count then.
func sameSlice(a, b []byte) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}
