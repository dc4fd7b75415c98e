// Package countersign signs HTTP requests with CS1-HMAC-SHA256 and sends them so that one call is admitted at most
// once, whatever is lost, copied or sent again on the way. It was written from docs/spec.md.
//
// What is left out: pacing by the RateLimit fields, the debug exchange (spec 8), and everything of a verifier.
// A limit on the time of one attempt is the base transport's (ResponseHeaderTimeout, DialContext).
package countersign

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Transport is an http.RoundTripper that makes one signature for each call and sends that one again where that makes
// sense; a second one only when an authentic verdict proves that the first was dead before it left (spec 4). It is
// safe for concurrent use.
//
// Unlike other RoundTrippers it ends a call with a *CallError after an authentic refusal that asks for it; every other
// answer is handed back as it is. When the context ends, so does the call, with the context's error: whether the request
// was admitted is not known then. Of redirects it follows GET and HEAD alone, and signs nothing for another origin;
// CheckRedirect makes an http.Client give the others back.
//
// A body without GetBody is read into memory first: it is signed before it is sent, and may be sent twice.
type Transport struct {
	Signer *Signer
	Base   http.RoundTripper // default: http.DefaultTransport

	Attempts       int           // how often a call may send; default 4
	MaxWait        time.Duration // a longer wait ends the call; default 30 s
	FreshFor       time.Duration // how old a signature is still sent; default 240 s
	MaxClockOffset time.Duration // how far the clock is corrected; default one day

	sleep  func(context.Context, time.Duration) error // in tests
	random func() float64
}

type scopeKey struct{}

// WithScope gives requests with this context a scope of their own.
func WithScope(ctx context.Context, scope string) context.Context {
	return context.WithValue(ctx, scopeKey{}, scope)
}

// RoundTrip carries out one call.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Response != nil { // an http.Client follows a redirect
		if !mayFollow(req) {
			closeBody(req)
			return nil, &CallError{Kind: ErrOutcomeUnknown, Outcome: Unknown, Response: req.Response}
		}
		if leftOrigin(req) {
			return t.base().RoundTrip(req)
		}
	}
	body, err := readBody(req)
	if err != nil {
		return nil, err
	}
	field := http.CanonicalHeaderKey(t.Signer.config.Field)
	if req.URL.Opaque != "" || req.Header.Get(field) != "" {
		return nil, errors.New("countersign: an opaque URL, or a request that has the field " + field + " already")
	}
	scope, _ := req.Context().Value(scopeKey{}).(string)
	method := req.Method
	if method == "" {
		method = "GET"
	}
	unsigned := Request{Method: method, Authority: authority(req), Target: req.URL.RequestURI(), Header: req.Header,
		Scope: scope, digest: body.digest}
	now, c := t.Signer.config.Now, &call{method: method}
	for {
		// The wall clock and the monotonic one: each can fall behind, and e must not be understated.
		started := now()
		signature, err := t.Signer.Sign(unsigned)
		if err != nil {
			return nil, err
		}
		for signed := true; signed; {
			c.sent++
			answer, err := t.send(req, body, field, signature.Value)
			e := event{err: err}
			if err == nil {
				e.status, e.verdict = answer.StatusCode, t.Signer.Verdict(signature, answer.Header)
				e.retryAfterMs = retryAfter(answer.Header.Get("Retry-After"), now())
			} else if ctxErr := req.Context().Err(); ctxErr != nil {
				return nil, ctxErr
			}
			arrived := now()
			elapsed := arrived.Sub(started)
			if wall := arrived.Round(0).Sub(started.Round(0)); wall > elapsed {
				elapsed = wall
			}
			m := moment{elapsed.Milliseconds() + 1, arrived.UnixMilli(), t.Signer.offsetMs.Load(), t.jitter()}
			d := decide(t.policy(), c, e, m)
			if d.offsetMs != nil {
				t.Signer.offsetMs.Store(*d.offsetMs)
			}
			if d.action == handBack {
				answer.Request = req
				return answer, nil
			}
			if answer != nil {
				keep(answer)
				if e.verdict == nil {
					c.last = answer
				}
			}
			if d.action == fail {
				d.err.Response = c.last
				return nil, d.err
			}
			if err := t.pause(req.Context(), time.Duration(d.waitMs)*time.Millisecond); err != nil {
				return nil, err
			}
			if d.action == signAnew {
				c.signedAgain, signed = true, false
			}
		}
	}
}

func (t *Transport) send(req *http.Request, body *content, field, value string) (*http.Response, error) {
	attempt := req.Clone(req.Context())
	if attempt.Header == nil {
		attempt.Header = http.Header{}
	}
	attempt.Header.Set(field, value)
	var err error
	if attempt.Body, err = body.open(); err != nil {
		return nil, err
	}
	attempt.GetBody, attempt.ContentLength = body.open, body.length
	return t.base().RoundTrip(attempt)
}

func authority(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}

// retryAfter is a field of seconds or of a date (RFC 9110 section 10.2.3) in milliseconds.
func retryAfter(value string, now time.Time) *int64 {
	var ms int64
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		ms = int64(seconds) * 1000
	} else if at, err := http.ParseTime(value); err == nil {
		ms = clamp(at.Sub(now).Milliseconds(), 0, 1<<53)
	} else {
		return nil
	}
	return &ms
}

func (t *Transport) base() http.RoundTripper {
	if t.Base != nil {
		return t.Base
	}
	return http.DefaultTransport
}

func (t *Transport) policy() policy {
	attempts := t.Attempts
	if attempts == 0 {
		attempts = 4
	}
	return policy{
		attempts:    attempts,
		maxWaitMs:   orStandard(t.MaxWait, 30*time.Second),
		freshForMs:  orStandard(t.FreshFor, 240*time.Second),
		maxOffsetMs: orStandard(t.MaxClockOffset, 24*time.Hour),
	}
}

func orStandard(value, standard time.Duration) int64 {
	if value == 0 {
		value = standard
	}
	return value.Milliseconds()
}

func (t *Transport) pause(ctx context.Context, wait time.Duration) error {
	if t.sleep != nil {
		return t.sleep(ctx, wait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// jitter is random for each process: the seed of math/rand is the same in all of them before Go 1.20.
func (t *Transport) jitter() float64 {
	if t.random != nil {
		return t.random()
	}
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0
	}
	return float64(binary.BigEndian.Uint64(b[:])>>11) / (1 << 53)
}
