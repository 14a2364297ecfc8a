package response_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/response"
	"github.com/pgrest-go/pgrest/internal/spool"
)

// A body is shown by its media type, and as JSON only where it is JSON, in whatever pieces it
// comes.
func TestBatch_bodies(t *testing.T) {
	t.Parallel()
	const text = "a\"é映\U0001F600\n"
	for _, tt := range []struct {
		name, contentType string
		format            plan.Format
		body, want        string
	}{
		{"JSON", "application/json; charset=utf-8", plan.FormatArray, `[{"a": 1}]`, `"body":[{"a": 1}]`},
		{"vendored JSON", "application/vnd.pgrst.object+json", plan.FormatObject, `{"a": 1}`, `"body":{"a": 1}`},
		{"text", "text/csv; charset=utf-8", plan.FormatCSV, text, `"body":"a\"é映😀\n"`},
		{"text that isn't UTF-8", "text/plain", plan.FormatRaw, "a\xff\xe6\x98", `"body":"a` + "\ufffd\ufffd\ufffd" + `"`},
		{"XML", "application/rss+xml", plan.FormatRaw, "<a/>", `"body":"<a/>"`},
		{"charset", "application/x; Charset=UTF-8", plan.FormatRaw, "x", `"body":"x"`},
		{"bytes", "image/png", plan.FormatRaw, "\x00\xff\x01\x02", `"encoding":"base64","body":"AP8BAg=="`},
		{"JSON that the database makes", "application/vnd.x+json", plan.FormatAggregated, ` {"a": 1} `, `"body": {"a": 1} `},
		{"no JSON though it says so", "application/json", plan.FormatRaw, `{"a": "b`, `"body":"{\"a\": \"b"`},
		{"nothing", "application/json", plan.FormatArray, ``, `"body":null`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{1, 3, 1000} {
				b, err := response.NewBatch(&apirequest.Request{Shape: apirequest.Shape{Accept: []mediatype.Type{{Name: mediatype.Any}}}},
					response.Config{Threshold: 10, Store: spool.NewStore("", 1<<20)})
				require.NoError(t, err)
				item := b.Item(&plan.Answer{Format: tt.format}, 1000)
				item.Header().Set("Content-Type", tt.contentType)
				item.WriteHeader(201)
				for rest := tt.body; rest != ""; {
					n := min(size, len(rest))
					written, err := item.Write([]byte(rest[:n]))
					require.NoError(t, err)
					require.Equal(t, n, written)
					rest = rest[n:]
				}
				kept, err := item.End()
				require.NoError(t, err)
				w := httptest.NewRecorder()
				b.Send(w, &apirequest.Request{})
				b.Close()
				require.Equal(t, `[{"status":201,"headers":{"Content-Type":"`+tt.contentType+`"},`+tt.want+`}]`, w.Body.String())
				if tt.body != "" {
					_, shown, _ := strings.Cut(tt.want, `"body":`)
					require.Equal(t, shown, string(kept))
				}
			}
		})
	}
}

// Without room for the bodies there is an error, and so is a body that is too large to be kept.
func TestBatch_room(t *testing.T) {
	t.Parallel()
	b, err := response.NewBatch(&apirequest.Request{Shape: apirequest.Shape{Accept: []mediatype.Type{{Name: mediatype.JSON}}}},
		response.Config{Threshold: 10, Store: spool.NewStore("", 100<<10)})
	require.NoError(t, err)
	defer b.Close()
	end := func(size, most int) error {
		item := b.Item(&plan.Answer{}, most)
		item.Header().Set("Content-Type", "application/json")
		_, err := item.Write([]byte(strings.Repeat("1", size)))
		require.NoError(t, err)
		_, err = item.End()
		return err
	}
	require.NoError(t, end(10, 10))
	require.ErrorContains(t, end(11, 10), "too large to be referred to")
	require.ErrorContains(t, end(1<<20, 0), "no room")
	require.ErrorContains(t, end(1, 0), "no room", "from then on")
}
