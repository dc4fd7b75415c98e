package countersign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	maxValueBytes  = 2048
	maxSignedNames = 16
)

// Config is what a Signer is made from. KeyID and Secret are required.
type Config struct {
	KeyID  string
	Secret string // cs1s_ and base64url of 32 random octets or more
	Scope  string // of requests whose context has none; empty: that of the route

	Audience   string   // the authority the server takes itself for; default: the one that is addressed
	Field      string   // carries the signature; default: Authorization
	SignFields []string // signed whenever present, besides those of spec 2.2.6

	Now   func() time.Time // default: time.Now
	Nonce func() string    // a lower-case UUID, fresh each time; default: random
}

// Signer signs requests with one key. It is safe for concurrent use.
type Signer struct {
	config   Config
	key      []byte
	names    map[string]bool
	offsetMs atomic.Int64 // added to the clock; only authentic verdicts change it
}

// Request is what is signed of a request.
type Request struct {
	Method    string
	Authority string // host[:port] as addressed; an absolute Target has its own
	Target    string // raw, octet by octet what is sent
	Header    http.Header
	Body      []byte // as transmitted
	Scope     string // empty: that of the Signer

	digest string // in place of Body, for one that is not in memory
}

// Signature is a request's signature. Value belongs into the field that carries it.
type Signature struct{ Canonical, Nonce, Sig, Value string }

// NewSigner checks the configuration. No error quotes the secret.
func NewSigner(config Config) (*Signer, error) {
	key, err := decodeSecret(config.Secret)
	if err != nil {
		return nil, err
	}
	if !isSegment(config.KeyID) || strings.HasPrefix(config.KeyID, secretPrefix) {
		return nil, errors.New("countersign: KeyID: not 1 to 64 of A-Z a-z 0-9 . _ ~ -")
	}
	if !isScope(config.Scope) {
		return nil, errors.New("countersign: Scope: outside the grammar")
	}
	if config.Audience != "" {
		audience, ok := CanonicalAuthority(config.Audience)
		if !ok {
			return nil, errors.New("countersign: Audience: not a host with an optional port")
		}
		config.Audience = audience
	}
	if config.Field == "" {
		config.Field = "Authorization"
	}
	config.Field = lower(config.Field)
	names := map[string]bool{"authorization": true}
	for _, name := range strings.Fields(`content-type content-encoding idempotency-key if-match if-none-match
		if-unmodified-since range x-http-method-override x-http-method x-method-override x-original-url x-rewrite-url`) {
		names[name] = true
	}
	for _, name := range config.SignFields {
		names[lower(name)] = true
	}
	delete(names, config.Field)
	for name := range names {
		if !isSignable(name) {
			return nil, fmt.Errorf("countersign: SignFields: %q cannot be signed", name)
		}
	}
	if !isSignable(config.Field) {
		return nil, fmt.Errorf("countersign: Field: %q cannot carry a signature", config.Field)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Nonce == nil {
		config.Nonce = randomNonce
	}
	return &Signer{config: config, key: key, names: names}, nil
}

// Sign makes one signature. A part that a verifier would refuse is a *RefusedError.
func (s *Signer) Sign(r Request) (*Signature, error) {
	if err := checkMethod(r.Method); err != nil {
		return nil, err
	}
	target, err := CanonicalTarget(r.Target)
	if err != nil {
		return nil, err
	}
	audience := s.config.Audience
	if audience == "" {
		audience = target.Authority
	}
	if audience == "" {
		var ok bool
		if audience, ok = CanonicalAuthority(r.Authority); !ok {
			return nil, refuse("malformed-request", "the authority is not a host with an optional port")
		}
	}
	scope := r.Scope
	if scope == "" {
		scope = s.config.Scope
	}
	if !isScope(scope) {
		return nil, refuse("malformed-request", "the scope is outside the grammar")
	}
	names, lines, err := s.signedFields(r.Header)
	if err != nil {
		return nil, err
	}
	digest := r.digest
	if digest == "" {
		sum := sha256.Sum256(r.Body)
		digest = hex.EncodeToString(sum[:])
	}
	ts := strconv.FormatInt(s.config.Now().UnixMilli()+s.offsetMs.Load(), 10)
	nonce := s.config.Nonce()
	if len(ts) != 13 || ts[0] == '-' || !isNonce(nonce) {
		return nil, errors.New("countersign: Now or Nonce: not a time of 13 digits, or not a lower-case UUID")
	}
	canonical := strings.Join(append([]string{scheme, r.Method, audience, target.Path, target.Query, digest,
		ts, nonce, s.config.KeyID, scope}, lines...), "\n")
	sig := s.mac(canonical)
	value := fmt.Sprintf(`%s key="%s", ts="%s", nonce="%s", scope="%s", digest="%s", headers="%s", sig="%s"`,
		scheme, s.config.KeyID, ts, nonce, scope, digest, strings.Join(names, ";"), sig)
	if len(value) > maxValueBytes {
		return nil, refuse("malformed-signature", "the value has more than %d octets", maxValueBytes)
	}
	return &Signature{canonical, nonce, sig, value}, nil
}

// signedFields are the names in their order, and a line of the canonical string for each.
func (s *Signer) signedFields(header http.Header) (names, lines []string, err error) {
	present := map[string][]string{}
	for name, values := range header {
		if name = lower(name); s.names[name] && len(values) > 0 {
			present[name] = append(present[name], values...)
		}
	}
	for name := range present {
		names = append(names, name)
	}
	if sort.Strings(names); len(names) > maxSignedNames {
		return nil, nil, refuse("malformed-request", "more than %d fields to sign", maxSignedNames)
	}
	for _, name := range names {
		if len(present[name]) != 1 {
			return nil, nil, refuse("malformed-request", "%s is signed and stands on several lines", name)
		}
		value := strings.Trim(present[name][0], " \t")
		for i := 0; i < len(value); i++ {
			if c := value[i]; c != '\t' && (c < ' ' || c > '~') {
				return nil, nil, refuse("malformed-request", "%s is not visible ASCII, space and tab", name)
			}
		}
		lines = append(lines, name+":"+value)
	}
	return names, lines, nil
}

func (s *Signer) mac(text string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}
