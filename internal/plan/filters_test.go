package plan_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// What a cast, a related field or an order without case can't be is refused beforehand.
func TestBuild_filters(t *testing.T) {
	t.Parallel()
	text, more := plan.New(archive(), plan.Config{}), plan.New(archive(), plan.Config{Casts: []string{"numeric", "double precision"}})
	allowed := []string{"text", "numeric", "double precision"}
	for _, tt := range []struct {
		query         string
		want, wantAll *apierror.Error // with text alone, and with more types; nil for none
	}{
		{"id::text=like.1*", nil, nil},
		{"id::numeric=like.1*", apierror.CastNotAllowed("numeric", []string{"text"}), nil},
		{"id::int=like.1*", apierror.CastNotAllowed("int", []string{"text"}), apierror.CastNotAllowed("int", allowed)},
		{"id::int=eq.1", nil, apierror.CastNotAllowed("int", allowed)}, // which PostgREST overlooks
		{"title::int=like.1*", nil, apierror.CastNotAllowed("int", allowed)},
		{"info->a::int=match.1", apierror.CastNotAllowed("int", []string{"text"}), apierror.CastNotAllowed("int", allowed)},
		{"info->>a::int=match.1", nil, apierror.CastNotAllowed("int", allowed)},
		{"full_title::int=like.1", nil, apierror.CastNotAllowed("int", allowed)},
		{"and=(id::TEXT.eq.1,id::Double  Precision.eq.1)", apierror.CastNotAllowed("Double  Precision", []string{"text"}), nil},
		{"order=id::numeric", apierror.CastNotAllowed("numeric", []string{"text"}), nil},
		{"select=directors()&directors(id::numeric)=eq.1", apierror.CastNotAllowed("numeric", []string{"text"}), nil},
		{"select=directors()&order=directors(id::numeric)", apierror.CastNotAllowed("numeric", []string{"text"}), nil},
		{"order=title.ci,full_title.ci,info->>a.ci,id::text.ci", nil, nil},
		{"order=id.ci", apierror.OrderWithoutCase("id.ci"), apierror.OrderWithoutCase("id.ci")},
		{"order=info->a.ci.desc", apierror.OrderWithoutCase("info->a.ci.desc"), apierror.OrderWithoutCase("info->a.ci.desc")},
		{"select=t:title&order=t.ci", apierror.OrderOfAlias("t.ci"), apierror.OrderOfAlias("t.ci")},
		{"select=directors()&directors(name)=eq.1", nil, nil},
		{"directors(name)=eq.1", apierror.NotEmbedded("directors"), apierror.NotEmbedded("directors")},
		{"title(name)=eq.1", nil, nil},
		{"select=roles(actors())&or=(roles(actors(name)).eq.1,roles(billing).is.null)", nil, nil},
		{"select=roles(actors())&roles(directors(name))=eq.1", apierror.NotEmbedded("directors"), apierror.NotEmbedded("directors")},
		{"select=sequel_of(directors())&order=sequel_of(directors(name)).ci", nil, nil},
		{"select=sequel_of()&order=sequel_of(directors(name))", apierror.NotEmbedded("directors"), apierror.NotEmbedded("directors")},
		{"select=sequel_of(roles())&order=sequel_of(roles(billing))", apierror.RelatedOrder("films", "roles"), apierror.RelatedOrder("films", "roles")},
	} {
		for planner, want := range map[*plan.Planner]*apierror.Error{text: tt.want, more: tt.wantAll} {
			_, err := planner.Build(request(t, http.MethodGet, "/films?"+strings.ReplaceAll(tt.query, " ", "%20")))
			if want == nil {
				require.NoError(t, err, tt.query)
				continue
			}
			require.Equal(t, want, err, tt.query)
		}
	}
}

// Conditions about related rows that are within each other multiply, and are bounded.
func TestBuild_related_bound(t *testing.T) {
	t.Parallel()
	planner := plan.New(archive(), plan.Config{})
	tooMany := apierror.TooManyRelated(1000)
	// nested has at each level conditions about the rows of the next one.
	nested := func(levels, conditions int) string {
		query, path := "select="+strings.Repeat("sequels(", levels)+strings.Repeat(")", levels), ""
		for range levels {
			query += "&" + path + "or=(" + strings.Repeat("sequels(id).eq.1,", conditions-1) + "sequels(id).eq.1)"
			path += "sequels."
		}
		return query
	}
	// through has other embeds between the levels, which no condition is about.
	through := func(levels int, embeds ...string) string {
		query, path := "select="+strings.Repeat("sequels(directors(),"+strings.Join(embeds, "(")+"(", levels)+strings.Repeat(")", levels*(1+len(embeds))), ""
		for range levels {
			query += "&" + path + "or=(" + strings.Repeat("sequels(directors(name)).eq.1,", 19) + "sequels(directors(name)).eq.1)"
			path += "sequels."
			for _, e := range embeds {
				e = e[strings.LastIndex(e, ",")+1:]
				path += strings.TrimSuffix(e, "!inner") + "."
			}
		}
		return query
	}
	for query, want := range map[string]*apierror.Error{
		through(3, "original"):                                                tooMany, // of which there may be several rows
		through(3, "roles", "billing,actors", "roles", "films"):               nil,
		through(3, "roles!inner", "billing,actors", "roles", "films"):         nil,
		through(3, "roles!inner", "billing.count(),actors", "roles", "films"): tooMany, // groups of all that they show
		nested(1, 1000): nil,
		nested(1, 1001): tooMany,
		nested(3, 5):    nil,
		nested(5, 5):    tooMany,
		nested(100, 2):  tooMany,
		"select=sequels()&sequels.or=(" + strings.Repeat("id.eq.1,", 98) + "id.eq.1)&or=(" + strings.Repeat("sequels(id).eq.1,", 9) + "sequels(id).eq.1)": nil,
		"select=sequels()&sequels.or=(" + strings.Repeat("id.eq.1,", 99) + "id.eq.1)&or=(" + strings.Repeat("sequels(id).eq.1,", 9) + "sequels(id).eq.1)": tooMany,
	} {
		_, err := planner.Build(request(t, http.MethodGet, "/films?"+query))
		if want == nil {
			require.NoError(t, err, query)
		} else {
			require.Equal(t, want, err, query)
		}
	}
}
