package countersign

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const testSecret = "cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

// peer is a server that answers each attempt by the next of its answers, and remembers what came.
type peer struct {
	*httptest.Server
	answers []func(http.ResponseWriter, *http.Request)
	values  []string // of Authorization
	bodies  []string
}

func newPeer(t *testing.T, answers ...func(http.ResponseWriter, *http.Request)) *peer {
	p := &peer{answers: answers}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.values, p.bodies = append(p.values, r.Header.Get("Authorization")), append(p.bodies, string(body))
		p.answers[len(p.values)-1](w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func lost(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// verdict answers with one that the key of the test signer proves. The times are relative to now, in ms; "" is none.
func verdict(code string, nowMs int64, deadSince, retryAfter string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		signer, _ := NewSigner(Config{KeyID: "key_1", Secret: testSecret})
		part := verdictOf(r.Header.Get("Authorization"))
		text := strings.Join([]string{verdictScheme, "key_1", part[0], part[1], code, fmt.Sprint(nowMs), deadSince, retryAfter}, "\n")
		w.Header().Set(VerdictField, fmt.Sprintf(`code="%s", time="%d", dead-since="%s", retry-after-ms="%s", sig="%s"`,
			code, nowMs, deadSince, retryAfter, signer.mac(text)))
		w.WriteHeader(429)
	}
}

// verdictOf is nonce and sig of a signature.
func verdictOf(value string) [2]string {
	_, rest, _ := strings.Cut(value, `nonce="`)
	nonce, rest, _ := strings.Cut(rest, `"`)
	_, rest, _ = strings.Cut(rest, `sig="`)
	return [2]string{nonce, strings.TrimSuffix(rest, `"`)}
}

type fixture struct {
	*Transport
	waits []time.Duration
}

func newTransport(t *testing.T, now func() time.Time) *fixture {
	signer, err := NewSigner(Config{KeyID: "key_1", Secret: testSecret, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	f := &fixture{}
	f.Transport = &Transport{Signer: signer, Base: base, random: func() float64 { return 0 },
		sleep: func(_ context.Context, wait time.Duration) error { f.waits = append(f.waits, wait); return nil }}
	return f
}

func (f *fixture) call(method, url, body string) (*http.Response, error) {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, url, reader)
	if err != nil {
		return nil, err
	}
	response, err := (&http.Client{Transport: f, CheckRedirect: CheckRedirect}).Do(req)
	if err == nil {
		response.Body.Close()
	}
	return response, err
}

func same(values []string) bool {
	for _, value := range values {
		if value != values[0] || value == "" {
			return false
		}
	}
	return true
}

func TestSendsTheSameSignatureAgain(t *testing.T) {
	for _, one := range []struct {
		name, method string
		answers      []func(http.ResponseWriter, *http.Request)
		waits        string
	}{
		{"a lost answer", "POST", []func(http.ResponseWriter, *http.Request){lost, status(201)}, "[250ms]"},
		{"a proxy's 502 to 504", "PUT", []func(http.ResponseWriter, *http.Request){status(502), status(503), status(504), status(200)}, "[250ms 500ms 1s]"},
		{"a spent budget", "POST", []func(http.ResponseWriter, *http.Request){verdict("rate-limited", 1763750000000, "", "1500"), status(201)}, "[1.5s]"},
		{"a store that is away", "POST", []func(http.ResponseWriter, *http.Request){verdict("store-unavailable", 1763750000000, "", ""), status(201)}, "[250ms]"},
	} {
		p, f := newPeer(t, one.answers...), newTransport(t, nil)
		response, err := f.call(one.method, p.URL, `{"a":1}`)
		if err != nil || response.StatusCode >= 300 || len(p.values) != len(one.answers) || !same(p.values) ||
			!same(p.bodies) || fmt.Sprint(f.waits) != one.waits {
			t.Errorf("%s: %v, %v, waited %v, %d attempts", one.name, response, err, f.waits, len(p.values))
		}
	}
}

func TestEndsACallInAnErrorThatSaysWhatIsKnown(t *testing.T) {
	const at = 1763750000000
	now := func() time.Time { return time.UnixMilli(at) }
	retry := verdict("rate-limited", at, "", "40000")
	for _, one := range []struct {
		name    string
		kind    error
		outcome Outcome
		answers []func(http.ResponseWriter, *http.Request)
	}{
		{"a wait that is too long", ErrRateLimited, NotAdmitted, []func(http.ResponseWriter, *http.Request){retry}},
		{"that, after a lost attempt", ErrRateLimited, Unknown, []func(http.ResponseWriter, *http.Request){lost, retry}},
		{"a cost above a limit", ErrRateLimited, NotAdmitted, []func(http.ResponseWriter, *http.Request){verdict("rate-limited", at, "", "")}},
		{"a store that stays away", ErrStoreUnavailable, NotAdmitted, []func(http.ResponseWriter, *http.Request){verdict("store-unavailable", at, "", "90000")}},
		{"that, after a lost attempt", ErrOutcomeUnknown, Unknown, []func(http.ResponseWriter, *http.Request){lost, verdict("store-unavailable", at, "", "90000")}},
		{"admitted before", ErrAlreadyAdmitted, Admitted, []func(http.ResponseWriter, *http.Request){lost, verdict("replayed-nonce", at, fmt.Sprint(at), "")}},
		{"no answer, ever", ErrOutcomeUnknown, Unknown, []func(http.ResponseWriter, *http.Request){lost, lost, lost, lost}},
		{"stale, but it may have lived", ErrOutcomeUnknown, Unknown, []func(http.ResponseWriter, *http.Request){verdict("stale-timestamp", at, fmt.Sprint(at), "")}},
		{"ahead of its time", ErrClockSkew, Unknown, []func(http.ResponseWriter, *http.Request){verdict("future-timestamp", at-60000, "", "")}},
		{"more than a day off", ErrClockSkew, NotAdmitted, []func(http.ResponseWriter, *http.Request){verdict("stale-timestamp", at+90000000, fmt.Sprint(at+300000), "")}},
	} {
		p, f := newPeer(t, one.answers...), newTransport(t, now)
		_, err := f.call("POST", p.URL, "x")
		var end *CallError
		if !errors.Is(err, one.kind) || !errors.As(err, &end) || end.Outcome != one.outcome || len(p.values) != len(one.answers) {
			t.Errorf("%s: %v, %+v, %d attempts", one.name, err, end, len(p.values))
		}
		if !same(p.values) {
			t.Errorf("%s: signed twice", one.name)
		}
	}
}

func TestHandsBackWhatNobodySigned(t *testing.T) {
	for _, code := range []int{200, 401, 403, 409, 429, 500, 503} {
		p, f := newPeer(t, status(code)), newTransport(t, nil)
		if response, err := f.call("POST", p.URL, "x"); err != nil || response.StatusCode != code || f.Signer.offsetMs.Load() != 0 {
			t.Errorf("%d: %v, %v", code, response, err)
		}
	}
	// Verdicts that are not about this request, or stand there twice, are none.
	ms := time.Now().UnixMilli() + 600_000
	stale := verdict("stale-timestamp", ms, fmt.Sprint(ms-700_000), "")
	for name, forge := range map[string]func(http.ResponseWriter, *http.Request){
		"twice": func(w http.ResponseWriter, r *http.Request) {
			stale(httptest.NewRecorder(), r)
			record := httptest.NewRecorder()
			stale(record, r)
			w.Header()[VerdictField] = append(record.Header()[VerdictField], record.Header()[VerdictField]...)
			w.WriteHeader(401)
		},
		"about another request": func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), `sig="`, `sig="0`, 1))
			stale(w, r)
		},
		"with another time": func(w http.ResponseWriter, r *http.Request) {
			record := httptest.NewRecorder()
			stale(record, r)
			w.Header().Set(VerdictField, strings.Replace(record.Header().Get(VerdictField), `time="1`, `time="2`, 1))
			w.WriteHeader(401)
		},
	} {
		p, f := newPeer(t, forge), newTransport(t, nil)
		if response, err := f.call("POST", p.URL, "x"); err != nil || response.StatusCode < 400 || f.Signer.offsetMs.Load() != 0 {
			t.Errorf("%s: %v, %v, offset %d", name, response, err, f.Signer.offsetMs.Load())
		}
	}
}

func TestHealsASlowClockOnce(t *testing.T) {
	const local, server = 1763750000000, 1763750900000
	now := func() time.Time { return time.UnixMilli(local) }
	stale := verdict("stale-timestamp", server, fmt.Sprint(local+300_000), "")
	p, f := newPeer(t, stale, status(201), status(201)), newTransport(t, now)
	for i := 0; i < 2; i++ {
		if response, err := f.call("POST", p.URL, "x"); err != nil || response.StatusCode != 201 {
			t.Fatal(response, err)
		}
	}
	if p.values[0] == p.values[1] || !strings.Contains(p.values[1], fmt.Sprintf(`ts="%d"`, server)) || len(p.values) != 3 {
		t.Error(p.values)
	}
	// A second signature that is refused, too, is the end.
	p, f = newPeer(t, stale, verdict("stale-timestamp", server+900_000, fmt.Sprint(server+300_000), "")), newTransport(t, now)
	if _, err := f.call("POST", p.URL, "x"); !errors.Is(err, ErrClockSkew) || len(p.values) != 2 {
		t.Error(err, len(p.values))
	}
}

func TestSignsAReadAgainAfterAFastClock(t *testing.T) {
	const local = 1763750000000
	future := verdict("future-timestamp", local-60_000, "", "")
	p, f := newPeer(t, future, status(200)), newTransport(t, func() time.Time { return time.UnixMilli(local) })
	if response, err := f.call("GET", p.URL, ""); err != nil || response.StatusCode != 200 || f.Signer.offsetMs.Load() > -59_000 {
		t.Error(response, err, f.Signer.offsetMs.Load())
	}
}

// A verdict that was held back until the signature had died by itself proves nothing about the time before.
func TestDoesNotSignAgainAfterALongWay(t *testing.T) {
	const at = 1763750000000
	ticks := 0
	now := func() time.Time { // 400 s pass on the wall clock between signing and answer
		ticks++
		if ticks <= 2 {
			return time.UnixMilli(at)
		}
		return time.UnixMilli(at + 400_000)
	}
	p, f := newPeer(t, verdict("stale-timestamp", at+400_000, fmt.Sprint(at+300_000), "")), newTransport(t, now)
	if _, err := f.call("POST", p.URL, "x"); !errors.Is(err, ErrOutcomeUnknown) || len(p.values) != 1 {
		t.Error(err, len(p.values))
	}
}

func TestAHeldBackVerdictMovesTheClockLess(t *testing.T) {
	const at = 1763750000000
	dead := int64(at - 600_000)
	e := event{verdict: &Verdict{Code: "stale-timestamp", TimeMs: at, DeadSinceMs: &dead}}
	p := policy{attempts: 4, maxWaitMs: 30_000, freshForMs: 240_000, maxOffsetMs: 86_400_000}
	for _, one := range []struct{ elapsed, offset, wanted int64 }{
		{0, 0, 1000}, {400, 0, 1000}, {400, 1200, 1200}, {400, 9000, 1400}, {5000, -3000, 1000},
	} {
		d := decide(p, &call{method: "POST", sent: 1}, e, moment{elapsedMs: one.elapsed, nowMs: at - 1000, offsetMs: one.offset})
		if d.action != signAnew || *d.offsetMs != one.wanted {
			t.Errorf("%+v: %+v", one, d)
		}
	}
}

func TestRedirects(t *testing.T) {
	other := newPeer(t, status(200))
	away := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }
	again := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/b", http.StatusTemporaryRedirect) }
	p, f := newPeer(t, away, again, status(200), again), newTransport(t, nil)
	if response, err := f.call("GET", p.URL, ""); err != nil || response.StatusCode != 200 || other.values[0] != "" {
		t.Error("another origin got a signature", err, other.values)
	}
	if response, err := f.call("GET", p.URL, ""); err != nil || response.StatusCode != 200 || p.values[1] == p.values[2] || p.values[2] == "" {
		t.Error("a redirected GET has a signature of its own", err)
	}
	if response, err := f.call("POST", p.URL, "x"); err != nil || response.StatusCode != 307 || len(p.values) != 4 {
		t.Error("a redirected POST is handed back", response, err)
	}
	// An http.Client without CheckRedirect would follow; the Transport does not.
	p, f = newPeer(t, again, status(200)), newTransport(t, nil)
	_, err := (&http.Client{Transport: f}).Post(p.URL, "text/plain", strings.NewReader("x"))
	if !errors.Is(err, ErrOutcomeUnknown) || len(p.values) != 1 {
		t.Error("a redirected POST was sent again", err)
	}
}

func TestScopeBodyAndContext(t *testing.T) {
	p, f := newPeer(t, status(200), status(503)), newTransport(t, nil)
	ctx, cancel := context.WithCancel(WithScope(context.Background(), "orders:write"))
	req, _ := http.NewRequestWithContext(ctx, "PUT", p.URL, io.MultiReader(strings.NewReader("a"), strings.NewReader("b")))
	if _, err := f.RoundTrip(req); err != nil || p.bodies[0] != "ab" || !strings.Contains(p.values[0], `scope="orders:write"`) {
		t.Error(err, p.values, p.bodies)
	}
	f.sleep = nil
	time.AfterFunc(20*time.Millisecond, cancel)
	req, _ = http.NewRequestWithContext(ctx, "GET", p.URL, nil)
	if _, err := f.RoundTrip(req); !errors.Is(err, context.Canceled) || len(p.values) != 2 {
		t.Error(err, len(p.values))
	}
	req, _ = http.NewRequest("GET", p.URL, nil)
	req.Header.Set("Authorization", "Bearer x")
	if _, err := f.RoundTrip(req); err == nil || len(p.values) != 2 {
		t.Error("a field that is taken is not written over", err)
	}
}
