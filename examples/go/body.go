package countersign

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
)

// keptBytes is how much is kept of an answer that was not handed back.
const keptBytes = 64 << 10

// content is a body that can be sent as often as is needed.
type content struct {
	open   func() (io.ReadCloser, error)
	length int64
	digest string
}

// readBody closes the request's own body.
func readBody(req *http.Request) (*content, error) {
	defer closeBody(req)
	body := &content{open: req.GetBody, length: req.ContentLength}
	if req.Body == nil || req.Body == http.NoBody {
		body.open, body.length = noBody, 0
	} else if body.open == nil {
		read, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		body.open, body.length = noBody, int64(len(read))
		if len(read) > 0 {
			body.open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(read)), nil }
		}
	}
	reader, err := body.open()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, reader)
	body.digest = hex.EncodeToString(sum.Sum(nil))
	return body, err
}

func noBody() (io.ReadCloser, error) { return http.NoBody, nil }

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// keep reads what may be kept of the body, and gives the connection back.
func keep(answer *http.Response) {
	content, _ := io.ReadAll(io.LimitReader(answer.Body, keptBytes))
	answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(content))
}
