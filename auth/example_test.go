package auth_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/pgrest-go/pgrest/auth"
)

func ExampleVerifier_Authenticate() {
	ctx := context.Background()
	key := []byte("a secret of thirty-two bytes or more")
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Secret: key, AnonRole: "web_anon"})
	if err != nil {
		log.Fatal(err)
	}

	// What the login service hands out, and clients send.
	token, err := jws.Sign([]byte(`{"role":"author","sub":"jane"}`), jws.WithKey(jwa.HS256, key))
	if err != nil {
		log.Fatal(err)
	}

	id, err := verifier.Authenticate(ctx, "Bearer "+string(token))
	fmt.Println(id.Role, id.Anonymous, err)

	id, err = verifier.Authenticate(ctx, "")
	fmt.Println(id.Role, id.Anonymous, err)

	_, err = verifier.Authenticate(ctx, "Bearer forged.token")
	var refused *auth.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Status, refused.Message)
	}
	// Output:
	// author false <nil>
	// web_anon true <nil>
	// 401 Expected 3 parts in JWT; got 2
}

func ExampleSettings() {
	// An identity of the host's own making, say from its session.
	id := auth.Identity{Role: "author", Claims: []byte(`{"sub":"jane"}`)}
	settings := auth.Settings(id, auth.Context{
		Schema:  "api",
		Method:  "GET",
		Path:    "/films",
		Headers: auth.HeadersJSON("", map[string][]string{"Accept": {"application/json"}}),
		Cookies: auth.CookiesJSON("theme=dark"),
	})
	for _, s := range settings {
		fmt.Printf("%s = %s\n", s.Name, s.Value)
	}
	// Output:
	// search_path = "api"
	// role = author
	// request.jwt.claims = {"role":"author","sub":"jane"}
	// request.method = GET
	// request.path = /films
	// request.headers = {"accept":"application/json"}
	// request.cookies = {"theme":"dark"}
}
