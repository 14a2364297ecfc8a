package response

import (
	"net/http"

	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// explanation is the response with an execution plan, of whatever was planned. What the
// client and the database want the explained response to say means nothing to it.
type explanation struct{}

func (explanation) content() content { return contentLines }

func (explanation) status(outcome) int { return http.StatusOK }

func (explanation) contentRange(outcome) string { return "" }

func (explanation) applied(apirequest.Preferences) apirequest.Preferences {
	return apirequest.Preferences{MaxAffected: -1}
}

func (explanation) setOwnHeaders(*header, *apirequest.Request, outcome) {}

func (explanation) overridable() bool { return false }

func (explanation) settlesLate() bool { return false }
