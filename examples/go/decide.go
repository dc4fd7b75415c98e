package countersign

import (
	"math"
	"net/http"
	"time"
)

// policy is the Transport's limits.
type policy struct {
	attempts                           int
	maxWaitMs, freshForMs, maxOffsetMs int64
}

// call is a call so far.
type call struct {
	method      string
	sent        int
	signedAgain bool
	// unanswered: an earlier attempt had no authentic answer, or a signature that may still become fresh.
	unanswered bool
	last       *http.Response // to such an attempt
}

// event is what came of an attempt: an authentic verdict, an answer without one, or neither.
type event struct {
	verdict      *Verdict
	status       int
	retryAfterMs *int64 // of an answer without a verdict
	err          error
}

// moment is when it came.
type moment struct {
	elapsedMs int64   // since the signature was made; never less than the truth
	nowMs     int64   // the local clock, uncorrected
	offsetMs  int64   // the correction in use
	random    float64 // 0 to 1
}

type action int

const (
	handBack action = iota // the answer is the call's result
	resend                 // the same signature, after wait
	signAnew               // a second signature, after wait
	fail
)

type decision struct {
	action   action
	waitMs   int64
	offsetMs *int64 // the clock's correction from now on
	err      *CallError
}

func safe(method string) bool { return method == "GET" || method == "HEAD" || method == "OPTIONS" }

// decide says what a call does next (spec 4): a pure function of what was sent and what came back. It also writes
// into the call what is known of it now.
func decide(p policy, c *call, e event, m moment) decision {
	if e.verdict == nil {
		c.unanswered = true
		if e.err != nil {
			return resendOr(p, c, m, nil, &CallError{Kind: ErrOutcomeUnknown, Outcome: Unknown, Err: e.err})
		}
		idempotent := safe(c.method) || c.method == "PUT" || c.method == "DELETE"
		if !idempotent || e.status < 502 || e.status > 504 {
			return decision{action: handBack}
		}
		if wait, ok := wait(p, c, m, e.retryAfterMs, p.freshForMs-m.elapsedMs); ok {
			return decision{action: resend, waitMs: wait}
		}
		return decision{action: handBack}
	}
	ended := &CallError{RetryAfter: duration(e.verdict.RetryAfterMs)}
	switch e.verdict.Code {
	case "replayed-nonce":
		ended.Kind, ended.Outcome = ErrAlreadyAdmitted, Admitted
		return decision{action: fail, err: ended}
	case "rate-limited":
		ended.Kind, ended.Outcome = ErrRateLimited, outcome(c.unanswered)
		if e.verdict.RetryAfterMs == nil {
			return decision{action: fail, err: ended}
		}
		return resendOr(p, c, m, e.verdict.RetryAfterMs, ended)
	case "store-unavailable":
		return resendOr(p, c, m, e.verdict.RetryAfterMs, unavailable(ended, c.unanswered))
	case "stale-timestamp", "store-recovering", "future-timestamp":
		return decideTime(p, c, e.verdict, m, ended)
	}
	return decision{action: handBack}
}

// decideTime is about the refusals that concern the signature's time. They alone correct the clock (rules 4 to 6).
func decideTime(p policy, c *call, v *Verdict, m moment, ended *CallError) decision {
	// The server wrote its time between the signing and now. Of the offsets that this allows, the one nearest to the
	// present: a verdict that was held back moves the clock less, never further.
	least := v.TimeMs - m.nowMs
	needed := clamp(m.offsetMs, least, least+m.elapsedMs)
	within := needed <= p.maxOffsetMs && -needed <= p.maxOffsetMs
	d := decision{action: fail, err: ended}
	if within {
		d.offsetMs = &needed
	}
	ended.ClockOffset = time.Duration(needed) * time.Millisecond
	if v.Code == "future-timestamp" {
		// It proves nothing: the signature becomes fresh later, and a copy may be admitted then.
		c.unanswered = true
		ended.Kind, ended.Outcome = ErrClockSkew, Unknown
		if safe(c.method) && within && c.sent < p.attempts {
			d.action = signAnew
		}
		return d
	}
	if v.DeadSinceMs == nil || *v.DeadSinceMs >= v.TimeMs-m.elapsedMs {
		ended.Kind, ended.Outcome = ErrOutcomeUnknown, Unknown
		return d
	}
	recovering := v.Code == "store-recovering"
	var asked int64
	if v.RetryAfterMs != nil {
		asked = *v.RetryAfterMs
	}
	if !c.signedAgain && (within || recovering) {
		if wait, ok := wait(p, c, m, &asked, p.maxWaitMs); ok {
			// Every signature so far is proved dead.
			c.unanswered, c.last = false, nil
			d.action, d.waitMs = signAnew, wait
			return d
		}
	}
	// The present signature is dead. An earlier one that was ahead of its time may not be.
	open := c.signedAgain && c.unanswered
	if recovering {
		d.err = unavailable(ended, open)
	} else {
		ended.Kind, ended.Outcome = ErrClockSkew, outcome(open)
	}
	return d
}

func outcome(open bool) Outcome {
	if open {
		return Unknown
	}
	return NotAdmitted
}

func unavailable(ended *CallError, open bool) *CallError {
	ended.Kind, ended.Outcome = ErrStoreUnavailable, outcome(open)
	if open {
		ended.Kind = ErrOutcomeUnknown
	}
	return ended
}

func resendOr(p policy, c *call, m moment, askedMs *int64, ended *CallError) decision {
	if wait, ok := wait(p, c, m, askedMs, p.freshForMs-m.elapsedMs); ok {
		return decision{action: resend, waitMs: wait}
	}
	return decision{action: fail, err: ended}
}

// wait is as long as was asked for, or a backoff, with jitter upwards; false when nothing may be sent so late, or at
// all any more.
func wait(p policy, c *call, m moment, askedMs *int64, longestMs int64) (int64, bool) {
	longestMs = clamp(longestMs, -1, p.maxWaitMs)
	least := clamp(250<<clamp(int64(c.sent)-1, 0, 20), 0, p.maxWaitMs)
	if askedMs != nil {
		least = *askedMs
	}
	if c.sent >= p.attempts || least > longestMs {
		return 0, false
	}
	jitter := 0.0
	if least > 0 {
		jitter = m.random * math.Max(50, float64(least)/4)
	}
	return clamp(least+int64(jitter), least, longestMs), true
}

func clamp(value, least, most int64) int64 {
	if value < least {
		return least
	}
	if value > most {
		return most
	}
	return value
}

// duration of milliseconds that may be more than a time.Duration holds.
func duration(ms *int64) *time.Duration {
	if ms == nil {
		return nil
	}
	d := time.Duration(clamp(*ms, 0, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
	return &d
}
