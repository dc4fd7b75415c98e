package countersign

import (
	"errors"
	"net/http"
	"net/url"
)

// CheckRedirect is for an http.Client with a Transport: a redirect that would send anything but a GET or HEAD again is
// handed back as an answer. A forged one would have the request executed twice.
func CheckRedirect(req *http.Request, via []*http.Request) error {
	if !mayFollow(req) {
		return http.ErrUseLastResponse
	}
	if len(via) > 5 {
		return errors.New("countersign: more than 5 redirects")
	}
	return nil
}

func mayFollow(req *http.Request) bool { return req.Method == "GET" || req.Method == "HEAD" }

// leftOrigin says whether a chain of redirects ever left the origin that it began at.
func leftOrigin(req *http.Request) bool {
	for at := req; at.Response != nil && at.Response.Request != nil; at = at.Response.Request {
		if origin(at.Response.Request.URL) != origin(at.URL) {
			return true
		}
	}
	return false
}

func origin(u *url.URL) string {
	host, _ := CanonicalAuthority(u.Host)
	return u.Scheme + "://" + host
}
