package pgrest

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/forwarded"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/response"
	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
	"github.com/pgrest-go/pgrest/typescript"
)

// inspect answers with a description of the API, of which the database says what
// the role may use.
func (x *exchange) inspect(schema *snapshot, p *plan.Inspect) error {
	role := schema.cache.RoleSettings(x.identity.Role)
	session := executor.Session{
		Identity: x.identity, Context: x.context(role.Settings, nil), PreRequest: x.preRequest, ReadOnly: true,
		Isolation: role.Isolation,
	}
	x.routed(&session, nil)
	result, err := x.executor.Once(x.r.Context(), session, executor.Command{
		Program: query.BuildInspection(p), Expect: plan.Expectation{MaxAffected: -1},
	})
	if err != nil {
		return err
	}
	defer result.Close()
	var granted privileges
	for result.Next() {
		granted.add(result.Values())
	}
	if err := result.Err(); err != nil {
		return err
	}
	x.clock.lap("transaction")
	config := x.openAPI(p.Media)
	selection, decided := func() openapi.Selection { return granted.selection(schema.cache, p) }, ""
	if x.options.Decide != nil {
		var offered openapi.Selection
		offered, decided = x.offeredOf(schema, selection())
		selection = func() openapi.Selection { return offered }
	}
	key := strings.Join([]string{p.Media.Name, p.Schema, granted.fingerprint(), decided}, " ")
	document, err := schema.documents.get(key, func() (template, error) {
		return describe(p.Media, schema.cache, selection(), config)
	})
	if err != nil {
		return err
	}
	parts, err := document.template.Parts(config)
	if err != nil {
		return err
	}
	response.Document(&x.w, x.request, p.Media, parts, document.tag(parts), x.r.Header["If-None-Match"], x.config)
	return nil
}

// describe makes the description in the form that was asked for, for clients that reach
// the API wherever they do.
func describe(media mediatype.Type, cache *introspect.SchemaCache, s openapi.Selection, c openapi.Config) (template, error) {
	switch media.Name {
	case mediatype.TypeScript:
		return fixed(typescript.Types(cache, []openapi.Selection{s}, typescript.Config{})), nil
	case mediatype.OpenAPI31:
		return openapi.DocumentTemplate(cache, s, c), nil
	case mediatype.OpenAPI31YAML:
		return openapi.DocumentTemplate(cache, s, c).YAML()
	}
	return openapi.SwaggerTemplate(cache, s, c), nil
}

func (x *exchange) openAPI(media mediatype.Type) openapi.Config {
	at := x.origin()
	return openapi.Config{
		Version: response.ProtocolVersion, Title: x.options.OpenAPITitle, DocsVersion: "v16",
		ServerURL: x.options.OpenAPIServerURL, Host: at.Host, HTTPS: at.HTTPS, BasePath: at.Path,
		Security: x.options.OpenAPISecurity, MaxRows: int(max(0, x.options.MaxRows)), SearchPath: x.options.ExtraSearchPath,
		TypeScript: !x.options.without(TypeScript), Upserts: !x.options.without(Upserts), BulkUpdates: !x.options.without(BulkUpdates),
		Conditional: !x.options.without(Conditional), KeysetPages: !x.options.without(KeysetPages), Grouping: !x.options.without(Grouping),
		Filters: !x.options.without(Filters), NullRows: x.options.NullRows, NestedInserts: !x.options.without(NestedInserts),
		Batches: !x.options.without(Batches), IdempotencyKeys: x.options.Idempotency.on(), Operators: x.options.describedOperators(),
		Additions: x.options.additions(media),
	}
}

// origin is where the client reaches the API: what the request says, or the proxy before us
// if it is to be trusted.
func (x *exchange) origin() forwarded.Origin {
	o := forwarded.Origin{Host: x.r.Host, HTTPS: x.r.TLS != nil, Path: x.request.Mount}
	if x.options.TrustProxyHeaders {
		o.Forward(x.r.Header)
	}
	return o
}
