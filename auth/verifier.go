package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// defaultCacheEntries is how many verified tokens are remembered by default.
const defaultCacheEntries = 1000

// VerifierConfig configures a verifier of bearer tokens. The zero value of every
// field is its default.
type VerifierConfig struct {
	// Secret is what tokens are verified with: the key of HMAC-SHA256 signatures,
	// 32 bytes or more, or the text of a JSON Web Key or a JSON Web Key Set. The kind
	// of a JSON Web Key, and its "alg" if it has one, say which signatures it verifies:
	// HS256, 384 and 512; RS and PS with the same; ES with the one of its curve; EdDSA.
	// Without a secret, or a KeySetURL, every token is answered with PGRST300.
	Secret []byte
	// KeySetURL is where a JSON Web Key Set is fetched from, whose public keys verify
	// tokens beside Secret: an https URL, or an http one of this machine. NewVerifier
	// doesn't wait for the first fetch; tokens do, for 5 seconds at most. The set is
	// fetched again every 10 minutes, and at once for a token that no key suits, if
	// that was 10 seconds ago or more. A set stays in use while the next can't be had;
	// without any a token is answered with PGRST300 and status 503.
	KeySetURL string
	// RoleClaimKey is where a token names its role: a JSON Path of RFC 9535 such as
	// $.app.roles[0] or $.roles[?search(@, '^app_')], of whose matches the first
	// counts, or the older form, such as .app.roles[0] and .roles[?(@ ^== "app_")].
	// Empty means $.role.
	RoleClaimKey string
	// AnonRole is the role of requests without a token, and of tokens that name no
	// role. Without one these are answered with PGRST302.
	AnonRole string
	// Audience must be among the audiences of a token that has any. Empty means
	// that any audience will do. One with a colon must be a URI.
	Audience string
	// CacheMaxEntries is how many verified tokens are remembered, so that their
	// signatures aren't verified again. 0 means 1000, and a negative number none.
	// The times in a token are compared with the clock at every request all the same.
	CacheMaxEntries int
	// Now tells the time that the claims exp, nbf and iat are compared with. nil means
	// time.Now.
	Now func() time.Time
	// Logger is told when KeySetURL can't be fetched. nil means slog.Default().
	Logger *slog.Logger
}

// Verifier finds out who makes a request by verifying its bearer token, a JSON Web Token.
// It is safe for concurrent use.
type Verifier struct {
	secret   []key
	ring     atomic.Pointer[keyRing]
	keySet   *keySet // nil without a URL
	rolePath rolePath
	anonRole string
	audience string
	cache    *cache // nil if no tokens are to be remembered
	now      func() time.Time
	noToken  Identity
}

// keyRing is the keys at one time: those of the secret, and those last fetched.
type keyRing struct {
	keys       []key
	generation uint64 // the number of rings before this one
}

// NewVerifier returns a verifier, or an error when the secret is too short or looks
// like a JSON Web Key but can't be used as one, when the audience has a colon and
// is no URI, when RoleClaimKey can't be parsed, or when KeySetURL is no https URL.
// With a KeySetURL the verifier has to be closed.
func NewVerifier(cfg VerifierConfig) (*Verifier, error) {
	secret, err := parseKeys(cfg.Secret)
	if err != nil {
		return nil, err
	}
	path, err := parseRolePath(cfg.RoleClaimKey)
	if err != nil {
		return nil, err
	}
	if strings.Contains(cfg.Audience, ":") && !isURI(cfg.Audience) {
		return nil, errors.New("jwt-aud should be a string or a valid URI")
	}
	v := &Verifier{
		secret:   secret,
		rolePath: path,
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
	v.ring.Store(&keyRing{keys: secret})
	if cfg.KeySetURL != "" {
		v.keySet, err = newKeySet(cfg.KeySetURL, v.replaceKeys, cmp.Or(cfg.Logger, slog.Default()))
		if err != nil {
			return nil, err
		}
	}
	return v, nil
}

// uriText matches the characters that RFC 3986 allows in a URI.
var uriText = regexp.MustCompile(`^([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$`)

func isURI(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && uriText.MatchString(text)
}

// Close ends the fetching of KeySetURL. Without one there is nothing to close. A
// closed verifier goes on with the keys that it has.
func (v *Verifier) Close() {
	if v.keySet != nil {
		v.keySet.close()
	}
}

// replaceKeys makes a ring of the secret and the fetched keys, and forgets the tokens that
// earlier keys have verified. The key set calls it from one goroutine.
func (v *Verifier) replaceKeys(fetched []key) {
	ring := &keyRing{keys: slices.Concat(v.secret, fetched), generation: v.ring.Load().generation + 1}
	v.ring.Store(ring)
	if v.cache != nil {
		v.cache.reset(ring.generation)
	}
}

// Authenticate gives the identity of the request with that Authorization header, which is
// empty if there is none. The scheme is Bearer, in any case; a request with another scheme
// counts as one without a token. The error, if any, is an *Error. ctx bounds the wait for
// the keys of KeySetURL; without that, Authenticate doesn't wait.
func (v *Verifier) Authenticate(ctx context.Context, authorization string) (Identity, error) {
	token, ok := bearerToken(authorization)
	if !ok {
		if v.anonRole == "" {
			return Identity{}, errTokenRequired()
		}
		return v.noToken.checked()
	}
	c, err := v.verify(ctx, token)
	if err != nil {
		return Identity{}, err
	}
	if fault := c.fault(v.now()); fault != "" {
		return Identity{}, errClaims(fault, nil)
	}
	if c.noRole {
		return Identity{}, errTokenRequired()
	}
	return c.identity.checked()
}

// checked gives the identity, unless its role is "none".
func (id Identity) checked() (Identity, error) {
	if id.isNone() {
		return Identity{}, errNoRole(id.Role)
	}
	return id, nil
}

// verify returns the claims of a token whose signature is right. If no key suits the token,
// it has the keys fetched again, since there may be a new one.
func (v *Verifier) verify(ctx context.Context, token string) (*claims, error) {
	ring := v.ring.Load()
	if len(ring.keys) == 0 && v.keySet == nil {
		return nil, errNoSecret()
	}
	c, err := v.verifyWith(ring, token)
	if err == nil || v.keySet == nil || err.Details != noSuitableKey {
		return c, asError(err)
	}
	fetchErr := v.keySet.refresh(ctx)
	if latest := v.ring.Load(); latest != ring {
		c, err = v.verifyWith(latest, token)
		return c, asError(err)
	}
	if fetchErr != nil {
		return nil, errKeySet(fetchErr)
	}
	return nil, err
}

// asError keeps a nil *Error from becoming an error that isn't nil.
func asError(err *Error) error {
	if err == nil {
		return nil
	}
	return err
}

// verifyWith verifies a token with the keys of a ring. Only tokens whose signature is right
// are remembered, so that others can't evict them.
func (v *Verifier) verifyWith(ring *keyRing, token string) (*claims, *Error) {
	if v.cache != nil {
		if c, ok := v.cache.get(token); ok {
			return c, nil
		}
	}
	payload, refused := verifyToken(ring.keys, token)
	if refused != nil {
		return nil, refused
	}
	c, err := v.parseClaims(payload)
	if err != nil {
		return nil, errClaims("Parsing claims failed", fmt.Errorf("parsing the token's payload: %w", err))
	}
	if v.cache != nil {
		v.cache.put(token, c, ring.generation)
	}
	return c, nil
}

// bearerToken gives the token of an Authorization header. That of the header "Bearer" is
// empty.
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
