package payment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// maxAnswer is how much of an answer is kept.
const maxAnswer = 64 << 10

// call is an HTTP request that the database asks for.
type call struct {
	Method  string
	URL     string
	Headers map[string]string
	Body    []byte
	Timeout time.Duration
}

// answer is what a call was answered, as the rows of net._http_response have it.
type answer struct {
	Status      *int // nil without an answer
	ContentType *string
	Headers     json.RawMessage
	Content     *string
	TimedOut    bool
	Error       *string // why there is none
}

// do makes a call. What goes wrong is an answer, too.
func do(ctx context.Context, client *http.Client, c call) answer {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	a, err := try(ctx, client, c)
	if err != nil {
		a = answer{TimedOut: errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)}
		message := plain(err.Error())
		a.Error = &message
	}
	return a
}

func try(ctx context.Context, client *http.Client, c call) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, c.Method, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return answer{}, err
	}
	// Without GetBody, Go doesn't send the request again by itself on a connection that broke.
	// Whether there is another attempt is decided in the database.
	request.GetBody = nil
	for name, value := range c.Headers {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return answer{}, fmt.Errorf("read the answer: %w", err)
	}
	headers := map[string]string{}
	for name, values := range response.Header {
		headers[name] = plain(strings.Join(values, ", "))
	}
	encoded, err := json.Marshal(headers)
	if err != nil {
		return answer{}, err
	}
	contentType, content := headers["Content-Type"], plain(string(body))
	return answer{Status: &response.StatusCode, ContentType: &contentType, Headers: encoded, Content: &content}, nil
}

// plain is text that PostgreSQL takes: valid UTF-8 without NUL.
func plain(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// newClient is the HTTP client for those who give none. A redirect is not followed: it would
// take the API key and the charge to wherever it says.
func newClient() *http.Client {
	return &http.Client{
		Transport:     http.DefaultTransport.(*http.Transport).Clone(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
