package pgrest

import "github.com/pgrest-go/pgrest/internal/enum"

// OpenAPIMode says what the description of the API tells of.
type OpenAPIMode uint8

// The modes of Options.OpenAPI: the description tells a role of what it may use, or
// everybody of all, or there is none.
const (
	OpenAPIFollowPrivileges OpenAPIMode = iota // follow-privileges
	OpenAPIIgnorePrivileges                    // ignore-privileges
	OpenAPIDisabled                            // disabled
)

var openAPIModes = [...]string{
	OpenAPIFollowPrivileges: "follow-privileges", OpenAPIIgnorePrivileges: "ignore-privileges", OpenAPIDisabled: "disabled",
}

// String gives the mode as the reference's key openapi-mode spells it.
func (m OpenAPIMode) String() string { return enum.Name(openAPIModes[:], m) }
