package pgrest

import "github.com/pgrest-go/pgrest/internal/apierror"

// events are those of the batch's requests that were begun.
func (b *batched) events() []Event {
	var events []Event
	for i, it := range b.items {
		if it == nil || it.w.status == 0 && i != b.at {
			continue
		}
		e := Event{
			Method: apierror.Cut(it.r.Method), Resource: it.resource(), Role: b.identity.Role,
			Status: it.w.status, Bytes: it.w.bytes, Rows: it.observed.rows,
		}
		if it.observed.planned {
			e.Schema, e.Name = it.request.Schema, it.request.Name
		}
		if it.program != nil {
			e.SQL, e.Shape = apierror.CutTo(it.program.Main.SQL, maxSQL), it.program.Shape
		}
		if i == b.at && b.failure != nil {
			e.Status, e.Err, e.Code, e.ClientCaused = b.failure.Status, newError(b.failure), b.observed.code, b.clientCaused()
		}
		events = append(events, e)
	}
	return events
}
