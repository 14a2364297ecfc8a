package apitest_test

import (
	"net/http"
	"testing"

	"github.com/pgrest-go/pgrest"
)

// With several schemas exposed, a profile header chooses among them. The first
// is the default.
func TestSchema(t *testing.T) {
	t.Parallel()
	api := serve(t, func(o *pgrest.Options) { o.Schemas = []string{"archive", "archive_v2"} })
	const hint = "Only the following schemas are exposed: archive, archive_v2"
	run(t, api,
		exchange{name: "default", target: "/films?id=eq.2&select=title", want: headers{"Content-Profile": "archive"}, body: `[{"title": "M"}]`},
		exchange{name: "named", target: "/films?id=eq.2&select=title", send: headers{"Accept-Profile": "archive"},
			want: headers{"Content-Profile": "archive"}, body: `[{"title": "M"}]`},
		exchange{name: "second", target: "/films?id=eq.2", send: headers{"Accept-Profile": "archive_v2"},
			want: headers{"Content-Profile": "archive_v2"}, body: `[{"id": 2, "name": "M", "first_shown": 1931, "director_id": 1}]`},
		exchange{name: "head", method: http.MethodHead, target: "/reviews", send: headers{"Accept-Profile": "archive_v2"},
			want: headers{"Content-Profile": "archive_v2", "Content-Range": "0-2/*"}},
		exchange{name: "options", method: http.MethodOptions, target: "/reviews", send: headers{"Accept-Profile": "archive_v2"},
			want: headers{"Content-Type": "", "Allow": "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"}},
		exchange{name: "table_of_the_first_only", target: "/directors", send: headers{"Accept-Profile": "archive_v2"}, status: 404,
			body: fault("PGRST205", "Could not find the table 'archive_v2.directors' in the schema cache", "", "")},
		exchange{name: "table_of_the_second_only", target: "/reviews", status: 404,
			body: fault("PGRST205", "Could not find the table 'archive.reviews' in the schema cache", "", "")},
		exchange{name: "not_exposed", target: "/staff", send: headers{"Accept-Profile": "private"}, status: 406,
			body: fault("PGRST106", "Invalid schema: private", "", hint)},
		exchange{name: "of_the_extra_search_path", target: "/films", send: headers{"Accept-Profile": "extra"}, status: 406,
			body: fault("PGRST106", "Invalid schema: extra", "", hint)},
		exchange{name: "unknown", target: "/films", send: headers{"Accept-Profile": "nowhere"}, status: 406,
			body: fault("PGRST106", "Invalid schema: nowhere", "", hint)},
		exchange{name: "in_capitals", target: "/films", send: headers{"Accept-Profile": "Archive"}, status: 406,
			body: fault("PGRST106", "Invalid schema: Archive", "", hint)},
		exchange{name: "content_profile_is_for_writes", target: "/films?id=eq.2&select=title", send: headers{"Content-Profile": "archive_v2"},
			want: headers{"Content-Profile": "archive"}, body: `[{"title": "M"}]`},
		exchange{name: "writes_to_what_is_not_exposed", method: http.MethodPost, target: "/staff", send: headers{"Content-Profile": "private"}, status: 406,
			body: fault("PGRST106", "Invalid schema: private", "", hint)},
	)
}

func TestSchema_single(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "is_not_named", target: "/films?id=eq.2&select=title", want: headers{"Content-Profile": ""}, body: `[{"title": "M"}]`},
		exchange{name: "others_are_out_of_reach", target: "/reviews", send: headers{"Accept-Profile": "archive_v2"}, status: 406,
			body: fault("PGRST106", "Invalid schema: archive_v2", "", "Only the following schemas are exposed: archive")},
		exchange{name: "so_are_qualified_names", target: "/private.staff", status: 404,
			body: fault("PGRST205", "Could not find the table 'archive.private.staff' in the schema cache", "", "")},
	)
}

// The search path is the request's schema and the extra ones.
func TestSchema_search_path(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		extra []string
		want  string
	}{
		{"public_by_default", nil, `\"archive\", \"public\"`},
		{"none", []string{}, `\"archive\"`},
		{"several", []string{"extra", "private"}, `\"archive\", \"extra\", \"private\"`},
		{"that_needs_quoting", []string{`odd "name"`}, `\"archive\", \"odd \"\"name\"\"\"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := exchange{target: "/whoami?select=search_path", body: `[{"search_path": "` + tt.want + `"}]`}
			x.check(t, ask(t, serve(t, func(o *pgrest.Options) { o.ExtraSearchPath = tt.extra }), x))
		})
	}
}
