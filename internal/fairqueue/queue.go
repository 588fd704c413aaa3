// Package fairqueue makes controllers take turns between namespaces.
package fairqueue

import (
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// The waits before a request that failed is tried again. They double from the first to
// the longest.
const (
	firstRetry   = 5 * time.Millisecond
	longestRetry = 5 * time.Minute
)

// RateLimiter is the wait before a request that failed is tried again. It depends on that
// request alone. (The usual one also lets ten retries of the whole controller through in a
// second, and so makes everybody wait for whoever has thousands that fail.)
func RateLimiter() workqueue.TypedRateLimiter[reconcile.Request] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, longestRetry)
}

// New is a controller's queue in which each namespace has a line of its own, and the lines
// take turns: however many requests one namespace has, another one's request waits for no
// more than one request of each. It fits controller.Options.NewQueue.
func New(name string, limiter workqueue.TypedRateLimiter[reconcile.Request]) workqueue.TypedRateLimitingInterface[reconcile.Request] {
	return workqueue.NewTypedRateLimitingQueueWithConfig(limiter, workqueue.TypedRateLimitingQueueConfig[reconcile.Request]{
		Name: name,
		DelayingQueue: workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[reconcile.Request]{
			Name: name,
			Queue: workqueue.NewTypedWithConfig(workqueue.TypedQueueConfig[reconcile.Request]{
				Name:  name,
				Queue: &turns{lines: map[string][]reconcile.Request{}},
			}),
		}),
	})
}

// turns implements workqueue.Queue, which calls it from one goroutine at a time.
type turns struct {
	// next are the namespaces that have requests, the one whose turn it is first.
	next  []string
	lines map[string][]reconcile.Request
	count int
}

// Touch does nothing: a request that is added again keeps its place.
func (*turns) Touch(reconcile.Request) {}

// Push puts the request at the end of its namespace's line.
func (t *turns) Push(r reconcile.Request) {
	line, waiting := t.lines[r.Namespace]
	if !waiting {
		t.next = append(t.next, r.Namespace)
	}
	t.lines[r.Namespace] = append(line, r)
	t.count++
}

// Len is how many requests there are in all lines.
func (t *turns) Len() int { return t.count }

// Pop takes the first request of the namespace whose turn it is. There must be one.
func (t *turns) Pop() reconcile.Request {
	namespace := t.next[0]
	line := t.lines[namespace]
	t.next = t.next[1:]
	if len(line) > 1 {
		t.next = append(t.next, namespace)
		t.lines[namespace] = line[1:]
	} else {
		delete(t.lines, namespace)
	}
	t.count--
	return line[0]
}
