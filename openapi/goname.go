package openapi

import (
	"slices"
	"strings"
	"unicode"
)

// goNameExtension is the member that tells oapi-codegen the Go name of a field or a type.
const goNameExtension = "x-go-name"

// goTypes are the names, folded, that the clients and servers of oapi-codegen declare
// themselves.
var goTypes = []string{
	"client", "clientinterface", "clientoption", "clientwithresponses", "clientwithresponsesinterface", "httprequestdoer",
	"requesteditorfn", "newclient", "newclientwithresponses", "withbaseurl", "withhttpclient", "withrequesteditorfn",
	"serverinterface", "serverinterfacewrapper", "strictserverinterface", "unimplemented", "handler", "middlewarefunc",
}

// goTypeName gives the Go name of a component's type, where oapi-codegen needs to be told;
// empty elsewhere.
func (n names) goTypeName(component string) string {
	if !slices.Contains(goTypes, fold(component)) {
		return ""
	}
	return goName(n.take(component + "_row"))
}

// goFieldNames gives the Go names of the fields for members of an object, where
// oapi-codegen needs to be told: it would give two the same name, or drop letters.
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

// goParameterName gives the Go name of the field for a parameter, where oapi-codegen needs
// to be told; empty elsewhere. It is made of the name of a component.
func goParameterName(parameter, component string) string {
	if !losesLetters(parameter) {
		return ""
	}
	return goName(component)
}

// losesLetters reports whether a name has letters without case, which oapi-codegen drops.
func losesLetters(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsLetter(r) && !unicode.IsUpper(r) && !unicode.IsLower(r)
	})
}

// goName makes an exported Go name of a component's name.
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
