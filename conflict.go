package pgrest

import "fmt"

// conflicts refuses options of which one has no effect beside the other, so that nobody
// relies on it.
func (o Options) conflicts() error {
	for _, pair := range []struct {
		one, other string
		both       bool
		because    string
	}{
		{"Authenticate", "JWTSecret", o.Authenticate != nil && len(o.JWTSecret) > 0, noTokens},
		{"Authenticate", "JWTKeySetURL", o.Authenticate != nil && o.JWTKeySetURL != "", noTokens},
		{"Authenticate", "JWTAudience", o.Authenticate != nil && o.JWTAudience != "", noTokens},
		{"Authenticate", "JWTRoleClaimKey", o.Authenticate != nil && o.JWTRoleClaimKey != "", noTokens},
		{"Authenticate", "JWTCacheMaxEntries", o.Authenticate != nil && o.JWTCacheMaxEntries != 0, noTokens},
		{"DisableListener", "Listener", o.DisableListener && o.Listener != nil, "one is not to be used"},
		{"DisableListener", "OnConfigNotify", o.DisableListener && o.OnConfigNotify != nil, "nothing would call it"},
		{"OpenAPI", "RootSpec", o.OpenAPI == OpenAPIDisabled && o.RootSpec != "", "nothing is at the root when it is disabled"},
	} {
		if pair.both {
			return fmt.Errorf("%s and %s exclude each other: %s", pair.one, pair.other, pair.because)
		}
	}
	return nil
}

const noTokens = "beside Authenticate no bearer token is verified, but by itself, for which there is auth.NewVerifier"
