package reload

import (
	"runtime/debug"
	"sync"
	"time"
)

// listens has the Reloader hear notifications. Whenever a connection begins to listen,
// it asks for a load, the first time included: what was notified before, nobody heard.
func (r *Reloader) listens() {
	r.listener = r.config.Listener
	if r.listener == nil {
		r.listener = NewListener(ListenerConfig{Pool: r.config.Pool, AcquireTimeout: r.config.AcquireTimeout, Logger: r.config.Logger})
		r.ownsListener = true
	}
	r.member = &member{channel: r.config.Channel, listening: r.listening, lost: r.deaf, heard: r.heard}
	r.listener.join(r.member)
}

func (r *Reloader) listening() {
	r.state.listening.Store(true)
	r.Soon()
	if r.state.missed.Load() { // be it a change of configuration
		r.reconfigure("")
	}
}

// deaf is called when no notifications are heard. To serve, nobody has to hear them.
func (r *Reloader) deaf() {
	heard := r.state.listening.Swap(false)
	if missed := r.state.missed.Swap(true); !heard && !missed {
		r.Soon()
	}
}

// unlisten ends what listens began.
func (r *Reloader) unlisten() {
	if r.listener == nil {
		return
	}
	r.listener.leave(r.member)
	if r.ownsListener {
		r.listener.Close()
	}
	r.state.listening.Store(false)
	r.notified.stop()
}

// heard acts on a notification.
func (r *Reloader) heard(payload string) {
	r.reconfigure(payload)
	if !asksForLoad(payload) {
		return
	}
	if r.notified.first(r.Soon) {
		r.config.Logger.Info("notified", "channel", r.config.Channel, "payload", payload)
		r.Soon()
	}
}

// asksForLoad reports whether a notification asks for a load. The settings of roles are
// loaded with the schema, and a part of the configuration. See
// https://docs.postgrest.org/en/stable/references/schema_cache.html#schema-reloading.
func asksForLoad(payload string) bool {
	return payload == "" || payload == "reload schema" || payload == "reload config"
}

// reconfigure tells the host of a notification about the configuration. See
// https://docs.postgrest.org/en/stable/references/configuration.html#configuration-reloading.
func (r *Reloader) reconfigure(payload string) {
	if r.config.Reconfigure == nil || payload != "" && payload != "reload config" {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			r.config.Logger.Error("OnConfigNotify panicked", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	r.config.Reconfigure()
}

// burst takes the notifications that follow another one closely, as those of a
// migration do, for one: the schema is loaded at the first and after the last.
// See https://docs.postgrest.org/en/stable/references/schema_cache.html#debouncing.
type burst struct {
	mu    sync.Mutex
	timer *time.Timer // runs while further ones are waited for
	more  bool        // there were some
}

// first takes note of a notification, and reports whether it is the first of its burst.
// After the last one, if it isn't that, it calls then.
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

// stop forgets a burst that is under way.
func (b *burst) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
}
