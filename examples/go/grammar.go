package countersign

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

const (
	secretPrefix   = "cs1s_"
	minSecretBytes = 32
)

func decodeSecret(secret string) ([]byte, error) {
	encoding := base64.RawURLEncoding.Strict() // refuses unused bits that are not zero
	text := strings.TrimPrefix(secret, secretPrefix)
	key, err := encoding.DecodeString(text)
	// Go's decoder skips line ends, so what was decoded is encoded again.
	if err != nil || text == secret || encoding.EncodeToString(key) != text {
		return nil, errors.New("countersign: Secret: not cs1s_ and canonical base64url without padding")
	}
	if len(key) < minSecretBytes {
		return nil, errors.New("countersign: Secret: fewer than 32 octets")
	}
	return key, nil
}

func isSegment(text string) bool {
	return text != "" && len(text) <= 64 && unreserved.hold(text)
}

func isScope(text string) bool {
	if text == "" {
		return true
	}
	segments := strings.Split(text, ":")
	for _, segment := range segments {
		if !isSegment(segment) {
			return false
		}
	}
	return len(segments) <= 8 && len(text) <= 128
}

func isSignable(name string) bool {
	switch name {
	case "", "host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive",
		"accept-encoding", "via", "forwarded", "cookie", "set-cookie":
		return false
	}
	return tokenLower.hold(name) && !strings.HasPrefix(name, "x-forwarded-") && !strings.HasPrefix(name, "proxy-")
}

func isNonce(text string) bool {
	groups := strings.Split(text, "-")
	if len(groups) != 5 {
		return false
	}
	for i, length := range []int{8, 4, 4, 4, 12} {
		if len(groups[i]) != length || !hexDigits.hold(groups[i]) {
			return false
		}
	}
	return true
}

func randomNonce() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("countersign: no random octets: " + err.Error())
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
