package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	// keySetInterval is how long a fetched key set is good for, and so how long a
	// key that was taken out of it goes on to be accepted.
	keySetInterval = 10 * time.Minute
	// keySetPause is the least time between two fetches that tokens cause, and the first
	// pause after a failure.
	keySetPause    = 10 * time.Second
	keySetMaxPause = 5 * time.Minute
	keySetTimeout  = 5 * time.Second
	keySetMaxBytes = 256 << 10
	keySetMaxHops  = 3
)

// keySet fetches the keys that a URL serves, and fetches them again in the background:
// every keySetInterval, and when no key suits a token.
type keySet struct {
	url     string
	client  *http.Client
	fetched func([]key) // called with each set that differs from the one before
	logger  *slog.Logger

	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
	wanted chan struct{} // asks for a fetch before the interval has passed

	mu      sync.Mutex
	attempt chan struct{} // closed when the present fetch ends, or the next if there is none
	last    time.Time     // when the last fetch ended; zero before the first has
	err     error         // of the last fetch
	body    []byte        // of the last fetch that succeeded
}

// newKeySet starts the first fetch, and returns at once.
func newKeySet(address string, fetched func([]key), logger *slog.Logger) (*keySet, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("parse the URL of the key set: %w", err)
	}
	if err := checkKeySetURL(parsed); err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableKeepAlives: true,
		TLSHandshakeTimeout: keySetTimeout, MaxResponseHeaderBytes: keySetMaxBytes,
	}
	s := &keySet{
		url: address, fetched: fetched, logger: logger,
		wanted: make(chan struct{}, 1), attempt: make(chan struct{}),
		client: &http.Client{Transport: transport, Timeout: keySetTimeout, CheckRedirect: checkRedirect},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.done.Go(s.run)
	return s, nil
}

// checkKeySetURL refuses a URL whose response others on the network could change: it has
// to be https, or http on this machine.
func checkKeySetURL(u *url.URL) error {
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback), u.Hostname() == "":
		return fmt.Errorf("the URL of the key set is %q, and has to begin with https://", u.Redacted())
	case u.User != nil:
		return fmt.Errorf("the URL of the key set is %q, and can't have a user", u.Redacted())
	}
	return nil
}

func checkRedirect(r *http.Request, via []*http.Request) error {
	switch {
	case len(via) > keySetMaxHops:
		return errors.New("too many redirects")
	case via[0].URL.Scheme == "https" && r.URL.Scheme != "https":
		return fmt.Errorf("redirected from https to %q", r.URL.Redacted())
	}
	return checkKeySetURL(r.URL)
}

// close ends the fetching, and waits for that.
func (s *keySet) close() {
	s.cancel()
	s.done.Wait()
}

func (s *keySet) run() {
	pause := keySetPause
	for {
		err := s.fetch()
		if s.ctx.Err() != nil {
			s.finish(s.ctx.Err())
			return
		}
		next := keySetInterval
		if err != nil {
			s.logger.Warn("fetching the key set of JWTs failed", "error", err)
			next, pause = pause, min(2*pause, keySetMaxPause)
		} else {
			pause = keySetPause
		}
		s.finish(err)
		timer := time.NewTimer(next)
		select {
		case <-timer.C:
		case <-s.wanted:
		case <-s.ctx.Done():
		}
		timer.Stop()
	}
}

// finish notes the outcome of an attempt, and wakes those that wait for it.
func (s *keySet) finish(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err, s.last = err, time.Now()
	close(s.attempt)
	s.attempt = make(chan struct{})
	select { // a fetch that was asked for meanwhile is this one
	case <-s.wanted:
	default:
	}
}

// fetch asks the URL once.
func (s *keySet) fetch() error {
	request, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask for the set: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s was answered with %s", s.url, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, keySetMaxBytes+1))
	if err != nil {
		return fmt.Errorf("read the set: %w", err)
	}
	if len(body) > keySetMaxBytes {
		return fmt.Errorf("%s has more than %d bytes", s.url, keySetMaxBytes)
	}
	keys, err := parsePublishedKeys(body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	same := bytes.Equal(s.body, body)
	s.body = body
	s.mu.Unlock()
	if !same {
		s.fetched(keys)
	}
	return nil
}

// refresh has the set fetched and waits for that, unless the last fetch was less than
// keySetPause ago. It fails only as long as no fetch has succeeded.
func (s *keySet) refresh(ctx context.Context) error {
	s.mu.Lock()
	attempt := s.attempt
	first, recent := s.last.IsZero(), time.Since(s.last) < keySetPause
	s.mu.Unlock()
	if recent {
		return s.failure()
	}
	if !first {
		select {
		case s.wanted <- struct{}{}:
		default: // another request has asked for it already
		}
	}
	select {
	case <-attempt:
		return s.failure()
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ctx.Done():
		return s.failure()
	}
}

// failure is the reason why there is no set; nil if there is one. A set stays in use when
// the next can't be fetched.
func (s *keySet) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.body != nil:
		return nil
	case s.err != nil:
		return s.err
	}
	return s.ctx.Err()
}
