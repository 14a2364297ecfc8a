package main

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/openapi"
)

// kind is a kind of value. parse sets the value in the configuration, and gives it in its
// canonical form, which --dump-config prints: lists have no white space, and each number
// and boolean has one form.
type kind struct {
	of    valueType
	parse func(c *config, value string) (string, error)
}

// valueType is the type of a setting, as the reference's documentation calls it.
type valueType string

const (
	textType    valueType = "String"
	booleanType valueType = "Boolean"
	numberType  valueType = "Int"
)

// mistyped is the error of a value of the wrong type. As in the reference, the setting then
// counts as not set.
type mistyped string

func (m mistyped) Error() string { return string(m) }

// questionable is the error of a value that is used, but probably not meant.
type questionable struct{ what, remedy string }

func (q questionable) Error() string { return q.what + ": " + q.remedy }

func text(field func(*config) *string) kind {
	return kind{textType, func(c *config, value string) (string, error) {
		*field(c) = value
		return value, nil
	}}
}

// textOrFile takes text, or "@" and the name of the file that has it.
func textOrFile(trim func(string) string, field func(*config) *string) kind {
	return kind{textType, func(c *config, value string) (string, error) {
		if name, ok := strings.CutPrefix(value, "@"); ok {
			text, err := c.files.read(name)
			if err != nil {
				return "", fmt.Errorf("names a file that can't be read: %w", err)
			}
			if value = trim(text); value == "" {
				return "", errors.New("names a file that is empty")
			}
		}
		*field(c) = value
		return value, nil
	}}
}

// boolean takes true and false in any case, with or without quotes, and a number as text:
// positive ones mean true.
func boolean(set func(*config, bool)) kind {
	return kind{booleanType, func(c *config, value string) (string, error) {
		word := strings.ToLower(strings.Trim(strings.TrimSpace(value), `"'`))
		if n, err := strconv.Atoi(word); err == nil {
			word = strconv.FormatBool(n > 0)
		}
		if word != "true" && word != "false" {
			return "", mistyped(fmt.Sprintf("has to be true or false, not %q", value))
		}
		set(c, word == "true")
		return word, nil
	}}
}

func number(least, most int, set func(*config, int)) kind {
	return kind{numberType, func(c *config, value string) (string, error) {
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < least || n > most {
			return "", mistyped(fmt.Sprintf("has to be a whole number from %d to %d, not %q", least, most, value))
		}
		set(c, n)
		return strconv.Itoa(n), nil
	}}
}

// port takes the number of a port. A number that no port can have is an error, and not
// mistyped.
func port(set func(*config, int)) kind {
	any := number(math.MinInt, math.MaxInt, func(*config, int) {})
	one := number(0, math.MaxUint16, set)
	return kind{numberType, func(c *config, value string) (string, error) {
		if _, err := any.parse(c, value); err != nil {
			return one.parse(c, value)
		}
		canonical, err := one.parse(c, value)
		if err != nil {
			return "", errors.New(err.Error())
		}
		return canonical, nil
	}}
}

func seconds(field func(*config) *time.Duration) kind {
	return number(1, math.MaxInt32, func(c *config, n int) { *field(c) = time.Duration(n) * time.Second })
}

// fileMode takes the octal mode of a socket. Its owner must be allowed to use it.
func fileMode(field func(*config) *os.FileMode) kind {
	return kind{textType, func(c *config, value string) (string, error) {
		n, err := strconv.ParseUint(value, 8, 32)
		if err != nil || n < 0o600 || n > 0o777 {
			return "", fmt.Errorf("has to be an octal number from 600 to 777, not %q", value)
		}
		*field(c) = os.FileMode(n)
		return strconv.FormatUint(n, 8), nil
	}}
}

// option is a value, and the word for it.
type option[T any] struct {
	word  string
	value T
}

func choice[T any](field func(*config) *T, options ...option[T]) kind {
	return kind{textType, func(c *config, value string) (string, error) {
		words := make([]string, len(options))
		for i, o := range options {
			if o.word == value {
				*field(c) = o.value
				return value, nil
			}
			words[i] = o.word
		}
		return "", fmt.Errorf("has to be one of %s, not %q", strings.Join(words, ", "), value)
	}}
}

// host takes a name, an address, or one of the words of [listen].
func host(field func(*config) *string) kind {
	return kind{textType, func(c *config, value string) (string, error) {
		special := strings.HasPrefix(value, "*") || strings.HasPrefix(value, "!")
		if _, ok := anyHost[value]; special && !ok {
			return "", fmt.Errorf("has to be a host, an address, or one of *, *4, !4, *6, !6, not %q", value)
		}
		*field(c) = value
		return value, nil
	}}
}

// names takes a list with commas between.
func names(field func(*config) *[]string) kind {
	return kind{textType, func(c *config, value string) (string, error) {
		list := slices.DeleteFunc(splitList(value), func(name string) bool { return name == "" })
		*field(c) = list
		return strings.Join(list, ","), nil
	}}
}

// filterCasts takes the names of types. None is no list at all.
func filterCasts(c *config, value string) (string, error) {
	canonical, err := names(func(c *config) *[]string { return &c.api.FilterCasts }).parse(c, value)
	if len(c.api.FilterCasts) == 0 {
		c.api.FilterCasts = nil
	}
	return canonical, err
}

// schemas takes the names of schemas, of which none can be empty.
func schemas(field func(*config) *[]string) kind {
	list := names(field)
	return kind{textType, func(c *config, value string) (string, error) {
		if value != "" && slices.Contains(splitList(value), "") {
			return "", fmt.Errorf("has to be a list of schemas with commas between, without an empty name, not %q", value)
		}
		return list.parse(c, value)
	}}
}

// exposed takes the names of schemas that can be exposed.
func exposed(field func(*config) *[]string) kind {
	list := schemas(field)
	return kind{textType, func(c *config, value string) (string, error) {
		canonical, err := list.parse(c, value)
		for _, name := range *field(c) {
			if err == nil && (name == "pg_catalog" || name == "information_schema") {
				return "", fmt.Errorf("can't have %s: it is not for exposing", name)
			}
		}
		return canonical, err
	}}
}

func audience(c *config, value string) (string, error) {
	if _, err := auth.NewVerifier(auth.VerifierConfig{Audience: value}); err != nil {
		return "", fmt.Errorf("has to be a URI if it has a colon, unlike %q", value)
	}
	c.api.JWTAudience = value
	return value, nil
}

// serverURL takes where clients reach the API.
func serverURL(c *config, value string) (string, error) {
	if openapi.CheckServerURL(value) != nil {
		return "", fmt.Errorf("has to be an http or https URL without user and query, such as https://example.com:8443/basePath, not %q", value)
	}
	c.api.OpenAPIServerURL = value
	return value, nil
}

// roleClaimKey takes a path into the claims of a token.
func roleClaimKey(c *config, value string) (string, error) {
	if _, err := auth.NewVerifier(auth.VerifierConfig{RoleClaimKey: value}); err != nil {
		return "", fmt.Errorf("has to be a path such as $.role: %w", err)
	}
	c.api.JWTRoleClaimKey = value
	if strings.HasPrefix(value, "$") {
		return value, nil
	}
	return dottedPath(value), nil
}

// dottedStep is a step of the older form of a path: a name, an index, or a filter.
var dottedStep = regexp.MustCompile(`\.(?:"([^"]*)"|([^."\[]+))|\[([0-9]+)\]|\[\?\(@\s*(==\^|==|!=|\^==|\*==)\s*("[^"]*")\)\]`)

// dottedPath gives the canonical form of a valid path of the older form: with its names in
// quotes.
func dottedPath(path string) string {
	var b strings.Builder
	for _, step := range dottedStep.FindAllStringSubmatch(path, -1) {
		name, bare, index, operator, operand := step[1], step[2], step[3], step[4], step[5]
		switch {
		case operator != "":
			b.WriteString("[?(@ " + operator + " " + operand + ")]")
		case index != "":
			b.WriteString("[" + cmp.Or(strings.TrimLeft(index, "0"), "0") + "]")
		default:
			b.WriteString(`."` + name + bare + `"`)
		}
	}
	return b.String()
}

// origins takes a list of origins. One that is not written as browsers write the header
// Origin is questionable, since it matches none.
func origins(c *config, value string) (string, error) {
	list := splitList(value)
	c.corsOrigins = list
	for _, origin := range list {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || origin != u.Scheme+"://"+u.Host {
			return strings.Join(list, ","), questionable{"setting has an origin that no page has", fmt.Sprintf(
				"write %q as a scheme and a host, such as https://example.com, or leave the setting out, which allows every origin", origin)}
		}
	}
	return strings.Join(list, ","), nil
}

// decodeSecret takes both alphabets of base64, and "." for padding, as some
// providers write it.
func decodeSecret(text string) ([]byte, error) {
	standard := strings.NewReplacer("-", "+", "_", "/", ".", "=").Replace(strings.TrimSpace(text))
	key, err := base64.StdEncoding.DecodeString(standard)
	if err != nil {
		return nil, errors.New("has to be padded base64, since jwt-secret-is-base64 is true")
	}
	return key, nil
}

func splitList(value string) []string {
	parts := strings.Split(value, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
