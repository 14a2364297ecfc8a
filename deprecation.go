package pgrest

import (
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/response"
)

// warnOfNames logs that the request, which has been answered, calls embeds by their
// relations although they have aliases, as the response's Warning header says, too.
func (x *exchange) warnOfNames() {
	if x.planned == nil {
		return
	}
	if names := x.planned.Answered().LegacyNames; len(names) > 0 {
		x.options.Logger.WarnContext(x.r.Context(), "embed called by its relation although it has an alias, which is deprecated and will stop working",
			"update", response.Renames(names), "method", x.r.Method, "url", apierror.Cut(x.r.URL.RequestURI()))
	}
}
