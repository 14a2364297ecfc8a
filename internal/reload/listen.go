package reload

import (
	"sync"
	"time"
)

// startListening subscribes to the channel, on the host's Listener or on one of its own.
func (r *Reloader) startListening() {
	r.listener = r.config.Listener
	if r.listener == nil {
		r.listener = NewListener(ListenerConfig{Pool: r.config.Pool, AcquireTimeout: r.config.AcquireTimeout, Logger: r.config.Logger})
		r.ownsListener = true
	}
	r.subscriber = &subscriber{
		channel:     r.config.Channel,
		onListening: r.onListening, onLost: r.onLost, onNotification: r.onNotification,
	}
	r.listener.subscribe(r.subscriber)
}

// onListening asks for a load each time that the listening begins, the first time
// included: no notification from before was heard.
func (r *Reloader) onListening() {
	r.state.listening.Store(true)
	r.Soon()
	if r.state.missed.Load() { // a missed one may have been about the configuration
		r.reconfigure("")
	}
}

// onLost is called when notifications are no longer heard, and when the first attempt to
// listen has failed. In that case it asks for the first load itself, since requests can
// be served without notifications.
func (r *Reloader) onLost() {
	listened := r.state.listening.Swap(false)
	if missed := r.state.missed.Swap(true); !listened && !missed {
		r.Soon()
	}
}

// stopListening undoes startListening.
func (r *Reloader) stopListening() {
	if r.listener == nil {
		return
	}
	r.listener.unsubscribe(r.subscriber)
	if r.ownsListener {
		r.listener.Close()
	}
	r.state.listening.Store(false)
	r.notified.stop()
}

func (r *Reloader) onNotification(payload string) {
	r.reconfigure(payload)
	if !asksForLoad(payload) {
		return
	}
	if r.notified.first(r.Soon) {
		r.config.Logger.Info("notified", "channel", r.config.Channel, "payload", payload)
		r.Soon()
	}
}

// asksForLoad reports whether a notification asks for a load. "reload config" does, too:
// the settings of roles are configuration, and are loaded with the schema. See
// https://docs.postgrest.org/en/stable/references/schema_cache.html#schema-reloading.
func asksForLoad(payload string) bool {
	return payload == "" || payload == "reload schema" || payload == "reload config"
}

// reconfigure calls the host's Reconfigure if the notification is about the configuration.
// See
// https://docs.postgrest.org/en/stable/references/configuration.html#configuration-reloading.
func (r *Reloader) reconfigure(payload string) {
	if r.config.Reconfigure == nil || payload != "" && payload != "reload config" {
		return
	}
	r.config.Reconfigure()
}

// burst is a series of notifications that follow each other closely, as those of a
// migration do. The schema is loaded at the first and after the last.
// See https://docs.postgrest.org/en/stable/references/schema_cache.html#debouncing.
type burst struct {
	mu    sync.Mutex
	timer *time.Timer // ends the burst; nil when there is none
	more  bool        // notifications followed the first
}

// first takes note of a notification, and reports whether it is the first of a burst.
// If more follow, then is called once at the end of the burst.
func (b *burst) first(then func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.more = true
		return false
	}
	b.more = false
	b.timer = time.AfterFunc(debounce, func() {
		b.mu.Lock()
		more := b.more && b.timer != nil
		b.timer = nil
		b.mu.Unlock()
		if more {
			then()
		}
	})
	return true
}

// stop ends a burst without a call.
func (b *burst) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
}
