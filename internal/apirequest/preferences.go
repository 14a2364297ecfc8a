package apirequest

import (
	"strconv"
	"strings"
)

// Preferences are the preferences of the Prefer header (RFC 7240) that the API
// knows, each in the client's words: "exact" for count=exact. A preference that
// was not given is empty; of several of one kind the first counts.
// See https://docs.postgrest.org/en/stable/references/api/preferences.html.
type Preferences struct {
	Resolution, Return, Count, Tx, Missing, Handling, Pagination string

	// Timezone is any text: PostgreSQL knows its time zones.
	Timezone string
	// MaxAffected is -1 when it was not given.
	MaxAffected int64
	// Invalid holds what the header has besides, which handling=strict forbids.
	Invalid []string
}

// KeysetPagination is the pagination by the key of the row before a page.
const KeysetPagination = "keyset"

// MergeDuplicates is the resolution that updates rows which are there already.
const MergeDuplicates = "merge-duplicates"

// Strict reports handling=strict.
func (p *Preferences) Strict() bool { return p.Handling == "strict" }

var preferenceValues = map[string][]string{
	"resolution": {MergeDuplicates, "ignore-duplicates"},
	"return":     {"representation", "minimal", "headers-only"},
	"count":      {"exact", "planned", "estimated"},
	"tx":         {"commit", "rollback"},
	"missing":    {"default", "null"},
	"handling":   {"strict", "lenient"},
	"pagination": {KeysetPagination},
}

// parsePreferences reads the values of the Prefer headers. tx is known but without effect
// unless the configuration lets clients choose, and pagination is not known without keysets.
func parsePreferences(headers []string, c Config) Preferences {
	p, bounded := Preferences{MaxAffected: -1}, false
	for _, header := range headers {
		if header == "" {
			continue
		}
		for preference := range strings.SplitSeq(header, ",") {
			preference = strings.TrimSpace(preference)
			bound, isBound := strings.CutPrefix(preference, "max-affected=")
			switch {
			case isBound && !bounded: // the first counts even if it is no number, and thus none
				p.MaxAffected, bounded = parseBound(bound), true
			case !isBound && (c.NoKeysets && strings.HasPrefix(preference, "pagination=") || !p.set(preference)):
				p.Invalid = append(p.Invalid, preference)
			}
		}
	}
	if !c.TxOverride {
		p.Tx = ""
	}
	return p
}

// parseBound reads a number of rows; -1 for what is none.
func parseBound(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// set takes one preference; it reports false when there is no such one.
func (p *Preferences) set(preference string) bool {
	name, value, given := strings.Cut(preference, "=")
	if name == "timezone" && given {
		if p.Timezone == "" {
			p.Timezone = value
		}
		return true
	}
	for _, known := range preferenceValues[name] {
		if value != known {
			continue
		}
		if field := p.field(name); *field == "" {
			*field = value
		}
		return true
	}
	return false
}

func (p *Preferences) field(name string) *string {
	switch name {
	case "resolution":
		return &p.Resolution
	case "return":
		return &p.Return
	case "count":
		return &p.Count
	case "tx":
		return &p.Tx
	case "missing":
		return &p.Missing
	case "pagination":
		return &p.Pagination
	default:
		return &p.Handling
	}
}

// Applied is the value of Preference-Applied: the given preferences in the
// order of the documentation, empty for none. The caller has dropped those
// that its action doesn't know.
func (p *Preferences) Applied() string {
	var b strings.Builder
	add := func(name, value string) {
		if value == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name + "=" + value)
	}
	add("resolution", p.Resolution)
	add("missing", p.Missing)
	add("return", p.Return)
	add("count", p.Count)
	add("tx", p.Tx)
	add("handling", p.Handling)
	add("pagination", p.Pagination)
	add("timezone", p.Timezone)
	if p.Strict() && p.MaxAffected >= 0 {
		add("max-affected", strconv.FormatInt(p.MaxAffected, 10))
	}
	return b.String()
}
