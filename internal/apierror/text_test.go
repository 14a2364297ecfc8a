package apierror_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

func TestCut(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "short", strings.Repeat("a", 1024), strings.Repeat("é", 512)} {
		require.Equal(t, text, apierror.Cut(text))
	}
	for name, character := range map[string]string{"ASCII": "a", "two bytes": "é", "three bytes": "€", "four bytes": "🎞", "no UTF-8": "\xbf"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for length := 1025; length < 1035; length++ {
				text := ("begin " + strings.Repeat(character, length))[:length+6] + " end"
				short := apierror.Cut(text)
				require.LessOrEqual(t, len(short), 1024)
				require.Contains(t, short, "…")
				require.True(t, strings.HasPrefix(short, "begin ") && strings.HasSuffix(short, " end"), short)
				if utf8.ValidString(text) {
					require.True(t, utf8.ValidString(short), short)
				}
				if character != "\xbf" {
					require.Greater(t, len(short), 1000)
				}
			}
		})
	}
}

// Whatever an error quotes, its body stays small, and so does what is logged of it.
func TestError_Body_bounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 1<<18)
	names := strings.Fields(long)
	for name, err := range map[string]error{
		"message":     &apierror.Error{Code: "C", Message: long},
		"details":     &apierror.Error{Code: "C", Message: "m", Details: long},
		"hint":        &apierror.Error{Code: "C", Message: "m", Hint: long},
		"PostgreSQL":  fmt.Errorf("run: %w", &pgconn.PgError{Code: "22P02", Message: `invalid input syntax for type integer: "` + long + `"`, Detail: long, Hint: long}),
		"table":       apierror.TableNotFound(long, long),
		"column":      apierror.ColumnNotFound("films", long),
		"function":    apierror.FunctionNotFound(apierror.Call{Function: long, Arguments: names}, long),
		"embed":       apierror.RelationshipNotFound("api", "films", long, long, long),
		"ambiguous":   apierror.RelationshipAmbiguous("films", long, nil),
		"schema":      apierror.SchemaNotExposed(long, []string{"api"}),
		"media types": apierror.NotAcceptable(names),
		"preferences": apierror.InvalidPreferences(names),
		"method":      apierror.UnsupportedMethod(long),
		"body":        apierror.InvalidBody("Content-Type not acceptable: " + long),
		"unknown":     errors.New(long),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := apierror.From(err, false).Body(false)
			require.True(t, json.Valid(body))
			require.Less(t, len(body), 4<<10)
			logged := apierror.ForLog(err)
			require.LessOrEqual(t, len(logged.Error()), 1<<10)
			require.ErrorIs(t, logged, err)
		})
	}
	require.EqualError(t, apierror.ForLog(errors.New("x")), "x")
}

// A text that is cut keeps its beginning and its end, where the fault and its place are.
func TestError_Body_ends(t *testing.T) {
	t.Parallel()
	err := apierror.From(&pgconn.PgError{Code: "22P02", Message: `invalid value "` + strings.Repeat("x", 1<<20) + `" for film`}, false)
	require.Regexp(t, `"message":"invalid value \\"x+…x+\\" for film"`, string(err.Body(false)))
}

// A function may raise longer texts, up to a bound of their own.
func TestError_Body_raised(t *testing.T) {
	t.Parallel()
	const details = `{"status": 451, "headers": {}}`
	for name, err := range map[string]*pgconn.PgError{
		"exception": {Code: "P0001", Message: strings.Repeat("x", 10<<10)},
		"status":    {Code: "PT451", Message: strings.Repeat("x", 10<<10)},
		"JSON":      {Code: "PGRST", Message: `{"code": "F451", "message": "` + strings.Repeat("x", 10<<10) + `"}`, Detail: details},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, string(apierror.From(err, false).Body(false)), strings.Repeat("x", 10<<10))
			err.Message = strings.Replace(err.Message, "xx", strings.Repeat("x", 1<<20), 1)
			require.Less(t, len(apierror.From(err, false).Body(false)), 20<<10)
		})
	}
}
