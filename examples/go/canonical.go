package countersign

import (
	"fmt"
	"net/netip"
	"sort"
	"strconv"
	"strings"
)

const (
	scheme         = "CS1-HMAC-SHA256"
	maxQueryPieces = 1000
)

// RefusedError is what a verifier would refuse of a request. A signer does not sign it. Code is one of
// malformed-target, ambiguous-target and malformed-request; Detail is for people.
type RefusedError struct{ Code, Detail string }

func (e *RefusedError) Error() string { return "countersign: " + e.Code + ": " + e.Detail }

func refuse(code, format string, a ...any) error {
	return &RefusedError{code, fmt.Sprintf(format, a...)}
}

// octetSet is a set of octets.
type octetSet [256]bool

func octets(members string) *octetSet {
	var set octetSet
	for i := 0; i < len(members); i++ {
		set[members[i]] = true
	}
	return &set
}

func (set *octetSet) hold(text string) bool {
	for i := 0; i < len(text); i++ {
		if !set[text[i]] {
			return false
		}
	}
	return true
}

const (
	digits          = "0123456789"
	lowerAlpha      = "abcdefghijklmnopqrstuvwxyz"
	upperAlpha      = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	unreservedChars = upperAlpha + lowerAlpha + digits + "-._~"
)

var (
	unreserved  = octets(unreservedChars)
	pathStays   = octets(unreservedChars + "!$&'()*+,;=:@/")
	queryStays  = octets(unreservedChars + "!$&'()*+,;=:@/?")
	methodRest  = octets(upperAlpha + "-")
	tokenLower  = octets("!#$%&'*+-.^_`|~" + digits + lowerAlpha)
	hexDigits   = octets(digits + "abcdef")
	digitOctets = octets(digits)
)

// lower changes A to Z only: strings.ToLower would make a k of U+212A.
func lower(text string) string {
	out := []byte(text)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}

func checkMethod(method string) error {
	switch {
	case method == "CONNECT":
		return refuse("malformed-target", "CONNECT has no target that could be signed")
	case method == "", len(method) > 32, method[0] == '-', !methodRest.hold(method):
		return refuse("malformed-request", "the method is not 1 to 32 of A-Z and -, a letter first")
	}
	return nil
}

// CanonicalAuthority is host[:port] in lower case without the ports 80 and 443 (spec 2.2.2). It is false when text
// is outside the grammar.
func CanonicalAuthority(text string) (string, bool) {
	host, port := text, ""
	if end := strings.LastIndexByte(text, ']'); end >= 0 {
		host, port = text[:end+1], text[end+1:]
	} else if colon := strings.IndexByte(text, ':'); colon >= 0 {
		host, port = text[:colon], text[colon:]
	}
	if strings.HasPrefix(host, "[") {
		address, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
		if err != nil || !address.Is6() || address.Zone() != "" {
			return "", false
		}
	} else if host == "" || len(host) > 255 || !unreserved.hold(host) {
		return "", false
	}
	if port != "" {
		number := port[1:]
		value, err := strconv.ParseUint(number, 10, 16)
		if port[0] != ':' || err != nil || !digitOctets.hold(number) || number[0] == '0' {
			return "", false
		}
		if value == 80 || value == 443 {
			port = ""
		}
	}
	return lower(host) + port, true
}

// Target is a canonical request target. Authority is empty unless the target was in absolute form.
type Target struct{ Path, Query, Authority string }

// CanonicalTarget brings a raw request target into canonical form (spec 2.2.4), or refuses it.
func CanonicalTarget(raw string) (Target, error) {
	var target Target
	if rest, absolute := cutHTTPScheme(raw); absolute {
		end := strings.IndexAny(rest, "/?")
		if end < 0 {
			end = len(rest)
		}
		authority, ok := CanonicalAuthority(rest[:end])
		if !ok {
			return target, refuse("malformed-target", "the authority of the absolute target is outside the grammar")
		}
		target.Authority, raw = authority, rest[end:]
		if !strings.HasPrefix(raw, "/") {
			raw = "/" + raw
		}
	} else if !strings.HasPrefix(raw, "/") {
		return target, refuse("malformed-target", "neither in origin form nor absolute with http or https")
	}
	rawPath, rawQuery, _ := strings.Cut(raw, "?")
	path, err := respell(rawPath, pathStays)
	if err != nil {
		return target, err
	}
	query, err := respell(rawQuery, queryStays)
	if err != nil {
		return target, err
	}
	if query, err = sortQuery(query); err != nil {
		return target, err
	}
	for _, piece := range strings.Split(strings.NewReplacer("%2F", "/", "%5C", "/").Replace(path), "/") {
		if name, _, _ := strings.Cut(piece, ";"); name == "." || name == ".." {
			return target, refuse("ambiguous-target", "the path has a dot segment")
		}
	}
	target.Path, target.Query = path, query
	return target, nil
}

func cutHTTPScheme(raw string) (rest string, found bool) {
	name, rest, found := strings.Cut(raw, "://")
	name = lower(name)
	return rest, found && (name == "http" || name == "https")
}

// respell gives a path or a query its one spelling; which of the two it is, stays says.
func respell(text string, stays *octetSet) (string, error) {
	inPath := stays == pathStays
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case stays[c]:
			out = append(out, c)
		case c == '%':
			if i+2 >= len(text) {
				return "", refuse("malformed-target", "a %% is not followed by two hex digits")
			}
			value, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
			if err != nil || !hexDigits.hold(lower(text[i+1:i+3])) {
				return "", refuse("malformed-target", "a %% is not followed by two hex digits")
			}
			if inPath && (value < 0x20 || value == 0x7f) {
				return "", refuse("malformed-target", "the path has an encoded control character")
			}
			if unreserved[byte(value)] {
				out = append(out, byte(value))
			} else {
				out = append(out, fmt.Sprintf("%%%02X", value)...)
			}
			i += 2
		case c <= ' ', c > '~', c == '#', c == '\\' && inPath:
			return "", refuse("malformed-target", "a raw character %#02x stands in the target", c)
		default:
			out = append(out, fmt.Sprintf("%%%02X", c)...)
		}
	}
	return string(out), nil
}

// sortQuery sorts the pieces of a query by their root names; pieces of one root name keep their order.
func sortQuery(query string) (string, error) {
	pieces := strings.Split(query, "&")
	if len(pieces) > maxQueryPieces {
		return "", refuse("malformed-target", "the query has more than %d pieces", maxQueryPieces)
	}
	roots := make(map[string]string, len(pieces))
	for _, piece := range pieces {
		roots[piece] = rootName(piece)
	}
	sort.SliceStable(pieces, func(i, j int) bool { return roots[pieces[i]] < roots[pieces[j]] })
	return strings.Join(pieces, "&"), nil
}

// rootName is what a piece is sorted by (spec 2.2.5): octets, which need not be UTF-8. The piece is respelled
// already, so every % has its two digits.
func rootName(piece string) string {
	piece, _, _ = strings.Cut(piece, "=")
	name := make([]byte, 0, len(piece))
	for i := 0; i < len(piece); i++ {
		c := piece[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			value, _ := strconv.ParseUint(piece[i+1:i+3], 16, 8)
			c = byte(value)
			i += 2
		}
		if c == '[' || c == '.' {
			if len(name) == 0 {
				return string(c)
			}
			break
		}
		name = append(name, c)
	}
	return string(name)
}
