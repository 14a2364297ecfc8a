package introspect

import (
	"context"
	"slices"
)

// parameterPrivileges is the first version that grants SET on single parameters.
const parameterPrivileges = 150000

// roleSetting is a row of role.sql.
type roleSetting struct {
	role       string
	setting    Setting
	privileged bool // to set it takes a superuser or a grant
}

func (r *reader) readRoles(ctx context.Context) error {
	var s roleSetting
	var all []roleSetting
	dest := []any{&s.role, &s.setting.Name, &s.setting.Value, &s.privileged}
	if err := r.rows(ctx, roleSQL, nil, dest, func() { all = append(all, s) }); err != nil {
		return err
	}
	granted, err := r.grantedParameters(ctx, all)
	if err != nil {
		return err
	}
	r.catalog.Roles = make(map[string]RoleSettings)
	for _, s := range all {
		if !s.privileged || slices.Contains(granted, s.setting.Name) {
			r.catalog.Roles[s.role] = r.catalog.Roles[s.role].with(s.setting)
		}
	}
	return nil
}

// grantedParameters gives the privileged parameters that the current user may set.
// It asks the database only if there are any.
func (r *reader) grantedParameters(ctx context.Context, settings []roleSetting) ([]string, error) {
	var privileged []string
	for _, s := range settings {
		if s.privileged {
			privileged = append(privileged, s.setting.Name)
		}
	}
	if len(privileged) == 0 || r.catalog.ServerVersion < parameterPrivileges {
		return nil, nil
	}
	var name string
	var granted []string
	err := r.rows(ctx, parameterSQL, []any{privileged}, []any{&name}, func() { granted = append(granted, name) })
	return granted, err
}
