package controller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arcadiacloud/clouddrift/config/admission"
)

// admissionCheckEvery is how long an answer about the admission policies holds.
const admissionCheckEvery = 10 * time.Second

// errUnproven: nothing proves who approved.
var errUnproven = errors.New("the admission policies that prove who approves are not in force")

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

// Check returns what is missing as errUnproven, nil where nothing is. Another error
// says that nobody could look, which is no better, and is not remembered. The
// answer may be some seconds old: it is for a condition, and no approval rests on it.
func (g *admissionGuard) Check(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	if age := now.Sub(g.checked); !g.checked.IsZero() && age >= 0 && age < admissionCheckEvery {
		return g.result
	}
	result := g.CheckNow(ctx)
	if result == nil || errors.Is(result, errUnproven) {
		g.checked, g.result = now, result
	}
	return result
}

// CheckNow is Check with an answer of this moment.
func (g *admissionGuard) CheckNow(ctx context.Context) error {
	problems, err := admission.Check(ctx, g.live)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return fmt.Errorf("%w: %s; apply config/admission of this version", errUnproven, strings.Join(problems, "; "))
	}
	return nil
}
