package digitalocean

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// Requests that are made side by side leave their connections to those that come after them.
func TestConnectionsAreUsedAgain(t *testing.T) {
	const atOnce = 16
	var opened atomic.Int64
	var together sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		together.Done()
		together.Wait()
		_, _ = w.Write([]byte(`{"account":{"uuid":"u"}}`))
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := clientOf(t, NewPool(quick), server.URL)
	for range 3 {
		together.Add(atOnce)
		var asking sync.WaitGroup
		for range atOnce {
			asking.Go(func() {
				if _, err := c.Account(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
	}
	// A connection is given back a moment after its answer was read.
	if n := opened.Load(); n > 2*atOnce {
		t.Errorf("%d connections were opened for %d requests at once", n, atOnce)
	}
}
