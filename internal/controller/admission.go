package controller

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arcadiacloud/clouddrift/config/admission"
)

// admissionCheckEvery is how long an answer about the admission policies holds.
const admissionCheckEvery = 10 * time.Second

// admissionGuard says whether the admission policies that prove who approves are in
// force. Without them an annotation proves nothing.
type admissionGuard struct {
	// live reads past the cache: the policies are got by name, never listed.
	live  client.Reader
	clock clock.PassiveClock

	mu      sync.Mutex
	checked time.Time
	result  error
}

// Check returns what is missing, nil where nothing is. That nobody could look is
// as good as missing, and is not remembered.
func (g *admissionGuard) Check(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	if age := now.Sub(g.checked); !g.checked.IsZero() && age >= 0 && age < admissionCheckEvery {
		return g.result
	}
	problems, err := admission.Check(ctx, g.live)
	if err != nil {
		return err
	}
	g.checked, g.result = now, nil
	if len(problems) > 0 {
		g.result = errors.New(strings.Join(problems, "; ") + "; apply config/admission of this version")
	}
	return g.result
}
