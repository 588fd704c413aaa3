package resolution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/config/admission"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

const (
	// admissionCheckEvery is how long an answer about the admission policies holds.
	admissionCheckEvery = 10 * time.Second
	// DefaultSettling is how long after their last change the admission policies
	// are not relied on. An API server enforces a policy one or two seconds after it
	// can be read; where there are several, each has to have learned of it, and
	// their clocks may differ.
	DefaultSettling = 30 * time.Second
	// timesAreWhole is what is lost of each time in an object's metadata, at most.
	timesAreWhole = time.Second
)

var (
	// errUnproven: nothing proves who approved.
	errUnproven = errors.New("nothing proves who approves")
	// ErrSettling is errUnproven that passes without anybody's doing.
	ErrSettling = errors.New("the admission policies that prove who approves are new or changed")
)

// AdmissionGuard says whether the admission policies that prove who approves are in
// force. Without them an annotation proves nothing. That they can be read is not
// enough: they have to have been as they are for the settling time, and a forged
// approval has to be refused by them.
type AdmissionGuard struct {
	// client tries to forge, in dry runs.
	client client.Client
	// live reads past the cache: the policies are got by name, never listed.
	live client.Reader
	// now is the wall clock, whatever the others' clock is: it is held against the
	// API server's timestamps.
	now      func() time.Time
	settling time.Duration

	mu      sync.Mutex
	checked time.Time
	result  error
	// versions are what the policies were when they were last read, and changed is
	// when that was seen to be another: zero if it never was.
	versions map[string]string
	changed  time.Time
}

// NewAdmissionGuard tries forgeries with c, in dry runs, and reads the policies with live. A
// policy is relied on once it has been as it is for the settling time.
func NewAdmissionGuard(c client.Client, live client.Reader, settling time.Duration) *AdmissionGuard {
	return &AdmissionGuard{client: c, live: live, now: time.Now, settling: settling}
}

// Check returns what is in the way as errUnproven, nil where nothing is. Another error
// says that nobody could look, which is no better, and is not remembered. The
// answer may be some seconds old: it is for a condition, and no approval rests on it.
func (g *AdmissionGuard) Check(ctx context.Context, namespace string) error {
	if known, result := g.remembered(); known {
		return result
	}
	_, result := g.settled(ctx)
	if result == nil {
		result = g.refusesCreation(ctx, namespace)
	}
	if result == nil || errors.Is(result, errUnproven) && !errors.Is(result, ErrSettling) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.checked, g.result = g.now(), result
	}
	return result
}

func (g *AdmissionGuard) remembered() (known bool, result error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	age := g.now().Sub(g.checked)
	return !g.checked.IsZero() && age >= 0 && age < admissionCheckEvery, g.result
}

// Trusts returns nil where d's recorded approval or, where none is recorded, its annotations
// were written under the policies. d has to have been read from the API server: what the
// policies are afterwards holds for all that was written since they last changed.
func (g *AdmissionGuard) Trusts(ctx context.Context, d *driftv1alpha1.CloudDrift) error {
	return g.trusts(ctx, d, approvedAt(d), admission.ResolutionPolicy, map[string]string{
		driftv1alpha1.ResolveAnnotation:            driftv1alpha1.ResolveAccept,
		driftv1alpha1.ResolvedByAnnotation:         forger,
		driftv1alpha1.ResolveObservationAnnotation: d.Status.Observation,
	})
}

// trusts returns nil where what was written at that time was written under the policies, and
// that policy refuses these annotations of the operator's.
func (g *AdmissionGuard) trusts(ctx context.Context, d *driftv1alpha1.CloudDrift, written time.Time, policy string, forged map[string]string) error {
	since, err := g.settled(ctx)
	if err != nil {
		return err
	}
	if written.Before(since) {
		return fmt.Errorf("%w: it was written at %s, and the admission policies can be relied on only since %s",
			errUnproven, written.UTC().Format(time.RFC3339), since.UTC().Format(time.RFC3339))
	}
	return g.refusesPatch(ctx, d, policy, forged)
}

// settled is since when the policies have been relied on.
func (g *AdmissionGuard) settled(ctx context.Context) (since time.Time, err error) {
	state, err := admission.Check(ctx, g.live)
	if err != nil {
		return time.Time{}, err
	}
	changed := g.notice(state.Versions)
	if len(state.Problems) > 0 {
		return time.Time{}, fmt.Errorf("%w: %s; apply config/admission of this version", errUnproven, strings.Join(state.Problems, "; "))
	}
	since = state.ChangedAt.Add(g.settling + timesAreWhole)
	// A change may leave no time behind, where managedFields are taken off.
	until := since
	if seen := changed.Add(g.settling); !changed.IsZero() && seen.After(until) {
		until = seen
	}
	if g.now().Before(until) {
		return time.Time{}, fmt.Errorf("%w: %w, and are relied on from %s", errUnproven, ErrSettling, until.UTC().Format(time.RFC3339))
	}
	return since, nil
}

// notice remembers the versions of the policies, and returns when this process saw
// them become others.
func (g *AdmissionGuard) notice(versions map[string]string) (changed time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.versions != nil && !maps.Equal(g.versions, versions) {
		g.changed = g.now()
	}
	g.versions = versions
	return g.changed
}

// forger is in whose name the operator tries to approve.
const forger = "clouddrift:nobody"

// refusesPatch tries to annotate d in another's name, which the operator may not.
func (g *AdmissionGuard) refusesPatch(ctx context.Context, d *driftv1alpha1.CloudDrift, policy string, forged map[string]string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": forged}})
	if err != nil {
		return fmt.Errorf("encoding a forged annotation: %w", err)
	}
	target := &driftv1alpha1.CloudDrift{ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: d.Name}}
	return refusedByPolicy(policy, g.client.Patch(ctx, target, client.RawPatch(types.MergePatchType, patch), client.DryRunAll))
}

// refusesCreation tries to create a drift that is approved already, which nobody may.
func (g *AdmissionGuard) refusesCreation(ctx context.Context, namespace string) error {
	return refusedByPolicy(admission.ResolutionPolicy, g.client.Create(ctx, &driftv1alpha1.CloudDrift{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: "clouddrift-forgery",
			Annotations: map[string]string{
				driftv1alpha1.ResolveAnnotation:            driftv1alpha1.ResolveAccept,
				driftv1alpha1.ResolvedByAnnotation:         forger,
				driftv1alpha1.ResolveObservationAnnotation: "none",
			},
		},
		Spec: driftv1alpha1.CloudDriftSpec{
			AccountRef:     driftv1alpha1.LocalReference{Name: "none"},
			ProvisionedRef: driftv1alpha1.LocalReference{Name: "none"},
			ResourceRef:    driftv1alpha1.ResourceReference{Name: "none", Kind: "Droplet", ID: "1"},
			Field:          "name", Episode: 1,
		},
	}, client.DryRunAll))
}

// refusedByPolicy says what the answer to a forgery in a dry run proves.
func refusedByPolicy(policy string, answer error) error {
	switch {
	case answer == nil:
		return fmt.Errorf("%w: the API server has the admission policies and does not enforce them; "+
			"its admission plugin ValidatingAdmissionPolicy has to be enabled", errUnproven)
	case objects.IsRefusal(answer) && strings.Contains(answer.Error(), "ValidatingAdmissionPolicy '"+policy+"'"):
		return nil
	}
	return fmt.Errorf("trying whether a forged approval is refused: %w", answer)
}
