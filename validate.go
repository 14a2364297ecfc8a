package pgrest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pgrest-go/pgrest/openapi"
)

// complete gives the options with their defaults, or an error that says which of them is
// wrong.
func (o Options) complete() (Options, error) {
	if err := o.conflicts(); err != nil {
		return o, err
	}
	o = o.withDefaults()
	return o, o.validate()
}

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

// validate refuses options of values that they can't have.
func (o Options) validate() error {
	for _, schema := range o.Schemas {
		switch schema {
		case "":
			return errors.New("Schemas has an empty name")
		case "pg_catalog", "information_schema":
			return fmt.Errorf("Schemas can't expose %s", schema)
		}
	}
	switch {
	case o.BodyThreshold < 0:
		return fmt.Errorf("BodyThreshold is %d, and can't be negative", o.BodyThreshold)
	case o.AcquireTimeout < 0:
		return fmt.Errorf("AcquireTimeout is %s, and can't be negative", o.AcquireTimeout)
	case o.OpenAPI > OpenAPIDisabled:
		return fmt.Errorf("OpenAPI is %d, which is none of its values", o.OpenAPI)
	case o.TxEnd > TxRollbackAllowOverride:
		return fmt.Errorf("TxEnd is %d, which is none of its values", o.TxEnd)
	case o.SchemaList > SchemasHidden:
		return fmt.Errorf("SchemaList is %d, which is none of its values", o.SchemaList)
	case o.ErrorFormat > ErrorsAccepted:
		return fmt.Errorf("ErrorFormat is %d, which is none of its values", o.ErrorFormat)
	case o.Listener != nil && o.Listener.hears.Closed():
		return errors.New("Listener was closed")
	case o.BasePath != "" && o.BasePath[0] != '/':
		return fmt.Errorf("BasePath is %q, and has to begin with a slash", o.BasePath)
	}
	if o.OpenAPIServerURL != "" {
		if err := openapi.CheckServerURL(o.OpenAPIServerURL); err != nil {
			return fmt.Errorf("OpenAPIServerURL: %w", err)
		}
	}
	if o.PlansFor != nil && !o.Plans {
		return errors.New("PlansFor has no effect without Plans")
	}
	if err := o.validateAdditions(); err != nil {
		return err
	}
	if err := o.validateEncoders(); err != nil {
		return err
	}
	for i, hook := range o.Hooks {
		if hook.Before == nil && hook.After == nil && hook.AfterCommit == nil {
			return fmt.Errorf("Hooks[%d] has no function", i)
		}
	}
	if err := o.validatePostOnly(); err != nil {
		return err
	}
	if err := o.validateFilterCasts(); err != nil {
		return err
	}
	if err := o.validateIdempotency(); err != nil {
		return err
	}
	if err := o.validateOperators(); err != nil {
		return err
	}
	if err := o.Limits.validate(); err != nil {
		return err
	}
	if err := o.Replicas.validate(); err != nil {
		return err
	}
	for name := range o.AppSettings {
		if !strings.Contains(name, ".") {
			return fmt.Errorf("AppSettings has %q; PostgreSQL wants a dot in the name of a custom setting", name)
		}
	}
	return nil
}
