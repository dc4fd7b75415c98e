package countersign

import (
	"errors"
	"net/http"
	"time"
)

// How a call can end without an answer from the application. errors.Is tells them apart, behind the *url.Error of an
// http.Client too; errors.As with a *CallError gives the rest.
var (
	ErrRateLimited      = errors.New("countersign: rate limited")
	ErrStoreUnavailable = errors.New("countersign: the server cannot count requests now, and admitted nothing")
	ErrAlreadyAdmitted  = errors.New("countersign: executed once, but its answer is lost: do not call again")
	ErrOutcomeUnknown   = errors.New("countersign: the request may have been executed: look before you call again")
	ErrClockSkew        = errors.New("countersign: the clocks of client and server are too far apart")
)

// Outcome is what is known of the request when a call ends.
type Outcome string

const (
	NotAdmitted Outcome = "not-admitted" // a new call executes nothing twice
	Admitted    Outcome = "admitted"     // a new call would be a second execution
	Unknown     Outcome = "unknown"      // it may have been admitted, or may still be
)

// CallError is the end of a call.
type CallError struct {
	Kind    error // one of the five above
	Outcome Outcome
	// RetryAfter is the wait that the server asked for; nil when it named none, and for ErrRateLimited then never:
	// the request costs more than a limit allows.
	RetryAfter *time.Duration
	// ClockOffset is the server's clock minus the local one, for ErrClockSkew. The Signer has corrected itself by it,
	// unless it is more than the Transport's MaxClockOffset.
	ClockOffset time.Duration
	// Response is the last answer that could not be trusted, such as a proxy's 503; nil when there was none.
	Response *http.Response
	// Err is the network error that the last attempt ended with.
	Err error
}

func (e *CallError) Error() string {
	if e.Err != nil {
		return e.Kind.Error() + ": " + e.Err.Error()
	}
	return e.Kind.Error()
}

func (e *CallError) Is(target error) bool { return target == e.Kind }
func (e *CallError) Unwrap() error        { return e.Err }
