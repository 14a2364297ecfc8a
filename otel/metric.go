package otel

import (
	"strconv"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"

	"github.com/pgrest-go/pgrest"
)

// newHistogram makes the histogram of durations, with the buckets that the
// conventions recommend.
func newHistogram(meter metric.Meter) metric.Float64Histogram {
	h, err := meter.Float64Histogram("http.server.request.duration",
		metric.WithUnit("s"),
		metric.WithDescription("Duration of HTTP server requests."),
		metric.WithExplicitBucketBoundaries(.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10))
	if err != nil {
		otel.Handle(err)
		return noop.Float64Histogram{}
	}
	return h
}

// newCounter makes the counter of what went wrong.
func newCounter(meter metric.Meter) metric.Int64Counter {
	c, err := meter.Int64Counter("pgrest.request.failures",
		metric.WithUnit("{request}"), metric.WithDescription("Requests that were answered with an error, or broken off."))
	if err != nil {
		otel.Handle(err)
		return noop.Int64Counter{}
	}
	return c
}

// failure are the attributes of what went wrong: few values of each.
func failure(e pgrest.Event) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.Stringer("pgrest.resource", e.Resource), attribute.String("pgrest.code", e.CodeClass())}
}

// labels are the attributes that spans and metrics share: few values of each.
func labels(e pgrest.Event) []attribute.KeyValue {
	all := []attribute.KeyValue{method(e.Method), attribute.Stringer("pgrest.resource", e.Resource)}
	if e.Status != 0 { // a response was sent
		all = append(all, semconv.HTTPResponseStatusCode(e.Status))
	}
	if failed := errorType(e); failed != "" {
		all = append(all, semconv.ErrorTypeKey.String(failed))
	}
	if e.Server != "" {
		all = append(all, attribute.String("pgrest.server", e.Server))
	}
	return all
}

// errorType says how the server failed at a request; empty if it did not.
func errorType(e pgrest.Event) string {
	switch {
	case e.Aborted:
		return "aborted"
	case e.Status >= 500:
		return strconv.Itoa(e.Status)
	}
	return ""
}

// method is the attribute of a method. Clients can invent any number of other methods, for
// which the conventions therefore have one value.
func method(name string) attribute.KeyValue {
	switch name {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY":
		return semconv.HTTPRequestMethodKey.String(name)
	default:
		return semconv.HTTPRequestMethodOther
	}
}
