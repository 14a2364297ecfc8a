package main

import (
	"maps"
	"os"
	"strings"
)

// assignments are the values that one or several sources of the configuration give, by the
// keys of their settings.
type assignments map[string]assignment

// assignment is a value, and the setting's name in the source: PGRST_DB_POOL, db-pool or
// pgrst.db_pool.
type assignment struct {
	value, name string
	number      bool // the value is a number without quotes in a file
}

const (
	environmentPrefix    = "PGRST_"
	databasePrefix       = "pgrst."
	appSettingsPrefix    = "app.settings."
	envAppSettingsPrefix = "APP_SETTINGS_"
)

// overlay joins assignments. Those above override those below, even with an empty value.
func overlay(below, above assignments) assignments {
	all := maps.Clone(below)
	maps.Copy(all, above)
	return all
}

// fromEnvironment takes the variables that begin with PGRST_.
func fromEnvironment(environ []string) assignments {
	given := assignments{}
	for _, entry := range environ {
		name, value, ok := strings.Cut(entry, "=")
		if rest, ours := strings.CutPrefix(name, environmentPrefix); ok && ours {
			given[environmentKey(rest)] = assignment{value: value, name: name}
		}
	}
	return given
}

// environmentKey gives the key for the name of a variable. A name that isn't in capitals is
// its own key, which no setting has.
func environmentKey(name string) string {
	if custom, ok := strings.CutPrefix(name, envAppSettingsPrefix); ok {
		return appSettingsPrefix + strings.ToLower(custom)
	}
	if name != strings.ToUpper(name) {
		return name
	}
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}

// sources are the sources of the configuration, except for the database.
type sources struct {
	file    string // empty for none
	environ []string
	files   contents // what was read for the first configuration; nil for none
	strict  bool     // warnings are errors
}

// contents are the contents of files by their names. A file is read only once, since it may
// be a pipe.
type contents map[string]string

func (c contents) read(name string) (string, error) {
	if text, ok := c[name]; ok {
		return text, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	c[name] = string(text)
	return c[name], nil
}

// read gives the assignments of the file and the environment, which overrides the file.
func (s sources) read() (assignments, error) {
	environment := fromEnvironment(s.environ)
	if s.file == "" {
		return environment, nil
	}
	text, err := os.ReadFile(s.file)
	if err != nil {
		return nil, err
	}
	file, err := parseFile(s.file, string(text), s.variable)
	if err != nil {
		return nil, err
	}
	return overlay(file, environment), nil
}

// local makes a configuration of the file and the environment.
func (s sources) local() (*config, error) {
	given, err := s.read()
	if err != nil {
		return nil, err
	}
	files := s.files
	if files == nil {
		files = contents{}
	}
	return s.parse(given, nil, files)
}

// parse is parseConfig, but with strict a warning is an error.
func (s sources) parse(given assignments, running *config, files contents) (*config, error) {
	c, err := parseConfig(given, running, files)
	if c != nil && s.strict && len(c.warnings) > 0 {
		return nil, refused(c.warnings)
	}
	return c, err
}

// variable finds an environment variable of any name.
func (s sources) variable(name string) (string, bool) {
	for _, entry := range s.environ {
		if key, value, ok := strings.Cut(entry, "="); ok && key == name {
			return value, true
		}
	}
	return "", false
}
