package apirequest

import (
	"encoding/base64"
	"encoding/json"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
)

// Keyset is a page that begins or ends at a row, which is known by the values that the rows
// are ordered by. The values themselves are value.Values.Keyset.
type Keyset struct {
	// Asked reports Prefer: pagination=keyset.
	Asked bool
	Bound KeysetBound
	// Order is the sum of the order whose values these are: see plan.Keyset.
	Order string
	// Nulls tells for each value whether it is NULL.
	Nulls []bool
}

// Active reports a request for a page by its key.
func (k *Keyset) Active() bool { return k.Asked || k.Bound != Unplaced }

// KeysetBound says on which side of the row the page is.
type KeysetBound uint8

// The sides. Without a row the page is the first one, or where its offset says.
const (
	Unplaced KeysetBound = iota
	After
	Before
)

// readKeyset takes the page by its key from the query. Its error is an *apierror.Error.
func (req *Request) readKeyset(q *filter.Query, window filter.Window) error {
	k := &req.Keyset
	k.Asked = req.Action == Read && req.Preferences.Pagination == KeysetPagination
	name, token := "after", q.After
	switch {
	case q.After != "" && q.Before != "":
		return apierror.PageAfterAndBefore()
	case q.After != "":
		k.Bound = After
	case q.Before != "":
		k.Bound, name, token = Before, "before", q.Before
	}
	switch {
	case !k.Active():
		return nil
	case req.LongQuery:
		return apierror.LongQueryPages(maxLocation)
	case k.Bound == Unplaced:
		return nil
	case window.Offset != 0:
		return apierror.PageTokenAndOffset(name)
	}
	var ok bool
	if k.Order, req.Values.Keyset, k.Nulls, ok = parsePageToken(token); !ok {
		return apierror.InvalidPageToken(name)
	}
	return nil
}

// PageToken writes the values of a row, nil for NULL, and the sum of the order by which they
// are its values. Base64url has no dot, and so a token is no filter.
func PageToken(order string, values [][]byte) string {
	parts := make([]*string, 1, len(values)+1)
	parts[0] = &order
	for _, value := range values {
		if value == nil {
			parts = append(parts, nil)
			continue
		}
		text := string(value)
		parts = append(parts, &text)
	}
	text, _ := json.Marshal(parts) // which never fails for texts
	return base64.RawURLEncoding.EncodeToString(text)
}

// parsePageToken reads what PageToken writes. Anybody may write a token: what it says is
// values to compare with, and a claim about the order that the planner checks.
func parsePageToken(token string) (order string, values []string, nulls []bool, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", nil, nil, false
	}
	var parts []*string
	if json.Unmarshal(text, &parts) != nil || len(parts) < 2 || parts[0] == nil {
		return "", nil, nil, false
	}
	values, nulls = make([]string, len(parts)-1), make([]bool, len(parts)-1)
	for i, part := range parts[1:] {
		if nulls[i] = part == nil; part != nil {
			values[i] = *part
		}
	}
	return *parts[0], values, nulls, true
}

func (k key) keyset(s *Keyset) key {
	k = append(k.flags(s.Asked), byte(s.Bound)).text(s.Order).number(len(s.Nulls))
	return k.flags(s.Nulls...)
}
