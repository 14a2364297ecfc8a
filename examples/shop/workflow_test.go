package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/pgrest-go/pgrest/examples/shop/migrations"
)

// The workflow runs when migrations are pushed, by the program's own command, and not before
// somebody has asked for it.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../.github/workflows/shop-deploy.yml")
	require.NoError(t, err)
	var workflow struct {
		On struct {
			Push     struct{ Paths []string }
			Dispatch any `yaml:"workflow_dispatch"`
		}
		Jobs map[string]struct {
			If    string
			Steps []struct {
				Run string
				Env map[string]string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &workflow))
	require.Equal(t, []string{"examples/shop/migrations/**"}, workflow.On.Push.Paths)
	job := workflow.Jobs["migrate"]
	require.Equal(t, "vars.SHOP_DEPLOY == 'true'", job.If)
	last := job.Steps[len(job.Steps)-1]
	require.Equal(t, "go run ./examples/shop migrate", last.Run)
	require.Equal(t, "${{ secrets.DATABASE_URL }}", last.Env["DATABASE_URL"])
}

// Each migration has the API read the schema anew, when it is committed.
func TestMigrations_notify(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/migrations/*.sql")
	require.NoError(t, err)
	require.Len(t, files, 21)
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(string(text), "\nNOTIFY pgrst, 'reload schema';\n"), name)
	}
	entries, err := migrations.FS.ReadDir(".")
	require.NoError(t, err)
	require.NotEmpty(t, entries)
	for _, entry := range entries {
		text, err := migrations.FS.ReadFile(entry.Name())
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(string(text), "\nNOTIFY pgrst, 'reload schema';\n"), entry.Name())
	}
}
