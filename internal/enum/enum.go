// Package enum gives the values of enums names.
//
//	var kinds = [...]string{Typed: "typed", JSON: "JSON"}
//
//	func (k Kind) String() string { return enum.Name(kinds[:], k) }
package enum

import (
	"fmt"
	"strings"
)

// Name is the value's among the names, which have it as their index. What has none there is
// shown as its type and number, such as "Kind(7)".
func Name[E ~uint8](names []string, value E) string {
	if int(value) < len(names) {
		return names[value]
	}
	_, local, _ := strings.Cut(fmt.Sprintf("%T", value), ".")
	return fmt.Sprintf("%s(%d)", local, uint8(value))
}
