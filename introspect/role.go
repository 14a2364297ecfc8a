package introspect

import (
	"slices"
	"strings"
)

const isolationParameter = "default_transaction_isolation"

// RoleSettings are a role's own settings. PostgreSQL applies them at login, and not when
// a session changes to the role.
// See https://docs.postgrest.org/en/stable/references/transactions.html#impersonated-role-settings.
type RoleSettings struct {
	// Isolation is what default_transaction_isolation is set to, "REPEATABLE READ"
	// or "SERIALIZABLE", and empty for READ COMMITTED or without the setting.
	Isolation string
	// Settings are the others.
	Settings []Setting
}

// RoleSettings gives the settings of a role, by ALTER ROLE … SET for all databases
// or for this one, which wins. The result is zero for a role without settings.
//
// It knows the roles that the user who ran Load is a member of, but not that user
// itself, whose sessions have its settings already. Of their settings it knows those that
// every user may change and, from PostgreSQL 15 on, those that the user was granted
// SET on. Parameters that no module has defined are left out.
func (c *SchemaCache) RoleSettings(role string) RoleSettings { return c.roles[role] }

// with gives the settings with one more, which overrides an earlier one.
func (s RoleSettings) with(setting Setting) RoleSettings {
	if setting.Name == isolationParameter {
		s.Isolation = isolationLevel(setting.Value)
		return s
	}
	i := slices.IndexFunc(s.Settings, func(other Setting) bool { return other.Name == setting.Name })
	if i < 0 {
		s.Settings = append(s.Settings, setting)
		return s
	}
	s.Settings[i] = setting
	return s
}

// isolationLevel gives an isolation level as BEGIN spells it; empty for READ
// COMMITTED, which READ UNCOMMITTED is too.
func isolationLevel(value string) string {
	switch level := strings.ToUpper(value); level {
	case "REPEATABLE READ", "SERIALIZABLE":
		return level
	default:
		return ""
	}
}
