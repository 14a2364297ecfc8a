package executor

import (
	"strings"
	"testing"

	"github.com/pgrest-go/pgrest/auth"
)

// BenchmarkSettingsStatement is the making of the statement that makes a usual request's
// settings.
func BenchmarkSettingsStatement(b *testing.B) {
	settings := auth.Settings(auth.Identity{Role: "web_user", Claims: []byte(`{"sub":"ada"}`)}, auth.Context{
		Schema: "archive", ExtraSearchPath: []string{"public"}, Method: "GET", Path: "/films",
		Headers:      []byte(`{"host":"films.example.org","accept":"application/json","user-agent":"` + strings.Repeat("x", 100) + `"}`),
		RoleSettings: []auth.Setting{{Name: "statement_timeout", Value: "5s"}},
		AppSettings:  []auth.Setting{{Name: "app.settings.site", Value: "main"}},
	})
	var c connection
	b.ReportAllocs()
	for b.Loop() {
		c.settingsStatement(settings, "", readOnly, "")
	}
}
