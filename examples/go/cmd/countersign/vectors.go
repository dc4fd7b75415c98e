package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"countersign.example"
)

// question is one of the conformance kit (packages/canonical/vectors/README.md).
type question struct {
	Task, Name, Method, Target, Audience, Header string
	Headers                                      [][2]string
	Signed                                       []string
	Body, BodyBase64                             string
	KeyID, Secret, Timestamp, Nonce, Scope       string
	RequestSignature, Field                      string
}

// answerVectors reads a JSON line and writes one, until its input ends.
func answerVectors(in io.Reader, out io.Writer) error {
	lines, answers := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	for {
		var q question
		if err := lines.Decode(&q); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		answer := answerTo(&q)
		answer["name"] = q.Name
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
}

func answerTo(q *question) map[string]any {
	switch q.Task {
	case "sign":
		return sign(q)
	case "open-verdict":
		return openVerdict(q)
	}
	return map[string]any{"unsupported": "a client does not " + q.Task}
}

func sign(q *question) map[string]any {
	ms, err := strconv.ParseInt(q.Timestamp, 10, 64)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	signer, err := countersign.NewSigner(countersign.Config{
		KeyID: q.KeyID, Secret: q.Secret, Field: q.Header, SignFields: q.Signed,
		Now:   func() time.Time { return time.UnixMilli(ms) },
		Nonce: func() string { return q.Nonce },
	})
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	// One vector has fields that a signer signs and this one did not: what is not in signed is left out.
	signed := map[string]bool{}
	for _, name := range q.Signed {
		signed[name] = true
	}
	header := http.Header{}
	for _, line := range q.Headers {
		if signed[strings.ToLower(line[0])] {
			header[line[0]] = append(header[line[0]], line[1])
		}
	}
	body := []byte(q.Body)
	if q.BodyBase64 != "" {
		if body, err = base64.StdEncoding.DecodeString(q.BodyBase64); err != nil {
			return map[string]any{"error": err.Error()}
		}
	}
	made, err := signer.Sign(countersign.Request{
		Method: q.Method, Authority: q.Audience, Target: q.Target, Header: header, Body: body, Scope: q.Scope,
	})
	var refused *countersign.RefusedError
	if errors.As(err, &refused) {
		return map[string]any{"refused": refused.Code}
	} else if err != nil {
		return map[string]any{"error": err.Error()}
	}
	return map[string]any{"canonical": made.Canonical, "signature": made.Sig, "authorization": made.Value}
}

func openVerdict(q *question) map[string]any {
	signer, err := countersign.NewSigner(countersign.Config{KeyID: q.KeyID, Secret: q.Secret})
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	verdict := signer.OpenVerdict(q.Nonce, q.RequestSignature, q.Field)
	if verdict == nil {
		return map[string]any{"refused": true}
	}
	return map[string]any{"code": verdict.Code, "time": text(&verdict.TimeMs), "deadSince": text(verdict.DeadSinceMs),
		"retryAfterMs": text(verdict.RetryAfterMs)}
}

func text(ms *int64) string {
	if ms == nil {
		return ""
	}
	return strconv.FormatInt(*ms, 10)
}
