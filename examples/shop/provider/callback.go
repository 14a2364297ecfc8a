package provider

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// A callback that isn't accepted is sent again after a while, some times.
const (
	callbackTries = 5
	callbackPause = 200 * time.Millisecond
)

// callbacks tells of charges, each in a goroutine that ends with close.
type callbacks struct {
	settings Settings
	ctx      context.Context
	cancel   context.CancelFunc

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

func (c *callbacks) start(settings Settings) {
	c.settings = settings
	c.ctx, c.cancel = context.WithCancel(context.Background())
}

func (c *callbacks) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.running.Wait()
}

func (c *callbacks) send(made Charge) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.running.Go(func() { c.tell(made) })
	}
}

func (c *callbacks) tell(made Charge) {
	for try := 1; ; try++ {
		err := c.post(made)
		if err == nil || c.ctx.Err() != nil {
			return
		}
		if try == callbackTries {
			c.settings.Logger.Warn("a callback isn't accepted", "charge", made.ID, "error", err)
			return
		}
		select {
		case <-c.ctx.Done():
			return
		case <-time.After(time.Duration(try) * callbackPause):
		}
	}
}

func (c *callbacks) post(made Charge) error {
	body, err := json.Marshal(made)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(c.ctx, http.MethodPost, c.settings.Callback, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Payment-Signature", Sign(c.settings.Secret, body))
	response, err := c.settings.Client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("the callback is answered %s", response.Status)
	}
	return nil
}

// Sign gives the signature of a callback's body: the HMAC-SHA256 in hexadecimal digits.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
