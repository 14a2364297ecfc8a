package apirequest

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// maxKeyBytes is how long an idempotency key may be.
const maxKeyBytes = 255

// IdempotencyKey reads the values of an Idempotency-Key header: one string as structured
// fields have it (RFC 9651, section 3.3.3), without parameters. Its error is an
// *apierror.Error.
func IdempotencyKey(values []string) (string, error) {
	if len(values) != 1 {
		return "", apierror.InvalidKey("There is more than one.")
	}
	text := strings.Trim(values[0], " ")
	rest, quoted := strings.CutPrefix(text, `"`)
	if !quoted {
		return "", apierror.InvalidKey("It doesn't begin with a double quote.")
	}
	var key strings.Builder
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '"' && i < len(rest)-1:
			return "", apierror.InvalidKey("Something follows the string.")
		case c == '"' && key.Len() == 0:
			return "", apierror.InvalidKey("It is empty.")
		case c == '"' && key.Len() > maxKeyBytes:
			return "", apierror.InvalidKey("It has more than 255 characters.")
		case c == '"':
			return key.String(), nil
		case c == '\\':
			if i++; i == len(rest) || rest[i] != '"' && rest[i] != '\\' {
				return "", apierror.InvalidKey("A backslash stands before something else than a double quote or a backslash.")
			}
			key.WriteByte(rest[i])
		case c < ' ' || c > '~':
			return "", apierror.InvalidKey("It has something else than printable ASCII characters.")
		default:
			key.WriteByte(c)
		}
	}
	return "", apierror.InvalidKey("It doesn't end with a double quote.")
}
