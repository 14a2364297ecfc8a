package encode_test

// samples holds SQL expressions for every type of pg_catalog that a column can
// have, by pg_type's name. Each is cast to the type; a NULL is added to all.
var samples = map[string][]string{
	"bool":    {"true", "false"},
	"int2":    {"0", "-32768", "32767"},
	"int4":    {"0", "-2147483648", "2147483647"},
	"int8":    {"0", "'-9223372036854775808'", "9223372036854775807"},
	"float4":  floats,
	"float8":  append([]string{"1e300", "-1e-300", "0.1 + 0.2::float8"}, floats...),
	"numeric": {"0", "'-0'", "'NaN'", "'Infinity'", "'-Infinity'", "1e-30", "1.50", "'-123456789012345678901234567890123456789012345678'", "'0.123456789012345678901234567890123456789012345678'", "1e100"},
	"money":   {"0", "1234.5", "-0.01"},

	"text":      texts,
	"varchar":   texts,
	"bpchar":    append([]string{"'padded'::char(12)"}, texts...),
	"name":      {"''", "'a \"name\"'", `'back\slash'`, "E'line\\nbreak'"},
	"char":      {"''", "'a'", `'"'`, `'\'`, "E'\\x01'"},
	"xml":       {"'<a b=\"c\">d</a>'", "E'<a>\\n\\t<b/></a>'", "'no element'"},
	"json":      jsons,
	"jsonb":     jsons,
	"jsonpath":  {"'$'", `'$.a[*] ? (@ > 1)'`, `'$."a b" == "\""'`},
	"bytea":     {`''`, `'\xdeadbeef'`, `'text'`, `'\x00'`},
	"uuid":      {"'00000000-0000-0000-0000-000000000000'", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"},
	"bit":       {"B'101'::bit(3)", "B'0'"},
	"varbit":    {"B''", "B'10110'"},
	"tsvector":  {"''", "'a fat cat'", `'''quo"ted back\\slash'':1A,2'`, `to_tsvector('simple', 'The Fat Rats')`},
	"tsquery":   {"''", "'fat & (rat | !cat)'", `'''quo "ted'':*'`},
	"gtsvector": {"NULL"}, // lives in indexes only and can't be read

	"date":        {"'2020-02-29'", "'infinity'", "'-infinity'", "'0044-03-15 BC'", "'10000-01-01'", "'0001-01-01'"},
	"time":        {"'00:00'", "'24:00'", "'10:11:12.123456'", "'10:11:12.5'"},
	"timetz":      {"'10:11:12+00'", "'10:11:12.5+05:30'", "'24:00-08'", "'00:00+00:19:32'"},
	"timestamp":   timestamps,
	"timestamptz": append([]string{"'2020-01-01 10:00:00+05:30'", "'1890-06-01 12:00:00.25+00'", "'1900-01-01 00:00:00+00'"}, timestamps...),
	"interval":    {"'0'", "'1 year 2 mons -3 days 04:05:06.789'", "'-1 day'", "'178000000 years'", "'1 microsecond'"},

	"point":   {"'(1,2)'", "'(NaN,Infinity)'", "'(1e-300,-0)'"},
	"lseg":    {"'[(0,0),(1,1.5)]'"},
	"path":    {"'[(0,0),(1,1)]'", "'((0,0),(1,1),(2,0))'"},
	"box":     {"'(2,2),(0,0)'"},
	"polygon": {"'((0,0),(1,1),(2,0))'"},
	"line":    {"'{1,-1,0}'"},
	"circle":  {"'<(1,2),3.5>'"},

	"inet":     {"'192.168.0.1'", "'10.1.2.3/8'", "'::1'", "'2001:db8::/32'"},
	"cidr":     {"'10.0.0.0/8'", "'2001:db8::/32'"},
	"macaddr":  {"'08:00:2b:01:02:03'"},
	"macaddr8": {"'08:00:2b:01:02:03:04:05'"},

	"int4range":      {"'empty'", "'[1,5)'", "'(,)'", "'[7,7]'"},
	"int8range":      {"'empty'", "'[1,9223372036854775807)'"},
	"numrange":       {"'[1.50,2)'", "'[NaN,)'", "'(-Infinity,0]'"},
	"daterange":      {"'[2020-01-01,2020-02-01)'", "'(,infinity)'"},
	"tsrange":        {"'[2020-01-01 10:00,2020-01-01 11:00)'", "'[,infinity]'"},
	"tstzrange":      {"'[2020-01-01 10:00+00,2020-01-01 18:00:00.5+05:30)'", "'empty'"},
	"int4multirange": {"'{}'", "'{[1,3),[5,9)}'"},
	"int8multirange": {"'{[1,3),[5,)}'"},
	"nummultirange":  {"'{[1.5,2),[NaN,]}'"},
	"datemultirange": {"'{[2020-01-01,2020-02-01)}'"},
	"tsmultirange":   {"'{[2020-01-01 10:00,2020-01-01 11:00)}'"},
	"tstzmultirange": {"'{[2020-01-01 10:00+00,2020-01-01 18:00+05:30)}'"},

	"oid":           {"0", "16384", "4294967295"},
	"regclass":      {"'pg_class'", `'"odd "" name, (it is)"'`, "0::oid", "4294967295::oid"},
	"regcollation":  {`'"C"'`, "0::oid"},
	"regconfig":     {"'simple'", "'english'"},
	"regdictionary": {"'simple'"},
	"regnamespace":  {"'pg_catalog'", "0::oid"},
	"regoper":       {"'pg_catalog.||/'", "0::oid"},
	"regoperator":   {"'+(integer,integer)'", "'-(NONE,integer)'"},
	"regproc":       {"'pg_sleep'", "'pg_catalog.now'"},
	"regprocedure":  {"'lower(text)'", "'now()'"},
	"regrole":       {"10::oid", "0::oid"},
	"regtype":       {"'integer'", `'"char"'`, "'timestamp with time zone[]'"},
	"cid":           {"'0'", "'4294967295'"},
	"tid":           {"'(0,1)'", "'(4294967295,65535)'"},
	"xid":           {"'0'", "'4294967295'"},
	"xid8":          {"'0'", "'18446744073709551615'"},
	"pg_lsn":        {"'0/0'", "'16/B374D848'"},
	"pg_snapshot":   {"'10:20:10,14,15'"},
	"txid_snapshot": {"'10:20:10,14,15'"},
	"refcursor":     {"'a \"cursor\"'"},
	"aclitem":       {"makeaclitem(10, 10, 'SELECT', true)", "makeaclitem(0, 10, 'INSERT', false)"},
	"int2vector":    {"''", "'1 2 3'"},
	"oidvector":     {"''", "'1 2 4294967295'"},

	"pg_node_tree":    {"(SELECT adbin FROM pg_catalog.pg_attrdef WHERE adrelid = 'measured'::regclass)"},
	"pg_ndistinct":    {"(SELECT stxdndistinct FROM pg_catalog.pg_statistic_ext_data)"},
	"pg_dependencies": {"(SELECT stxddependencies FROM pg_catalog.pg_statistic_ext_data)"},
	"pg_mcv_list":     {"(SELECT stxdmcv FROM pg_catalog.pg_statistic_ext_data)"},
	// Summaries of BRIN indexes, which live in those only and can't be read.
	"pg_brin_bloom_summary":        {"NULL"},
	"pg_brin_minmax_multi_summary": {"NULL"},
}

var floats = []string{"0", "'-0'", "1", "-1.5", "'NaN'", "'Infinity'", "'-Infinity'", "1e30", "1e-30", "0.1", "123456789"}

var texts = []string{
	"''", "'plain'", `'"quoted"'`, `'back\slash'`, "'a,(b)'", "' '", "'null'", "'Amélie 映画 🎬'",
	"E'\\b\\f\\n\\r\\t\\x01\\x0b\\x1f\\x7f'", "'</script>&'", "repeat('long \" ', 100)",
}

var jsons = []string{
	`' {"b" :1,  "a": [ 1,null ], "b":"x"}  '`, "'null'", "' null '", "'1.50e2'", `'"a\u00e9\"\/"'`, "'[]'", "E'[1,\\n\\t2]'", "'true'",
}

var timestamps = []string{
	"'2020-01-01 10:00:00'", "'2020-07-01 00:00:00.1'", "'1999-12-31 23:59:59.999999'", "'infinity'", "'-infinity'",
	"'0044-03-15 12:00:00 BC'", "'0001-01-01 00:00:00'", "'10000-01-01 00:00:00'", "'294270-06-01 12:00:00.000001'",
	"'1890-01-01 12:00:00'", "'4713-06-01 00:00:00 BC'",
}
