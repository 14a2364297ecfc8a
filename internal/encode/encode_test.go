package encode_test

import (
	"fmt"
	"testing"

	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/query"
)

func ExampleNewArray() {
	e := encode.NewArray([]query.Column{
		{Name: "id", Encoding: query.Verbatim},
		{Name: "title", Encoding: query.Text},
	}, false)
	body := e.Start(nil)
	body = e.Row(body, [][]byte{[]byte("1"), []byte(`The "Third" Man`)})
	body = e.End(body)
	fmt.Println(string(body))
	// Output: [{"id":1,"title":"The \"Third\" Man"}]
}

func ExampleNewCSV() {
	e := encode.NewCSV([]query.Column{{Name: "id"}, {Name: "title"}})
	body := e.Start(nil)
	body = e.Row(body, [][]byte{[]byte("1"), []byte("The Third Man")})
	body = e.Row(body, [][]byte{[]byte("2"), nil})
	body = e.End(body)
	fmt.Println(string(body))
	// Output:
	// id,title
	// 1,"The Third Man"
	// 2,
}

// films is a result of eight columns, n rows long.
func films(n int) ([]query.Column, [][][]byte) {
	columns := []query.Column{
		{Name: "id", Encoding: query.Verbatim},
		{Name: "title", Encoding: query.Text},
		{Name: "synopsis", Encoding: query.Text},
		{Name: "rating", Encoding: query.Number},
		{Name: "restored", Encoding: query.Bool},
		{Name: "released", Encoding: query.Text},
		{Name: "added_at", Encoding: query.TimestampTZ},
		{Name: "info", Encoding: query.Verbatim},
	}
	rows := make([][][]byte, n)
	for i := range rows {
		rows[i] = row(
			fmt.Sprint(i), fmt.Sprintf("The Film Number %d", i),
			"A long story of a \"film\" that somebody made,\nand of what became of it. ",
			"7.25", "t", "1949-09-02", "2024-05-01 10:00:00.25+00", `{"length": 104, "colour": false}`,
		)
		if i%4 == 3 {
			rows[i][2] = nil
		}
	}
	return columns, rows
}

func encoders(columns []query.Column) map[string]encode.Encoder {
	return map[string]encode.Encoder{
		"array":    encode.NewArray(columns, false),
		"stripped": encode.NewArray(columns, true),
		"csv":      encode.NewCSV(columns),
	}
}

func BenchmarkRow(b *testing.B) {
	columns, rows := films(64)
	for _, name := range []string{"array", "stripped", "csv"} {
		b.Run(name, func(b *testing.B) {
			e := encoders(columns)[name]
			dst := e.Start(make([]byte, 0, 1<<16))
			for _, r := range rows {
				dst = e.Row(dst, r)
			}
			b.SetBytes(int64(len(dst) / len(rows)))
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				dst = e.Row(dst[:0], rows[i%len(rows)])
				i++
			}
		})
	}
}

func BenchmarkText(b *testing.B) {
	for _, size := range []int{8, 64, 4096} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			value := row(string(make([]byte, 0, size)))
			for range size {
				value[0] = append(value[0], 'x')
			}
			e := encode.NewObject([]query.Column{{Name: "v", Encoding: query.Text}}, false)
			dst := make([]byte, 0, 2*size+16)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				dst = e.Row(dst[:0], value)
			}
		})
	}
}
