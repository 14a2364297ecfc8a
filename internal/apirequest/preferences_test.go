package apirequest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// prefer reads Prefer headers, with the choice of tx free.
func prefer(t testing.TB, headers ...string) apirequest.Preferences {
	t.Helper()
	r := get("/films")
	r.Header["Prefer"] = headers
	req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"api"}, TxOverride: true})
	require.NoError(t, err)
	return req.Preferences
}

func TestParse_preferences(t *testing.T) {
	t.Parallel()
	const none = int64(-1)
	tests := map[string]struct {
		headers []string
		want    apirequest.Preferences
	}{
		"none":                      {nil, apirequest.Preferences{MaxAffected: none}},
		"merge-duplicates":          {[]string{"resolution=merge-duplicates"}, apirequest.Preferences{Resolution: "merge-duplicates", MaxAffected: none}},
		"ignore-duplicates":         {[]string{"resolution=ignore-duplicates"}, apirequest.Preferences{Resolution: "ignore-duplicates", MaxAffected: none}},
		"representation":            {[]string{"return=representation"}, apirequest.Preferences{Return: "representation", MaxAffected: none}},
		"minimal":                   {[]string{"return=minimal"}, apirequest.Preferences{Return: "minimal", MaxAffected: none}},
		"headers-only":              {[]string{"return=headers-only"}, apirequest.Preferences{Return: "headers-only", MaxAffected: none}},
		"exact":                     {[]string{"count=exact"}, apirequest.Preferences{Count: "exact", MaxAffected: none}},
		"planned":                   {[]string{"count=planned"}, apirequest.Preferences{Count: "planned", MaxAffected: none}},
		"estimated":                 {[]string{"count=estimated"}, apirequest.Preferences{Count: "estimated", MaxAffected: none}},
		"commit":                    {[]string{"tx=commit"}, apirequest.Preferences{Tx: "commit", MaxAffected: none}},
		"rollback":                  {[]string{"tx=rollback"}, apirequest.Preferences{Tx: "rollback", MaxAffected: none}},
		"missing=default":           {[]string{"missing=default"}, apirequest.Preferences{Missing: "default", MaxAffected: none}},
		"missing=null":              {[]string{"missing=null"}, apirequest.Preferences{Missing: "null", MaxAffected: none}},
		"strict":                    {[]string{"handling=strict"}, apirequest.Preferences{Handling: "strict", MaxAffected: none}},
		"lenient":                   {[]string{"handling=lenient"}, apirequest.Preferences{Handling: "lenient", MaxAffected: none}},
		"timezone":                  {[]string{"timezone=America/Los_Angeles"}, apirequest.Preferences{Timezone: "America/Los_Angeles", MaxAffected: none}},
		"any timezone":              {[]string{"timezone=Atlantis"}, apirequest.Preferences{Timezone: "Atlantis", MaxAffected: none}},
		"max-affected":              {[]string{"max-affected=10"}, apirequest.Preferences{MaxAffected: 10}},
		"max-affected of 0":         {[]string{"max-affected=0"}, apirequest.Preferences{MaxAffected: 0}},
		"max-affected of ten":       {[]string{"max-affected=ten"}, apirequest.Preferences{MaxAffected: none}},
		"max-affected beyond int64": {[]string{"max-affected=99999999999999999999"}, apirequest.Preferences{MaxAffected: none}},
		"several": {[]string{"return=minimal, count=exact,tx=rollback"},
			apirequest.Preferences{Return: "minimal", Count: "exact", Tx: "rollback", MaxAffected: none}},
		"several headers": {[]string{"return=minimal", "count=exact"},
			apirequest.Preferences{Return: "minimal", Count: "exact", MaxAffected: none}},
		"the first of a kind counts": {[]string{"count=planned,count=exact", "count=estimated,max-affected=2,max-affected=3,timezone=a,timezone=b"},
			apirequest.Preferences{Count: "planned", MaxAffected: 2, Timezone: "a"}},
		"the first bound counts, be it none": {[]string{"max-affected=ten,max-affected=10"}, apirequest.Preferences{MaxAffected: none}},
		"blanks before a bound":              {[]string{"max-affected= 10"}, apirequest.Preferences{MaxAffected: 10}},
		"no bound":                           {[]string{"max-affected"}, apirequest.Preferences{MaxAffected: none, Invalid: []string{"max-affected"}}},
		"no timezone":                        {[]string{"timezone"}, apirequest.Preferences{MaxAffected: none, Invalid: []string{"timezone"}}},
		"an empty header":                    {[]string{"", "count=exact"}, apirequest.Preferences{Count: "exact", MaxAffected: none}},
		"an empty preference":                {[]string{"count=exact,"}, apirequest.Preferences{Count: "exact", MaxAffected: none, Invalid: []string{""}}},
		"unknown name":                       {[]string{"colour=blue"}, apirequest.Preferences{MaxAffected: none, Invalid: []string{"colour=blue"}}},
		"unknown value":                      {[]string{"return=everything"}, apirequest.Preferences{MaxAffected: none, Invalid: []string{"return=everything"}}},
		"no value":                           {[]string{"return"}, apirequest.Preferences{MaxAffected: none, Invalid: []string{"return"}}},
		"an unknown one between":             {[]string{"return=minimal,respond-async , count=exact"}, apirequest.Preferences{Return: "minimal", Count: "exact", MaxAffected: none, Invalid: []string{"respond-async"}}},
		"in other letters":                   {[]string{"Return=minimal"}, apirequest.Preferences{MaxAffected: none, Invalid: []string{"Return=minimal"}}},
		"blanks around the sign":             {[]string{"return = minimal"}, apirequest.Preferences{MaxAffected: none, Invalid: []string{"return = minimal"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, prefer(t, tt.headers...))
		})
	}
}

// A client has a say in commit or rollback only where the host lets it.
func TestParse_preferences_tx(t *testing.T) {
	t.Parallel()
	r := get("/films")
	r.Header.Set("Prefer", "tx=rollback")
	req, err := apirequest.Parse(r, config)
	require.NoError(t, err)
	require.Empty(t, req.Preferences.Tx)
	require.Empty(t, req.Preferences.Invalid, "it is known nevertheless")
}

func TestPreferences_Applied(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ header, want string }{
		"none":                        {"", ""},
		"one":                         {"count=exact", "count=exact"},
		"in one order":                {"timezone=UTC,handling=lenient,tx=commit,count=exact,return=minimal,missing=null,resolution=merge-duplicates", "resolution=merge-duplicates, missing=null, return=minimal, count=exact, tx=commit, handling=lenient, timezone=UTC"},
		"max-affected without strict": {"max-affected=3", ""},
		"max-affected with strict":    {"max-affected=3,handling=strict", "handling=strict, max-affected=3"},
		"an invalid one is left out":  {"return=everything,count=exact", "count=exact"},
		"of two of a kind, the first": {"count=exact,count=planned", "count=exact"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := prefer(t, tt.header)
			require.Equal(t, tt.want, p.Applied())
		})
	}
}

// Every preference is either known or told to be invalid, and what was applied
// is read as the same preferences again.
func FuzzParse_preferences(f *testing.F) {
	for _, seed := range []string{"", ",", "return=minimal", "count=exact, tx=rollback", "handling=strict,max-affected=5", "timezone=a=b", "max-affected=-1", "=", "return", "x;y=z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		p := prefer(t, header)
		require.LessOrEqual(t, len(p.Invalid), strings.Count(header, ",")+1)
		for _, invalid := range p.Invalid {
			require.Contains(t, header, invalid)
		}
		if applied := p.Applied(); applied != "" {
			again := prefer(t, applied)
			require.Empty(t, again.Invalid)
			require.Equal(t, applied, again.Applied())
		}
	})
}
