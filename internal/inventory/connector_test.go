package inventory

import (
	"testing"
)

func TestSameEndpoint(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"https://api.digitalocean.com", "https://api.digitalocean.com/", true},
		{"https://API.digitalocean.com", "https://api.digitalocean.com", true},
		{"http://api.digitalocean.com", "https://api.digitalocean.com", false},
		{"https://api.digitalocean.com.example.com", "https://api.digitalocean.com", false},
		{"https://api.digitalocean.com:444", "https://api.digitalocean.com", false},
		{"https://api.digitalocean.com/v3", "https://api.digitalocean.com", false},
	} {
		if got := sameEndpoint(c.a, c.b); got != c.same {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}
