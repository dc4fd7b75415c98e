package countersign

import (
	"crypto/hmac"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

const (
	verdictScheme = "CS1-VERDICT-HMAC-SHA256"
	// VerdictField is the response field that holds the verdict.
	VerdictField = "Countersign-Verdict"
)

// Verdict is what a verifier said about one signature, proved to come from a holder of the secret.
type Verdict struct {
	Code         string
	TimeMs       int64  // the server's clock, Unix time
	DeadSinceMs  *int64 // nil: the signature may still be admitted, or that is not known
	RetryAfterMs *int64 // nil: never, or not known
}

var verdictValue = regexp.MustCompile(`\Acode="([a-z-]{1,64})", time="([1-9][0-9]{12})", ` +
	`dead-since="((?:[1-9][0-9]{12})?)", retry-after-ms="([0-9]{0,15})", sig="([0-9a-f]{64})"\z`)

// Verdict is the authentic verdict in an answer to a request with this signature (spec 2.4). Nil when there is none:
// then the answer may come from anybody, and whether the request was admitted is not known.
func (s *Signer) Verdict(signature *Signature, answer http.Header) *Verdict {
	lines := answer.Values(VerdictField)
	if len(lines) != 1 {
		return nil
	}
	return s.OpenVerdict(signature.Nonce, signature.Sig, lines[0])
}

// OpenVerdict is Verdict for the value of the field alone.
func (s *Signer) OpenVerdict(nonce, sig, value string) *Verdict {
	part := verdictValue.FindStringSubmatch(value)
	if part == nil {
		return nil
	}
	text := strings.Join(append([]string{verdictScheme, s.config.KeyID, nonce, sig}, part[1:5]...), "\n")
	if !hmac.Equal([]byte(s.mac(text)), []byte(part[5])) {
		return nil
	}
	time := number(part[2])
	return &Verdict{Code: part[1], TimeMs: *time, DeadSinceMs: number(part[3]), RetryAfterMs: number(part[4])}
}

// number is nil for an empty text; any other is up to 15 digits, by verdictValue.
func number(text string) *int64 {
	if text == "" {
		return nil
	}
	value, _ := strconv.ParseInt(text, 10, 64)
	return &value
}
