package response

import (
	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// encoder is what makes the body of the rows.
func (r *response) encoder() encode.Encoder {
	if r.content == contentLines {
		return encode.NewLines()
	}
	columns, strip := r.result.Columns, r.plan.Root.StripNulls
	switch r.plan.Format {
	case plan.FormatObject:
		return encode.NewObject(columns, strip)
	case plan.FormatSingle:
		return encode.OrNull(encode.NewObject(columns, strip))
	case plan.FormatCSV:
		return encode.NewCSV(columns)
	case plan.FormatGeoJSON:
		return encode.NewGeoJSON()
	case plan.FormatScalars:
		return encode.NewScalars(columns[0], strip)
	case plan.FormatScalar:
		return encode.NewScalar(columns[0])
	case plan.FormatRows:
		return r.config.Encoders[r.plan.Media.Name](columns)
	case plan.FormatRaw:
		return raw{r.result}
	default:
		return encode.NewArray(columns, strip)
	}
}

// raw encodes values as they are.
type raw struct{ result *executor.Result }

func (r raw) Start(dst []byte) []byte { return dst }

func (r raw) Row(dst []byte, _ [][]byte) []byte { return append(dst, r.result.Raw()...) }

func (r raw) End(dst []byte) []byte { return dst }
