package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/suggest"
)

// warning is about a setting that is ignored, or probably not meant so. It has the setting's
// name in the source.
type warning struct{ setting, what, remedy string }

func (w warning) log(notices *slog.Logger) {
	notices.Warn(w.what, "setting", w.setting, "remedy", w.remedy)
}

// refused makes an error of warnings.
func refused(warnings []warning) error {
	faults := make([]error, len(warnings))
	for i, w := range warnings {
		faults[i] = fmt.Errorf("%s: %s: %s", w.setting, w.what, w.remedy)
	}
	return errors.Join(faults...)
}

// formerSettings are those of older versions of the reference, with what to do about
// each. See https://github.com/PostgREST/postgrest/blob/main/CHANGELOG.md.
var formerSettings = map[string]string{
	"admin-server-config-enabled": "take it out: the option --dump-config shows the configuration, and the admin server doesn't",
	"db-embed-default-join":       "take it out: a request asks for an inner join by !inner in its select",
	"db-load-guc-config":          "call it db-config",
	"db-timezone-enabled":         "take it out: the preference timezone is always understood",
	"db-use-legacy-gucs": "take it out: SQL finds headers, cookies and claims in the settings request.headers, request.cookies and " +
		"request.jwt.claims, which are JSON, as in current_setting('request.jwt.claims', true)::json->>'sub'",
	"internal-schema-cache-load-sleep":              internalRemedy,
	"internal-schema-cache-relationship-load-sleep": internalRemedy,
	"internal-schema-cache-sleep":                   internalRemedy,
	"jwt-cache-max-lifetime": "set jwt-cache-max-entries in its place, the number of tokens that are remembered, 0 for none; " +
		"a token is forgotten when it expires",
	"raw-media-types":  "take it out, and make a media type handler: a function that returns a domain with the media type's name",
	"server-proxy-uri": "call it openapi-server-proxy-uri",
}

const internalRemedy = "take it out: it is for tests of the reference itself"

// unknown gives the warning for an assignment to a setting that doesn't exist.
func unknown(key, name string) warning {
	inDatabase := strings.HasPrefix(name, databasePrefix)
	if inDatabase {
		key = databaseKey(name)
	}
	if remedy, ok := formerSettings[key]; ok {
		return warning{name, "setting is of an older version, and has no effect", remedy}
	}
	if i := slices.IndexFunc(settings, func(s setting) bool { return slices.Contains(s.names(), key) }); inDatabase && i >= 0 {
		return warning{name, "setting can't be made in the database",
			"set " + environmentName(settings[i].key) + ", or " + settings[i].key + " in the configuration file"}
	}
	remedy := "take it out; the option --example lists the settings that there are"
	if like, ok := similar(key); ok {
		remedy = "write " + spelled(like, name) + " if that is meant, or " + remedy
	}
	return warning{name, "setting is unknown", remedy}
}

// similar finds the setting that a key is most similar to. The key may be in capitals, or
// have underscores.
func similar(key string) (string, bool) {
	var keys []string
	for _, s := range settings {
		if !s.hidden {
			keys = append(keys, s.key)
		}
	}
	const least = 0.7 // of 1
	return suggest.NewSet(keys).Best(strings.ReplaceAll(strings.ToLower(key), "_", "-"), least)
}

// spelled gives a key as the source of another setting would spell it.
func spelled(key, like string) string {
	switch {
	case strings.HasPrefix(like, environmentPrefix):
		return environmentName(key)
	case strings.HasPrefix(like, databasePrefix):
		return databasePrefix + strings.ReplaceAll(key, "-", "_")
	}
	return key
}

func environmentName(key string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
}
