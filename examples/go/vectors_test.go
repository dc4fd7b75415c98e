package countersign

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// vector is one of packages/canonical/vectors, whose README says what the members mean.
type vector struct {
	Name, Method, Target, Audience, Header         string
	Headers                                        [][2]string
	Signed                                         []string
	Body, BodyBase64                               string
	KeyID, Secret, Timestamp, Nonce, Scope         string
	Canonical, Signature, Authorization            string
	Refused                                        any
	RequestSignature, Field, Code, Time, DeadSince string
	RetryAfterMs                                   string
}

func readVectors(t *testing.T, pattern string) []vector {
	t.Helper()
	files, _ := filepath.Glob("../../packages/canonical/vectors/" + pattern)
	if len(files) == 0 {
		t.Fatal("no vectors " + pattern)
	}
	var all []vector
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var some []vector
		if err := json.Unmarshal(text, &some); err != nil {
			t.Fatal(file, err)
		}
		all = append(all, some...)
	}
	return all
}

// latin1 gives the octets of a text in which one character stands for one octet; false when one has none.
func latin1(text string) (string, bool) {
	var out []byte
	for _, c := range text {
		if c > 0xff {
			return "", false
		}
		out = append(out, byte(c))
	}
	return string(out), true
}

func vectorSigner(t *testing.T, v vector) *Signer {
	t.Helper()
	ms, _ := strconv.ParseInt(v.Timestamp, 10, 64)
	signer, err := NewSigner(Config{KeyID: v.KeyID, Secret: v.Secret, Field: v.Header,
		Now: func() time.Time { return time.UnixMilli(ms) }, Nonce: func() string { return v.Nonce }})
	if err != nil {
		t.Fatal(v.Name, err)
	}
	return signer
}

func TestSignsThePublishedVectors(t *testing.T) {
	signed := 0
	for _, v := range readVectors(t, "*.json") {
		if v.Refused != nil || v.Field != "" {
			continue
		}
		header := http.Header{}
		for _, line := range v.Headers {
			header[line[0]] = append(header[line[0]], line[1])
		}
		signer := vectorSigner(t, v)
		signer.names = map[string]bool{}
		for _, name := range v.Signed {
			signer.names[name] = true
		}
		body := []byte(v.Body)
		if v.BodyBase64 != "" {
			body, _ = base64.StdEncoding.DecodeString(v.BodyBase64)
		}
		got, err := signer.Sign(Request{Method: v.Method, Authority: v.Audience, Target: v.Target, Header: header,
			Body: body, Scope: v.Scope})
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
		} else if got.Canonical != v.Canonical || got.Sig != v.Signature || got.Value != v.Authorization {
			t.Errorf("%s:\n%s\nis not\n%s", v.Name, got.Canonical, v.Canonical)
		}
		signed++
	}
	if signed < 200 {
		t.Errorf("only %d vectors", signed)
	}
}

// What a verifier refuses for its method or its target, a signer does not sign, with the same code.
func TestDoesNotSignWhatIsRefused(t *testing.T) {
	refused := 0
	for _, stage := range []string{"method", "path", "query", "target"} {
		for _, v := range readVectors(t, stage+".json") {
			target, octets := latin1(v.Target)
			method, alsoOctets := latin1(v.Method)
			if v.Refused == nil || !octets || !alsoOctets {
				continue
			}
			_, err := vectorSigner(t, v).Sign(Request{Method: method, Authority: "api.example.com", Target: target})
			var got *RefusedError
			if !errors.As(err, &got) || got.Code != v.Refused {
				t.Errorf("%s: %v, not %v", v.Name, err, v.Refused)
			}
			refused++
		}
	}
	if refused < 120 {
		t.Errorf("only %d vectors", refused)
	}
}

// Sorting that is not stable keeps the order of a few pieces by accident; of more it does not.
func TestKeepsTheOrderOfManyPiecesOfOneRootName(t *testing.T) {
	var given, wanted, others []string
	for i := 0; i < 200; i++ {
		piece := fmt.Sprintf("a[%d]=%d", i*7%10, i)
		given = append(given, piece, fmt.Sprintf("b.%d", i))
		wanted = append(wanted, strings.NewReplacer("[", "%5B", "]", "%5D").Replace(piece))
		others = append(others, fmt.Sprintf("b.%d", i))
	}
	target, err := CanonicalTarget("/?" + strings.Join(given, "&"))
	if err != nil || target.Query != strings.Join(append(wanted, others...), "&") {
		t.Error(err, target.Query)
	}
}

func TestOpensThePublishedVerdicts(t *testing.T) {
	for _, v := range readVectors(t, "verdict.json") {
		got := vectorSigner(t, v).OpenVerdict(v.Nonce, v.RequestSignature, v.Field)
		if v.Refused != nil {
			if got != nil {
				t.Errorf("%s: believed", v.Name)
			}
			continue
		}
		if got == nil || got.Code != v.Code || strconv.FormatInt(got.TimeMs, 10) != v.Time ||
			digitsOf(got.DeadSinceMs) != v.DeadSince || digitsOf(got.RetryAfterMs) != v.RetryAfterMs {
			t.Errorf("%s: %+v", v.Name, got)
		}
	}
}

func digitsOf(ms *int64) string {
	if ms == nil {
		return ""
	}
	return strconv.FormatInt(*ms, 10)
}

func TestRefusesAWrongConfiguration(t *testing.T) {
	const secret = "cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	for what, config := range map[string]Config{
		"no secret":                 {KeyID: "k"},
		"no prefix":                 {KeyID: "k", Secret: secret[5:]},
		"padding":                   {KeyID: "k", Secret: secret + "="},
		"a line end":                {KeyID: "k", Secret: secret + "\n"},
		"a line end inside":         {KeyID: "k", Secret: secret[:20] + "\r\n" + secret[20:]},
		"unused bits":               {KeyID: "k", Secret: secret[:len(secret)-1] + "9"},
		"31 octets":                 {KeyID: "k", Secret: "cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg"},
		"no key":                    {Secret: secret},
		"a secret for a key":        {KeyID: secret, Secret: secret},
		"a slash in a key":          {KeyID: "a/b", Secret: secret},
		"an empty segment":          {KeyID: "k", Secret: secret, Scope: "a::b"},
		"nine segments":             {KeyID: "k", Secret: secret, Scope: "a:b:c:d:e:f:g:h:i"},
		"an audience with a path":   {KeyID: "k", Secret: secret, Audience: "api.example.com/"},
		"cookies signed":            {KeyID: "k", Secret: secret, SignFields: []string{"Cookie"}},
		"a forwarded field signed":  {KeyID: "k", Secret: secret, SignFields: []string{"X-Forwarded-Host"}},
		"no token signed":           {KeyID: "k", Secret: secret, SignFields: []string{"a b"}},
		"a field that frames":       {KeyID: "k", Secret: secret, Field: "Content-Length"},
		"a Kelvin sign for a k":     {KeyID: "k", Secret: secret, SignFields: []string{"x-\u212a"}},
		"a line feed behind a key":  {KeyID: "k\n", Secret: secret},
		"a secret of 3 octets":      {KeyID: "k", Secret: "cs1s_AAAA"},
		"a prefix and nothing more": {KeyID: "k", Secret: "cs1s_"},
	} {
		_, err := NewSigner(config)
		if err == nil {
			t.Errorf("%s: taken", what)
		} else if strings.Contains(err.Error(), "AAEC") && what != "a secret for a key" || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: quoted: %v", what, err)
		}
	}
}

func TestSignsTheUsualFieldsWheneverPresent(t *testing.T) {
	signer, err := NewSigner(Config{KeyID: "k", Secret: "cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
		Field: "X-Signature", SignFields: []string{"X-Tenant"}})
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Authorization": {"Bearer t"}, "Content-Type": {" text/plain\t"}, "If-Match": {`"1"`},
		"Range": {"bytes=0-1"}, "X-Tenant": {""}, "User-Agent": {"x"}}
	got, err := signer.Sign(Request{Method: "GET", Authority: "a", Target: "/", Header: header})
	if err != nil || !strings.Contains(got.Value, `headers="authorization;content-type;if-match;range;x-tenant"`) ||
		!strings.HasSuffix(got.Canonical, "\ncontent-type:text/plain\nif-match:\"1\"\nrange:bytes=0-1\nx-tenant:") {
		t.Errorf("%+v, %v", got, err)
	}
	for what, header := range map[string]http.Header{
		"two lines":             {"Content-Type": {"a", "b"}},
		"two spellings of case": {"Content-Type": {"a"}, "content-type": {"b"}},
		"a line feed":           {"Content-Type": {"a\nb"}},
		"beyond ASCII":          {"Content-Type": {"caf\xe9"}},
	} {
		if _, err := signer.Sign(Request{Method: "GET", Authority: "a", Target: "/", Header: header}); err == nil {
			t.Errorf("%s: signed", what)
		}
	}
}
