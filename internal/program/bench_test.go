package program

import (
	"testing"

	"github.com/pgrest-go/pgrest/internal/plan"
)

// BenchmarkBuild finds the program of a shape that was seen before, and binds it.
func BenchmarkBuild(b *testing.B) {
	planner := plan.New(bindSchema(), plan.Config{MaxRows: 100})
	for _, bm := range []struct {
		name string
		asked
	}{
		{"single", asked{"GET", "/films?id=eq.1", "", "", ""}},
		{"filters", asked{"GET", "/films?select=id,title,directors(name)&title=like.a*&or=(id.in.(1,2),id.eq.4)&order=title&limit=10&offset=3", "", "count=exact", ""}},
		{"insert", asked{"POST", "/films", "", "return=representation", `{"id":1,"title":"a","director_id":4}`}},
		{"update", asked{"PATCH", "/films?id=eq.1", "", "", `{"title":"a"}`}},
		{"call", asked{"GET", "/rpc/add?a=1&b=2", "", "", ""}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			var cache Cache
			req := bm.parse(b)
			b.ReportAllocs()
			for b.Loop() {
				_, program, err := cache.Build(planner, &req.Shape)
				if err != nil {
					b.Fatal(err)
				}
				req.Values.Bind(program.Main.Args)
			}
		})
		b.Run(bm.name+"/from_the_start", func(b *testing.B) { // the request is read, too
			var cache Cache
			b.ReportAllocs()
			for b.Loop() {
				req := bm.parse(b)
				_, program, err := cache.Build(planner, &req.Shape)
				if err != nil {
					b.Fatal(err)
				}
				req.Values.Bind(program.Main.Args)
			}
		})
	}
}
