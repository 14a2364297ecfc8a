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

// leeway is by how much the clock of a token's issuer may differ from ours.
const leeway = 30 * time.Second

// claims are a verified token's claims, digested but for the time of day.
type claims struct {
	exp, nbf, iat numericDate
	// audienceFault says what is wrong with the audience. Empty means nothing.
	audienceFault string
	identity      Identity
	// nobody tells that neither the token nor the configuration names a role.
	nobody bool
}

// digest makes claims of a token's payload. The error tells that the payload is
// no JSON object.
func (v *Verifier) digest(payload []byte) (*claims, error) {
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
		role, c.nobody = v.anonRole, v.anonRole == ""
	}
	anonymous := v.anonRole != "" && role == v.anonRole
	c.identity = newIdentity(role, payload, members, anonymous)
	return c, nil
}

// fault says what is wrong with the claims at a time, or nothing. Of several
// faults it names the first, in the order that the protocol has them.
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

// numericDate is a claim that counts seconds since 1970.
type numericDate struct {
	seconds   int64
	present   bool
	malformed bool // it is there, but no number
}

// parseNumericDate takes fractions of a second off, and takes numbers that an
// int64 can't hold for the nearest that it can.
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

// audienceFault says what is wrong with the claim aud when want is the audience
// that the server is, or any if that is empty.
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
	// Pointers, since null would pass for an empty string.
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

// roleClaim returns the role that a token names. What isn't a string stands for
// its JSON text, so that it is a role that isn't there rather than the anonymous
// one.
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

// isNull tells that a claim is absent or null.
func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "null"
}

// newIdentity makes an identity with its claims rendered beforehand. members is
// what claims holds.
func newIdentity(role string, claims []byte, members map[string]json.RawMessage, anonymous bool) Identity {
	return Identity{
		Role:      role,
		Claims:    claims,
		Anonymous: anonymous,
		rendered:  &renderedClaims{role: role, claims: claims, text: renderClaims(members, role)},
	}
}

// renderClaims writes members as a JSON object with its names sorted, each value
// as it was spelled, and role for the member of that name. A number keeps all of
// its digits that way.
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
