package query

import "github.com/pgrest-go/pgrest/internal/plan"

// deletion renders DELETE.
func deletion(m *plan.Mutate) fragment {
	f := sql("DELETE FROM " + target(m))
	f.join(where(toWrite(m)))
	return f
}
