package otel_test

import (
	"os"
	"testing"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
