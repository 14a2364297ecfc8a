package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// minSecret is the least number of bytes of a secret that is plain text.
const minSecret = 32

// key verifies signatures. The key determines which algorithms are possible; a token's
// header only picks one of them.
type key struct {
	id         string // empty when the key has none
	material   any
	algorithms []algorithm
}

type algorithm struct {
	name     jwa.SignatureAlgorithm
	verifier jws.Verifier
}

// parseKeys makes keys of a secret: a JSON Web Key, a set of them, or else a text
// that is the key itself. An empty secret has no keys.
func parseKeys(secret []byte) ([]key, error) {
	if len(secret) == 0 {
		return nil, nil
	}
	var document struct {
		KeyType *json.RawMessage  `json:"kty"`
		Keys    []json.RawMessage `json:"keys"`
	}
	isObject := json.Unmarshal(secret, &document) == nil
	switch {
	case isObject && document.Keys != nil:
		return parseJWKs(document.Keys)
	case isObject && document.KeyType != nil:
		return parseJWKs([]json.RawMessage{secret})
	case len(secret) < minSecret:
		// The words are the reference's, which its users search for.
		return nil, errors.New("The JWT secret must be at least 32 characters long.")
	}
	k, err := newKey("", slices.Clone(secret), jwa.HS256)
	if err != nil {
		return nil, err
	}
	return []key{k}, nil
}

// parseJWKs makes keys of JSON Web Keys, and skips those that are for something other
// than verifying signatures.
func parseJWKs(texts []json.RawMessage) ([]key, error) {
	var keys []key
	for i, text := range texts {
		k, err := parseJWK(text)
		if err != nil {
			return nil, fmt.Errorf("parsing key %d of the JWT secret: %w", i+1, err)
		}
		if len(k.algorithms) > 0 {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the JWT secret has no key that verifies signatures")
	}
	return keys, nil
}

// parsePublishedKeys makes keys of a JSON Web Key Set that anybody may read. It skips
// symmetric keys, which are no secret there, and, as RFC 7517 says, keys of types that it
// doesn't know.
func parsePublishedKeys(set []byte) ([]key, error) {
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(set, &document); err != nil {
		return nil, fmt.Errorf("parse the key set: %w", err)
	}
	var keys []key
	for _, text := range document.Keys {
		k, err := parseJWK(text)
		_, symmetric := k.material.([]byte)
		if err == nil && !symmetric && len(k.algorithms) > 0 {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set has no public key that verifies signatures")
	}
	return keys, nil
}

func parseJWK(text []byte) (key, error) {
	parsed, err := jwk.ParseKey(text)
	if err != nil {
		return key{}, err
	}
	if !forSignatures(parsed) {
		return key{}, nil
	}
	public, err := parsed.PublicKey()
	if err != nil {
		return key{}, err
	}
	var material any
	if err := public.Raw(&material); err != nil {
		return key{}, err
	}
	if secret, ok := material.([]byte); ok && len(secret) == 0 {
		return key{}, errors.New("the key is empty")
	}
	names := algorithmsFor(material)
	if declared := parsed.Algorithm().String(); declared != "" {
		names = slices.DeleteFunc(names, func(a jwa.SignatureAlgorithm) bool {
			return a.String() != declared
		})
	}
	return newKey(parsed.KeyID(), material, names...)
}

// forSignatures reports whether a key's "use" and "key_ops" allow it to verify signatures.
func forSignatures(k jwk.Key) bool {
	operations := k.KeyOps()
	return k.KeyUsage() != string(jwk.ForEncryption) && (len(operations) == 0 ||
		slices.Contains(operations, jwk.KeyOpVerify) || slices.Contains(operations, jwk.KeyOpSign))
}

// algorithmsFor lists what a key of this kind can verify.
func algorithmsFor(material any) []jwa.SignatureAlgorithm {
	switch k := material.(type) {
	case []byte:
		return []jwa.SignatureAlgorithm{jwa.HS256, jwa.HS384, jwa.HS512}
	case *rsa.PublicKey:
		return []jwa.SignatureAlgorithm{jwa.RS256, jwa.RS384, jwa.RS512, jwa.PS256, jwa.PS384, jwa.PS512}
	case *ecdsa.PublicKey:
		switch k.Curve.Params().BitSize {
		case 256:
			return []jwa.SignatureAlgorithm{jwa.ES256}
		case 384:
			return []jwa.SignatureAlgorithm{jwa.ES384}
		case 521:
			return []jwa.SignatureAlgorithm{jwa.ES512}
		}
	case ed25519.PublicKey:
		return []jwa.SignatureAlgorithm{jwa.EdDSA}
	}
	return nil
}

func newKey(id string, material any, names ...jwa.SignatureAlgorithm) (key, error) {
	k := key{id: id, material: material}
	for _, name := range names {
		verifier, err := jws.NewVerifier(name)
		if err != nil {
			return key{}, err
		}
		k.algorithms = append(k.algorithms, algorithm{name, verifier})
	}
	return k, nil
}

// verifierFor returns the verifier for a token with this header, if the key suits it. A
// token that names a key by its id suits no other key, and none without an id.
func (k key) verifierFor(h tokenHeader) (jws.Verifier, bool) {
	if h.hasKeyID && (k.id == "" || k.id != h.keyID) {
		return nil, false
	}
	for _, a := range k.algorithms {
		if a.name.String() == h.algorithm {
			return a.verifier, true
		}
	}
	return nil, false
}

// verifyToken returns the payload of a token that one of the keys has signed.
func verifyToken(keys []key, token string) ([]byte, *Error) {
	if token == "" {
		return nil, errDecode("Empty JWT is sent in Authorization header", "", nil)
	}
	if n := strings.Count(token, ".") + 1; n != 3 {
		return nil, errDecode(fmt.Sprintf("Expected 3 parts in JWT; got %d", n), "", nil)
	}
	dot, lastDot := strings.IndexByte(token, '.'), strings.LastIndexByte(token, '.')
	header, err := parseTokenHeader(token[:dot])
	if err != nil {
		return nil, errMalformed(fmt.Errorf("parsing the token's header: %w", err))
	}
	payload, err := decodePart(token[dot+1 : lastDot])
	if err != nil {
		return nil, errMalformed(fmt.Errorf("decoding the token's payload: %w", err))
	}
	if header.algorithm == jwa.NoSignature.String() {
		return nil, errDecode("Wrong or unsupported encoding algorithm",
			"JWT is unsecured but expected 'alg' was not 'none'", nil)
	}
	signature, err := decodePart(token[lastDot+1:])
	if err != nil {
		return nil, errMalformed(fmt.Errorf("decoding the token's signature: %w", err))
	}
	if err := verifySignature(keys, header, []byte(token[:lastDot]), signature); err != nil {
		return nil, err
	}
	return payload, nil
}

// verifySignature tries the keys that suit the header, one after the other.
func verifySignature(keys []key, header tokenHeader, signed, signature []byte) *Error {
	var tried error
	for _, k := range keys {
		verifier, ok := k.verifierFor(header)
		if !ok {
			continue
		}
		err := verifier.Verify(signed, signature, k.material)
		if err == nil {
			return nil
		}
		tried = errors.Join(tried, err)
	}
	details := noSuitableKey
	if tried != nil {
		details = "None of the keys was able to decode the JWT"
	}
	return errDecode("No suitable key or wrong key type", details, tried)
}

func errMalformed(err error) *Error {
	return errDecode("JWT cryptographic operation failed", "", err)
}

// tokenHeader is the part of a token that describes its signature.
type tokenHeader struct {
	algorithm string
	keyID     string
	hasKeyID  bool
}

// knownAlgorithms are the algorithms that tokens can be signed with, whether there is a key
// for them or not.
var knownAlgorithms = [...]jwa.SignatureAlgorithm{
	jwa.NoSignature,
	jwa.HS256, jwa.HS384, jwa.HS512,
	jwa.RS256, jwa.RS384, jwa.RS512,
	jwa.PS256, jwa.PS384, jwa.PS512,
	jwa.ES256, jwa.ES384, jwa.ES512,
	jwa.EdDSA,
}

// parseTokenHeader reads the header of a signed token. It refuses encrypted tokens, and
// those with critical extensions.
func parseTokenHeader(part string) (tokenHeader, error) {
	text, err := decodePart(part)
	if err != nil {
		return tokenHeader{}, err
	}
	members, err := distinctMembers(text)
	if err != nil {
		return tokenHeader{}, err
	}
	for _, name := range []string{"enc", "crit"} {
		if _, ok := members[name]; ok {
			return tokenHeader{}, fmt.Errorf("header parameter %q is not supported", name)
		}
	}
	var h tokenHeader
	if err := json.Unmarshal(members["alg"], &h.algorithm); err != nil {
		return tokenHeader{}, fmt.Errorf("reading the algorithm: %w", err)
	}
	if !slices.Contains(knownAlgorithms[:], jwa.SignatureAlgorithm(h.algorithm)) {
		return tokenHeader{}, fmt.Errorf("unknown algorithm %q", h.algorithm)
	}
	if raw := members["kid"]; !isNull(raw) {
		if err := json.Unmarshal(raw, &h.keyID); err != nil {
			return tokenHeader{}, fmt.Errorf("reading the key's name: %w", err)
		}
		h.hasKeyID = true
	}
	return h, nil
}

// distinctMembers parses a JSON object, and refuses one with two members of the same name:
// other readers of the token may take the first of them, and encoding/json takes the last.
// It makes a map, since encoding/json matches the fields of a struct in any case.
func distinctMembers(text []byte) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	count := 0
	for ; members != nil && decoder.More(); count++ {
		if _, err := decoder.Token(); err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
	}
	if count != len(members) {
		return nil, errors.New("two members of one name")
	}
	return members, nil
}

// decodePart decodes unpadded base64url. It refuses line breaks, which the decoder ignores.
func decodePart(part string) ([]byte, error) {
	if strings.ContainsAny(part, "\r\n") {
		return nil, errors.New("line break in base64")
	}
	return base64.RawURLEncoding.DecodeString(part)
}
