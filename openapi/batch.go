package openapi

// batchID is the operationId of batches.
const batchID = "run_batch"

// batchType is the media type of batches.
const batchType = "application/vnd.pgrst.batch+json"

// addBatchSchemas adds the schemas of a request of a batch, and of what it is answered with.
func (d *document) addBatchSchemas() {
	text := func(description string) object { return object{{"type", "string"}, {"description", description}} }
	base64 := object{{"type", "string"}, {"const", "base64"}, {"description", "That the body is in base64."}}
	request := object{
		{"type", "object"},
		{"required", []string{"method", "path"}},
		{"additionalProperties", false},
		{"properties", object{
			{"name", object{{"type", "string"}, {"pattern", "^[A-Za-z][A-Za-z0-9_-]*$"}, {"description", "What later requests refer to this one by."}}},
			{"method", text("The method, as of a request of its own.")},
			{"path", object{{"type", "string"}, {"pattern", "^/"}, {"description", "The path and the query. `{name/pointer}` is what an earlier request was answered " +
				"with, at a JSON Pointer (RFC 6901), and can be the whole of a filter's value: `/lines?order_id=eq.{order/0/id}`."}}},
			{"headers", object{{"type", "object"}, {"additionalProperties", object{{"type", "string"}}},
				{"description", "Accept, Accept-Profile, Content-Profile, Content-Type, If-Match, If-None-Match, Prefer, Range and Range-Unit; all others are those of the batch."}}},
			{"body", object{{"description", "The body: JSON, in which `{\"$ref\": \"name/pointer\"}` is what an earlier request was answered with, or a string of another media type."}}},
			{"encoding", base64},
		}},
	}
	answer := object{
		{"type", "object"},
		{"required", []string{"status", "headers", "body"}},
		{"properties", object{
			{"status", object{{"type", "integer"}}},
			{"headers", object{{"type", "object"}, {"additionalProperties", object{{"type", "string"}}}}},
			{"body", object{{"description", "The body: JSON, or a string of another media type; null for none."}}},
			{"encoding", base64},
		}},
	}
	d.schemas = append(d.schemas, member{ownPrefix + "BatchRequest", request}, member{ownPrefix + "BatchResponse", answer})
}

// batchOperation runs several of the other operations in one transaction.
func (d *document) batchOperation() object {
	list := func(of string) object {
		return object{{"type", "array"}, {"items", component("schemas", ownPrefix+of)}}
	}
	return object{
		{"operationId", batchID},
		{"tags", []string{rootTag}},
		{"summary", "Run several requests in order, in one transaction"},
		{"description", "If one of them fails, nothing is done, and the answer is its error, with its place in details, as `{\"index\": 1, …}`. " +
			"Batches that only read see one snapshot."},
		{"parameters", distinctParameters(ownParameters("Prefer.batch"), d.profile("Content-Profile"))},
		{"requestBody", object{
			{"required", true},
			{"content", object{{batchType, object{
				{"schema", append(list("BatchRequest"), member{"minItems", 1})},
			}}}},
		}},
		{"responses", append(object{
			{"200", response("What the requests were answered with, in their order", content(list("BatchResponse")), "Preference-Applied")},
		}, d.writeErrors...)},
	}
}
