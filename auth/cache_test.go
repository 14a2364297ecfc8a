package auth_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
)

func TestAuthenticate_remembered_token_expires(t *testing.T) {
	t.Parallel()
	clock := now
	v, err := auth.NewVerifier(auth.VerifierConfig{Secret: []byte(secret), Now: func() time.Time { return clock }})
	require.NoError(t, err)
	header := bearer(t, fmt.Sprintf(`{"role":"author","exp":%d}`, now.Unix()))
	for range 2 {
		_, err = v.Authenticate(t.Context(), header)
		require.NoError(t, err)
	}
	clock = clock.Add(time.Minute)
	_, err = v.Authenticate(t.Context(), header)
	require.Equal(t, "JWT expired", requireError(t, err).Message)
}

// TestAuthenticate_remembers finds out whether a token was remembered by whether two
// identities share their claims.
func TestAuthenticate_remembers(t *testing.T) {
	t.Parallel()
	remembered := func(t *testing.T, v *auth.Verifier, header string) bool {
		t.Helper()
		first, err := v.Authenticate(t.Context(), header)
		require.NoError(t, err)
		second, err := v.Authenticate(t.Context(), header)
		require.NoError(t, err)
		return &first.Claims[0] == &second.Claims[0]
	}
	header := bearer(t, `{"role":"author"}`)
	t.Run("by_default", func(t *testing.T) {
		t.Parallel()
		require.True(t, remembered(t, newVerifier(t, auth.VerifierConfig{Secret: []byte(secret)}), header))
	})
	t.Run("not_when_told_so", func(t *testing.T) {
		t.Parallel()
		require.False(t, remembered(t, newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), CacheMaxEntries: -1}), header))
	})
	t.Run("not_what_is_too_long", func(t *testing.T) {
		t.Parallel()
		v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret)})
		long := bearer(t, `{"role":"author","n":"`+strings.Repeat("x", 16<<10)+`"}`)
		require.False(t, remembered(t, v, long))
	})
	t.Run("what_is_asked_for_stays", func(t *testing.T) {
		t.Parallel()
		v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), CacheMaxEntries: 3})
		favourite, err := v.Authenticate(t.Context(), header)
		require.NoError(t, err)
		for i := range 20 {
			again, err := v.Authenticate(t.Context(), header)
			require.NoError(t, err)
			require.Same(t, &favourite.Claims[0], &again.Claims[0], "evicted before token %d", i)
			_, err = v.Authenticate(t.Context(), bearer(t, fmt.Sprintf(`{"role":"author","n":%d}`, i)))
			require.NoError(t, err)
		}
	})
	t.Run("what_is_not_asked_for_goes", func(t *testing.T) {
		t.Parallel()
		v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), CacheMaxEntries: 2})
		first, err := v.Authenticate(t.Context(), header)
		require.NoError(t, err)
		for i := range 3 {
			_, err = v.Authenticate(t.Context(), bearer(t, fmt.Sprintf(`{"role":"author","n":%d}`, i)))
			require.NoError(t, err)
		}
		again, err := v.Authenticate(t.Context(), header)
		require.NoError(t, err)
		require.NotSame(t, &first.Claims[0], &again.Claims[0])
		require.Equal(t, first.Claims, again.Claims)
	})
	t.Run("no_token_that_fails", func(t *testing.T) {
		t.Parallel()
		v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), CacheMaxEntries: 1})
		first, err := v.Authenticate(t.Context(), header)
		require.NoError(t, err)
		for i := range 3 {
			forged := sign(t, fmt.Sprintf(`{"role":"author","n":%d}`, i), jwa.HS256, []byte(otherSecret))
			_, err = v.Authenticate(t.Context(), "Bearer "+forged)
			require.Error(t, err)
		}
		again, err := v.Authenticate(t.Context(), header)
		require.NoError(t, err)
		require.Same(t, &first.Claims[0], &again.Claims[0])
	})
}

func TestAuthenticate_concurrently(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), CacheMaxEntries: 3})
	headers := make([]string, 8)
	for i := range headers {
		headers[i] = bearer(t, fmt.Sprintf(`{"role":"role_%d"}`, i))
	}
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for g := range 8 {
		wg.Go(func() {
			for n := range 200 {
				i := (n*(g+1) + g) % len(headers)
				id, err := v.Authenticate(t.Context(), headers[i])
				if err != nil || id.Role != fmt.Sprintf("role_%d", i) {
					errs <- fmt.Errorf("role %q for token %d: %w", id.Role, i, err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	require.Empty(t, errs)
}
