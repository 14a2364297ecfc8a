package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// contextOf is the test's context, but not cancelled before its cleanup.
func contextOf(t *testing.T) context.Context { return context.WithoutCancel(t.Context()) }

func TestParseCommand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args    string
		want    command
		wantErr string
	}{
		{"", command{}, ""},
		{"a.conf", command{file: "a.conf"}, ""},
		{"-h", command{option: "--help"}, ""},
		{"-v", command{option: "--version"}, ""},
		{"-e", command{option: "--example"}, ""},
		{"--dump-config a.conf", command{option: "--dump-config", file: "a.conf"}, ""},
		{"a.conf --dump-schema", command{option: "--dump-schema", file: "a.conf"}, ""},
		{"--ready", command{option: "--ready"}, ""},
		{"--strict", command{strict: true}, ""},
		{"--dump-config --strict a.conf", command{option: "--dump-config", file: "a.conf", strict: true}, ""},
		{"--ready --ready", command{option: "--ready"}, ""},
		{"--ready --dump-config", command{}, "--ready and --dump-config can't be had at once"},
		{"a.conf b.conf", command{}, "there can be only one configuration file, not a.conf and b.conf"},
		{"--port", command{}, "--port is not an option"},
	}
	for _, test := range tests {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			c, err := parseCommand(strings.Fields(test.args))
			if test.wantErr != "" {
				require.ErrorContains(t, err, test.wantErr)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, c)
		})
	}
}

// shown gives what an option prints.
func shown(t *testing.T, args, env string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), strings.Fields(args), environ(env), &out, io.Discard)
	return out.String(), err
}

func TestShow(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--help": "Usage: ", "-v": "PostgREST 16", "-e": `# db-schemas = "public"`, "--example": `# jwt-role-claim-key = "$$.role"`,
	} {
		out, err := shown(t, args, "")
		require.NoError(t, err)
		require.Contains(t, out, want)
	}
	_, err := shown(t, "--dump-config", "LOG_LEVEL=x")
	require.ErrorContains(t, err, "configuration: PGRST_LOG_LEVEL has to be")
	_, err = shown(t, "--dump-config --strict", "DB_POOL=x; NOT_EXISTING=1")
	require.ErrorContains(t, err, "configuration: PGRST_DB_POOL: setting has a value of the wrong type")
	require.ErrorContains(t, err, "PGRST_NOT_EXISTING: setting is unknown")
	_, err = shown(t, "--dump-config no/such/file", "")
	require.ErrorContains(t, err, "configuration: open no/such/file")
}

func TestDumpConfig(t *testing.T) {
	t.Parallel()
	out, err := shown(t, "--dump-config", `DB_CONFIG=0; DB_SCHEMAS=a, "b"; DB_SCHEMA=c; SECRET_IS_BASE64=1; `+
		`JWT_SECRET=-_-_`+strings.Repeat("A", 40)+`AA..; APP_SETTINGS_SITE=x; ADMIN_SERVER_PORT=3001; SERVER_HOST=localhost`)
	require.NoError(t, err)
	require.Equal(t, `admin-server-host = "localhost"
admin-server-port = 3001
admin-server-unix-socket = ""
admin-server-unix-socket-mode = "660"
app.settings.site = "x"
client-error-verbosity = "verbose"
db-aggregates-enabled = false
db-anon-role = ""
db-channel = "pgrst"
db-channel-enabled = true
db-config = false
db-extra-search-path = "public"
db-hoisted-tx-settings = "statement_timeout,plan_filter.statement_cost_limit,default_transaction_isolation"
db-max-rows = ""
db-plan-enabled = false
db-pool = 10
db-pool-acquisition-timeout = 10
db-pool-automatic-recovery = true
db-pool-max-idletime = 30
db-pool-max-lifetime = 1800
db-pre-config = ""
db-pre-request = ""
db-prepared-statements = true
db-root-spec = ""
db-schemas = "a,\"b\""
db-tx-end = "commit"
db-uri = "postgresql://"
jwt-aud = ""
jwt-cache-max-entries = 1000
jwt-role-claim-key = "$$.role"
jwt-secret = "+/+/`+strings.Repeat("A", 40)+`AA=="
jwt-secret-is-base64 = true
log-level = "error"
log-query = false
openapi-mode = "follow-privileges"
openapi-security-active = false
openapi-server-proxy-uri = ""
server-cors-allowed-origins = ""
server-host = "localhost"
server-port = 3000
server-reuseport = false
server-timing-enabled = false
server-trace-header = ""
server-unix-socket = ""
server-unix-socket-mode = "660"
url-use-legacy-target-names = true
`, out)
}

// A setting that the reference doesn't have is explained in the example, and dumped only if
// it is set.
func TestDumpConfig_own(t *testing.T) {
	t.Parallel()
	out, err := shown(t, "--example", "")
	require.NoError(t, err)
	require.Contains(t, out, " The reference has no such setting.\n# db-post-only = \"\"\n")
	out, err = shown(t, "--dump-config", "DB_CONFIG=0; DB_POST_ONLY=login, sign_up")
	require.NoError(t, err)
	require.Contains(t, out, "\ndb-post-only = \"login,sign_up\"\n")
	require.NotContains(t, out, "openapi-title")
	require.NotContains(t, out, "server-trust-proxy-headers")
	out, err = shown(t, "--dump-config", "DB_CONFIG=0; SERVER_TRUST_PROXY_HEADERS=true; OPENAPI_TITLE=Films")
	require.NoError(t, err)
	require.Contains(t, out, "\nopenapi-title = \"Films\"\n")
	require.Contains(t, out, "\nserver-trust-proxy-headers = true\n")
	out, err = shown(t, "--dump-config", "DB_CONFIG=0; DB_REPLICA_URIS= postgres://a/b   postgres://c/d ; DB_VERSION_COLUMNS= a = b ,c=; EXTENSIONS_DISABLED= upserts, batches; DB_FILTER_CASTS= numeric, double precision ; DB_NULL_ROWS=true; DB_IDEMPOTENCY_TABLE=private")
	require.NoError(t, err)
	require.Contains(t, out, "\ndb-replica-uris = \"postgres://a/b postgres://c/d\"\n")
	require.Contains(t, out, "\ndb-version-columns = \"a=b,c=\"\n")
	require.Contains(t, out, "\ndb-filter-casts = \"numeric,double precision\"\n")
	require.Contains(t, out, "\ndb-null-rows = true\n")
	require.Contains(t, out, "\nextensions-disabled = \"upserts,batches\"\n")
	require.Contains(t, out, "\ndb-idempotency-table = \"private\"\n")
	out, err = shown(t, "--dump-config", "DB_CONFIG=0; LOG_FORMAT=apache")
	require.NoError(t, err)
	require.Contains(t, out, "\nlog-format = \"apache\"\n")
}

// A dump needs no database. Without one, it warns that settings may be missing.
func TestDumpConfigWithoutDatabase(t *testing.T) {
	t.Parallel()
	for _, env := range []string{"DB_URI=postgres://a@127.0.0.1:1/none?sslmode=disable", "DB_URI=host=/no/such/folder", "DB_URI=films"} {
		var out, notices bytes.Buffer
		require.NoError(t, run(t.Context(), []string{"--dump-config"}, environ(env+"; DB_POOL=x; DB_SCHEMAS=a"), &out, &notices))
		require.Contains(t, out.String(), "\ndb-schemas = \"a\"\n")
		require.Contains(t, out.String(), "\ndb-pool = 10\n")
		require.Contains(t, notices.String(), "configuration without the settings in the database, which can't be read")
		require.Contains(t, notices.String(), "setting=PGRST_DB_POOL")
	}
}

// A dump doesn't wait for a database that doesn't answer.
func TestDumpConfigWithoutAnswer(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	out, err := shown(t, "--dump-config", "DB_URI=postgres://a@"+silent.Addr().String()+"/none?sslmode=disable")
	require.NoError(t, err)
	require.Contains(t, out, "\ndb-config = true\n")
}

// A path of the older form is printed with its names in quotes.
func TestDumpConfigDottedPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		".role":                            `.\"role\"`,
		`.a."b c".d_$@1[07].e`:             `.\"a\".\"b c\".\"d_$$@1\"[7].\"e\"`,
		`.roles[?(@ == "role1")]`:          `.\"roles\"[?(@ == \"role1\")]`,
		`.roles[?(@   != "a.b[0]")]`:       `.\"roles\"[?(@ != \"a.b[0]\")]`,
		`.roles[?(@^=="x")]`:               `.\"roles\"[?(@ ^== \"x\")]`,
		`.roles[0][?(@ ==^ "x")]`:          `.\"roles\"[0][?(@ ==^ \"x\")]`,
		`.é[?(@ *== "x")]`:                 `.\"é\"[?(@ *== \"x\")]`,
		`$.roles[?(@ == 'x')]`:             `$$.roles[?(@ == 'x')]`,
		`$["https://a.example/x"][0].role`: `$$[\"https://a.example/x\"][0].role`,
	} {
		out, err := shown(t, "--dump-config", "DB_CONFIG=0; JWT_ROLE_CLAIM_KEY="+path)
		require.NoError(t, err)
		require.Contains(t, out, "\njwt-role-claim-key = \""+want+"\"\n")
		again, err := shown(t, "--dump-config "+configFile(t, out), "")
		require.NoError(t, err)
		require.Equal(t, out, again)
	}
}

// A dump is a configuration file of the same configuration.
func TestDumpConfigAsFile(t *testing.T) {
	t.Parallel()
	awkward := "DB_CONFIG=0; JWT_ROLE_CLAIM_KEY=$['a \"b\"'].c; APP_SETTINGS_A=tab\tline\nback\\slash $(HOME) \"quoted\"; DB_ANON_ROLE=a\\\"$$b"
	dumped, err := shown(t, "--dump-config", awkward)
	require.NoError(t, err)
	again, err := shown(t, "--dump-config "+configFile(t, dumped), "")
	require.NoError(t, err)
	require.Equal(t, dumped, again)
	c, err := sources{file: configFile(t, dumped)}.read()
	require.NoError(t, err)
	require.Equal(t, "tab\tline\nback\\slash $(HOME) \"quoted\"", c["app.settings.a"].value)
}

func TestDumpConfigOfDatabase(t *testing.T) {
	t.Parallel()
	db := newConfigured(t)
	db.exec(t, `ALTER ROLE %role SET pgrst.db_schemas = 'archive, archive_v2'`)
	out, err := shown(t, "--dump-config", "DB_URI="+db.url)
	require.NoError(t, err)
	require.Contains(t, out, "\ndb-schemas = \"archive,archive_v2\"\n")
}

func TestDumpSchema(t *testing.T) {
	t.Parallel()
	out, err := shown(t, "--dump-schema", "DB_URI="+pgtest.Clone(t).AuthenticatorURL+"; DB_SCHEMAS=archive")
	require.NoError(t, err)
	requireSchemaCache(t, out)
}

// requireSchemaCache fails unless text is a schema cache of the archive.
func requireSchemaCache(t *testing.T, text string) {
	t.Helper()
	var members map[string][]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text), &members))
	require.Len(t, members, 5)
	for _, name := range []string{"dbTables", "dbRelationships", "dbRoutines", "dbRepresentations", "dbMediaHandlers"} {
		require.Contains(t, members, name)
	}
	require.NotEmpty(t, members["dbTables"])
	require.NotEmpty(t, members["dbRelationships"])
	require.NotEmpty(t, members["dbRoutines"])
	require.Contains(t, text, `"Name":"genres"`)
}

func TestReady(t *testing.T) {
	t.Parallel()
	status := func(code int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/ready" {
				w.WriteHeader(code)
			}
		})
	}
	good, bad := httptest.NewServer(status(200)), httptest.NewServer(status(503))
	defer good.Close()
	defer bad.Close()
	socket := socketPath(t)
	listener, err := endpoint{socket: socket, socketMode: 0o600}.listen(t.Context())
	require.NoError(t, err)
	atSocket := &http.Server{Handler: status(200)}
	go func() { _ = atSocket.Serve(listener) }()
	defer atSocket.Close()
	_, goodPort, _ := net.SplitHostPort(good.Listener.Addr().String())
	_, badPort, _ := net.SplitHostPort(bad.Listener.Addr().String())

	tests := []struct{ name, env, want, wantErr string }{
		{"ready", "SERVER_HOST=127.0.0.1; ADMIN_SERVER_PORT=" + goodPort, "OK: http://127.0.0.1:" + goodPort + "/ready\n", ""},
		{"ready at a socket", "ADMIN_SERVER_UNIX_SOCKET=" + socket, "OK: http://localhost/ready\n", ""},
		{"not ready", "ADMIN_SERVER_HOST=127.0.0.1; ADMIN_SERVER_PORT=" + badPort, "", "answers 503"},
		{"nobody there", "SERVER_HOST=[::1]; ADMIN_SERVER_PORT=1", "", "http://[::1]:1/ready"},
		{"no admin server", "", "", "admin-server-port is not set"},
		{"special host", "ADMIN_SERVER_PORT=" + goodPort, "", "!4 is no host to ask"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, err := shown(t, "--ready", test.env)
			require.Equal(t, test.want, out)
			if test.wantErr == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.wantErr)
			}
		})
	}
}
