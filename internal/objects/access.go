package objects

import (
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Access is how our objects are read and written, and events of them recorded.
type Access struct {
	// Client reads from the cache. What it returns must not be changed where it was read
	// with UnsafeDisableDeepCopy.
	Client client.Client
	// Live reads past the cache.
	Live   client.Reader
	Events EventRecorder
	Clock  clock.PassiveClock
}
