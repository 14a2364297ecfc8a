package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/pgrest-go/pgrest/internal/jsontext"
)

// leeway is how much the clock of a token's issuer may differ from ours.
const leeway = 30 * time.Second

// claims are a verified token's claims. All that doesn't depend on the time of a request
// is checked already.
type claims struct {
	exp, nbf, iat numericDate
	// audienceFault says what is wrong with the audience. Empty means nothing.
	audienceFault string
	identity      Identity
	// noRole reports that neither the token nor the configuration names a role.
	noRole bool
}

// parseClaims makes claims of a token's payload. It fails if the payload is no JSON object.
func (v *Verifier) parseClaims(payload []byte) (*claims, error) {
	if !utf8.Valid(payload) {
		return nil, errors.New("not UTF-8")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(payload, &members); err != nil {
		return nil, err
	}
	if members == nil {
		return nil, errors.New("null is no JSON object")
	}
	c := &claims{
		exp:           parseNumericDate(members["exp"]),
		nbf:           parseNumericDate(members["nbf"]),
		iat:           parseNumericDate(members["iat"]),
		audienceFault: audienceFault(members["aud"], v.audience),
	}
	role, ok := roleClaim(members)
	if v.rolePath != nil {
		var err error
		if role, ok, err = roleAt(v.rolePath, payload); err != nil {
			return nil, err
		}
	}
	if !ok {
		role, c.noRole = v.anonRole, v.anonRole == ""
	}
	anonymous := v.anonRole != "" && role == v.anonRole
	c.identity = newIdentity(role, payload, members, anonymous)
	return c, nil
}

// fault says what is wrong with the claims at a time, and is empty if nothing is. Of
// several faults it gives the first in the protocol's order.
func (c *claims) fault(now time.Time) string {
	early, late := now.Add(-leeway).Unix(), now.Add(leeway).Unix()
	switch {
	case c.exp.malformed:
		return "The JWT 'exp' claim must be a number"
	case c.exp.present && c.exp.seconds < early:
		return "JWT expired"
	case c.nbf.malformed:
		return "The JWT 'nbf' claim must be a number"
	case c.nbf.present && c.nbf.seconds > late:
		return "JWT not yet valid"
	case c.iat.malformed:
		return "The JWT 'iat' claim must be a number"
	case c.iat.present && c.iat.seconds > late:
		return "JWT issued at future"
	}
	return c.audienceFault
}

// numericDate is a claim that is a time, in seconds since 1970 (RFC 7519, section 2).
type numericDate struct {
	seconds   int64
	present   bool
	malformed bool // it is there, but no number
}

// parseNumericDate reads a numeric date. It drops fractions of a second, and clamps numbers
// to the range of an int64.
func parseNumericDate(raw json.RawMessage) numericDate {
	if isNull(raw) {
		return numericDate{}
	}
	text := string(raw)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return numericDate{seconds: n, present: true}
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return numericDate{malformed: true}
	case f >= math.MaxInt64:
		return numericDate{seconds: math.MaxInt64, present: true}
	case f <= math.MinInt64:
		return numericDate{seconds: math.MinInt64, present: true}
	}
	return numericDate{seconds: int64(f), present: true}
}

// audienceFault says what is wrong with the claim aud, and is empty if nothing is. want is
// the server's audience; any audience will do if that is empty.
func audienceFault(raw json.RawMessage, want string) string {
	if isNull(raw) {
		return ""
	}
	audiences, ok := parseAudiences(raw)
	switch {
	case !ok:
		return "The JWT 'aud' claim must be a string or an array of strings"
	case len(audiences) == 0 || want == "" || slices.Contains(audiences, want):
		return ""
	}
	return "JWT not in audience"
}

func parseAudiences(raw json.RawMessage) (audiences []string, ok bool) {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, true
	}
	// Pointers tell null from an empty string.
	var several []*string
	if json.Unmarshal(raw, &several) != nil {
		return nil, false
	}
	for _, a := range several {
		if a == nil {
			return nil, false
		}
		audiences = append(audiences, *a)
	}
	return audiences, true
}

// roleClaim returns the role that a token names. A claim that isn't a string counts as its
// JSON text: the request then fails for want of such a role, and doesn't run as the
// anonymous one.
func roleClaim(members map[string]json.RawMessage) (role string, ok bool) {
	raw, ok := members["role"]
	if !ok {
		return "", false
	}
	if !isNull(raw) && json.Unmarshal(raw, &role) == nil {
		return role, true
	}
	var text bytes.Buffer
	if json.Compact(&text, raw) != nil {
		return string(raw), true
	}
	return text.String(), true
}

// isNull reports whether a claim is absent or null.
func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "null"
}

// newIdentity makes an identity whose claims are rendered already. members are the members
// of claims.
func newIdentity(role string, claims []byte, members map[string]json.RawMessage, anonymous bool) Identity {
	return Identity{
		Role:      role,
		Claims:    claims,
		Anonymous: anonymous,
		rendered:  &renderedClaims{role: role, claims: claims, text: renderClaims(members, role)},
	}
}

// renderClaims writes members as a JSON object, sorted by name, with role for the member
// of that name. Each value is spelled as in the token, so that numbers keep all of their
// digits.
func renderClaims(members map[string]json.RawMessage, role string) string {
	names := slices.AppendSeq(make([]string, 0, len(members)+1), maps.Keys(members))
	if _, ok := members["role"]; !ok {
		names = append(names, "role")
	}
	slices.Sort(names)
	b := []byte{'{'}
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = jsontext.AppendString(b, name)
		b = append(b, ':')
		if name == "role" {
			b = jsontext.AppendString(b, role)
		} else {
			b = append(b, members[name]...)
		}
	}
	return string(append(b, '}'))
}
