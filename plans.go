package pgrest

import (
	"slices"

	"github.com/pgrest-go/pgrest/internal/mediatype"
)

// refusesPlans reports a request for a plan by somebody who may have none.
func (x *exchange) refusesPlans() bool {
	return x.options.PlansFor != nil &&
		slices.ContainsFunc(x.request.Accept, func(media mediatype.Type) bool { return media.Plan != nil }) &&
		!x.options.PlansFor(x.identity)
}
