package auth

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// defaultCacheEntries is how many verified tokens are remembered by default.
const defaultCacheEntries = 1000

// JWTConfig configures a verifier of bearer tokens. The zero value of every
// field is its default.
type JWTConfig struct {
	// Secret is what tokens are verified with: the key of HMAC-SHA256 signatures,
	// 32 bytes or more, or the text of a JSON Web Key or a JSON Web Key Set. Without
	// one every token is answered with PGRST300.
	Secret []byte
	// AnonRole is the role of requests without a token, and of tokens that name no
	// role. Without one these are answered with PGRST302.
	AnonRole string
	// Audience must be among the audiences of a token that has any. Empty means
	// that every audience will do. One with a colon must be a URI.
	Audience string
	// CacheMaxEntries is how many verified tokens are remembered, so that their
	// signatures aren't computed again. 0 means 1000, and a negative number none.
	// The times in a token are held against the clock at every request all the same.
	CacheMaxEntries int
	// Now tells the time, which the claims exp, nbf and iat are held against. nil
	// means time.Now.
	Now func() time.Time
}

// JWT verifies bearer tokens. It is safe for concurrent use.
type JWT struct {
	keys     []key
	anonRole string
	audience string
	cache    *cache // nil when nothing is to be remembered
	now      func() time.Time
	noToken  Identity
}

// NewJWT returns a verifier, or an error when the secret is too short, looks
// like a JSON Web Key but can't be used as one, or the audience has a colon and
// is no URI.
func NewJWT(cfg JWTConfig) (*JWT, error) {
	keys, err := parseKeys(cfg.Secret)
	if err != nil {
		return nil, err
	}
	if strings.Contains(cfg.Audience, ":") {
		if u, err := url.Parse(cfg.Audience); err != nil || u.Scheme == "" {
			return nil, errors.New("jwt-aud should be a string or a valid URI")
		}
	}
	v := &JWT{
		keys:     keys,
		anonRole: cfg.AnonRole,
		audience: cfg.Audience,
		now:      cfg.Now,
		noToken:  newIdentity(cfg.AnonRole, nil, nil, true),
	}
	if v.now == nil {
		v.now = time.Now
	}
	switch {
	case cfg.CacheMaxEntries == 0:
		v.cache = newCache(defaultCacheEntries)
	case cfg.CacheMaxEntries > 0:
		v.cache = newCache(cfg.CacheMaxEntries)
	}
	return v, nil
}

// Authenticate says who sent authorization, the value of an Authorization
// header, or "" when there was none. The scheme is Bearer, in any case; with any
// other the request counts as one without a token. The error, if any, is an
// *Error.
func (v *JWT) Authenticate(authorization string) (Identity, error) {
	token, ok := bearerToken(authorization)
	if !ok {
		if v.anonRole == "" {
			return Identity{}, errTokenRequired()
		}
		return v.noToken, nil
	}
	c, err := v.verified(token)
	if err != nil {
		return Identity{}, err
	}
	if fault := c.fault(v.now()); fault != "" {
		return Identity{}, errClaims(fault, nil)
	}
	if c.nobody {
		return Identity{}, errTokenRequired()
	}
	return c.identity, nil
}

// verified returns the claims of a token whose signature is right. Only such
// tokens are remembered, so that no stranger can push them out.
func (v *JWT) verified(token string) (*claims, error) {
	if len(v.keys) == 0 {
		return nil, errNoSecret()
	}
	if v.cache != nil {
		if c, ok := v.cache.get(token); ok {
			return c, nil
		}
	}
	payload, err := verifyToken(v.keys, token)
	if err != nil {
		return nil, err
	}
	c, err := v.digest(payload)
	if err != nil {
		return nil, errClaims("Parsing claims failed", fmt.Errorf("parsing the token's payload: %w", err))
	}
	if v.cache != nil {
		v.cache.put(token, c)
	}
	return c, nil
}

// bearerToken takes the token out of an Authorization header. A header that
// says no more than "Bearer" has an empty one.
func bearerToken(authorization string) (token string, ok bool) {
	const space = " \t\n\v\f\r"
	scheme, rest := authorization, ""
	if i := strings.IndexAny(authorization, space); i >= 0 {
		scheme, rest = authorization[:i], authorization[i:]
	}
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimLeft(rest, space), true
}
