package apirequest_test

import (
	"encoding/base64"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// A page by its key is asked for by the preference, or by the token of a row, whose values are
// none of the shape.
func TestParse_keyset(t *testing.T) {
	t.Parallel()
	token := apirequest.PageToken("1f", [][]byte{[]byte("a"), nil, {}})
	values := []string{"a", "", ""}
	nulls := []bool{false, true, false}
	for name, tt := range map[string]struct {
		method, target, prefer string
		want                   apirequest.Keyset
		values                 []string
	}{
		"plain":                 {"GET", "/films?limit=1", "", apirequest.Keyset{}, nil},
		"asked":                 {"GET", "/films?limit=1", "pagination=keyset", apirequest.Keyset{Asked: true}, nil},
		"asked by HEAD":         {"HEAD", "/films", "count=exact, pagination=keyset", apirequest.Keyset{Asked: true}, nil},
		"after":                 {"GET", "/films?after=" + token, "", apirequest.Keyset{Bound: apirequest.After, Order: "1f", Nulls: nulls}, values},
		"before, and asked":     {"GET", "/films?before=" + token, "pagination=keyset", apirequest.Keyset{Asked: true, Bound: apirequest.Before, Order: "1f", Nulls: nulls}, values},
		"asked of a write":      {"DELETE", "/films", "pagination=keyset", apirequest.Keyset{}, nil},
		"asked of a function":   {"GET", "/rpc/f", "pagination=keyset", apirequest.Keyset{}, nil},
		"a function's argument": {"GET", "/rpc/f?after=" + token, "", apirequest.Keyset{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tt.method, tt.target, nil)
			r.Header.Set("Prefer", tt.prefer)
			req, err := apirequest.Parse(r, config)
			require.NoError(t, err)
			require.Equal(t, tt.want, req.Keyset)
			require.Equal(t, tt.values, req.Values.Keyset)
			require.Equal(t, tt.want.Asked || tt.want.Bound != apirequest.Unplaced, req.Keyset.Active())
			require.Empty(t, req.Preferences.Invalid)
		})
	}
}

// Whatever a token is, it is read or refused; and one that is read is written the same.
func FuzzParse_keyset(f *testing.F) {
	for _, seed := range []string{`["1f","a",null]`, `["1f"]`, `[]`, `[null,"a"]`, `["","\u0000"]`, `["x",1]`, `["x",["y"]]`, `{}`, `["x","y"] `, ``, "[\"x\",\"\xff\"]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		token := base64.RawURLEncoding.EncodeToString([]byte(text))
		req, err := apirequest.Parse(get("/films?after="+token), config)
		if token == "" || err != nil {
			require.Error(t, err)
			return
		}
		values := make([][]byte, len(req.Values.Keyset))
		for i, value := range req.Values.Keyset {
			if !req.Keyset.Nulls[i] {
				values[i] = []byte(value)
			}
		}
		again := apirequest.PageToken(req.Keyset.Order, values)
		require.False(t, strings.ContainsAny(again, ".=+/&"))
		same, err := apirequest.Parse(get("/films?after="+again), config)
		require.NoError(t, err)
		require.Equal(t, req.Keyset, same.Keyset)
		require.Equal(t, req.Values.Keyset, same.Values.Keyset)
	})
}
