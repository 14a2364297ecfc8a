package openapi

import (
	"slices"
	"strings"
	"unicode"
)

// goNameExtension has the name of a field or a type of Go, for oapi-codegen.
const goNameExtension = "x-go-name"

// goTypes are what a client or a server that oapi-codegen makes declares itself, folded.
var goTypes = []string{
	"client", "clientinterface", "clientoption", "clientwithresponses", "clientwithresponsesinterface", "httprequestdoer",
	"requesteditorfn", "newclient", "newclientwithresponses", "withbaseurl", "withhttpclient", "withrequesteditorfn",
	"serverinterface", "serverinterfacewrapper", "strictserverinterface", "unimplemented", "handler", "middlewarefunc",
}

// goTypeName gives the name that a component has as a type of Go, where oapi-codegen needs
// to be told; nothing elsewhere.
func (n names) goTypeName(component string) string {
	if !slices.Contains(goTypes, fold(component)) {
		return ""
	}
	return goName(n.take(component + "_row"))
}

// goFieldNames gives the names of fields of Go for the members of an object where
// oapi-codegen needs to be told: where it would make two the same, or drop letters.
func goFieldNames(members []string) map[string]string {
	var found map[string]string
	for i, name := range newNames().takeAll("", members) {
		if name == identifier(members[i]) && !losesLetters(members[i]) {
			continue
		}
		if found == nil {
			found = map[string]string{}
		}
		found[members[i]] = goName(name)
	}
	return found
}

// goParameterName gives the name of the field of Go for a parameter, made of the name of a
// component, where oapi-codegen needs to be told; nothing elsewhere.
func goParameterName(parameter, component string) string {
	if !losesLetters(parameter) {
		return ""
	}
	return goName(component)
}

// losesLetters reports a name with letters that have no case, which oapi-codegen drops.
func losesLetters(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsLetter(r) && !unicode.IsUpper(r) && !unicode.IsLower(r)
	})
}

// goName makes an exported name of Go of a component's.
func goName(component string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(component, func(r rune) bool { return !isAlphanumeric(r) }) {
		if b.Len() == 0 && word[0] <= '9' {
			b.WriteByte('N')
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
