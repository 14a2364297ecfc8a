package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

// sign makes a JSON Web Token (RFC 7519) that lets its bearer act as role until expiry.
// Usually a login service makes it. The library needs no more of it than the claim "role"
// and a signature that it can verify.
func sign(secret []byte, role string, expiry time.Time) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." +
		encode(fmt.Appendf(nil, `{"role":%q,"exp":%d}`, role, expiry.Unix()))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}
