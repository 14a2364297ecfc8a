package pgrest

import (
	"errors"
	"net/http"

	"github.com/pgrest-go/pgrest/auth"
)

// authenticator is the host's, or that of bearer tokens with its verifier.
func (o Options) authenticator() (func(*http.Request) (auth.Identity, error), *auth.Verifier, error) {
	if o.Authenticate != nil {
		if o.AnonRole != "" {
			o.Logger.Warn("AnonRole has no effect beside Authenticate, which says who is anonymous", "role", o.AnonRole)
		}
		return o.identity, nil, nil
	}
	verifier, err := auth.NewVerifier(auth.VerifierConfig{
		Secret: o.JWTSecret, KeySetURL: o.JWTKeySetURL, RoleClaimKey: o.JWTRoleClaimKey, AnonRole: o.AnonRole,
		Audience: o.JWTAudience, CacheMaxEntries: o.JWTCacheMaxEntries, Logger: o.Logger,
	})
	if err != nil {
		return nil, nil, err
	}
	if key := o.JWTRoleClaimKey; key != "" && key[0] != '$' {
		o.Logger.Warn("JWTRoleClaimKey is in the deprecated form; write it as a JSON Path, which begins with $", "key", key)
	}
	return func(r *http.Request) (auth.Identity, error) {
		return verifier.Authenticate(r.Context(), r.Header.Get("Authorization"))
	}, verifier, nil
}

// identity is what the host says of a request, if one can be that. No token would make
// it another.
func (o Options) identity(r *http.Request) (auth.Identity, error) {
	id, err := o.Authenticate(r)
	if err != nil {
		return id, err
	}
	var refused *auth.Error
	if errors.As(id.Check(), &refused) {
		refused.Challenge = ""
		return id, refused
	}
	return id, nil
}
