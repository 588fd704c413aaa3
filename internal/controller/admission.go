package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/config/admission"
)

// admissionCheckEvery is how long an answer about the admission policies holds.
const admissionCheckEvery = 10 * time.Second

// defaultSettling is how long the policies have to have been as they are before anything
// rests on them. An API server enforces a policy a second or two after it can be read.
const defaultSettling = 30 * time.Second

var (
	// errUnproven: nothing proves who approved.
	errUnproven = errors.New("the admission policies that prove who approves are not in force")
	// errSettling: so it is for the next seconds.
	errSettling = fmt.Errorf("%w yet", errUnproven)
)

// forgedUser is whose approval the guard tries to forge. The name holds no rights.
const forgedUser = "system:clouddrift:forgery"

// admissionGuard says whether the admission policies that prove who approves are in
// force. Without them an annotation proves nothing. That they can be read does not prove
// it: they have to be this version's, have been so for longer than any API server takes
// to enforce them, and refuse a forgery.
type admissionGuard struct {
	client client.Client
	// live reads past the cache: the policies are got by name, never listed.
	live client.Reader
	// now is the wall clock: it is held against the API server's timestamps.
	now      func() time.Time
	settling time.Duration

	mu       sync.Mutex
	checked  time.Time
	result   error
	versions map[string]string
	// changed is when this process saw the policies change.
	changed time.Time
}

func newAdmissionGuard(c client.Client, live client.Reader, settling time.Duration) *admissionGuard {
	return &admissionGuard{client: c, live: live, now: time.Now, settling: settling}
}

// Check returns what is missing as errUnproven, nil where nothing is. Another error
// says that nobody could look, which is no better, and is not remembered. The
// answer may be some seconds old: it is for a condition, and no approval rests on it.
func (g *admissionGuard) Check(ctx context.Context, namespace string) error {
	g.mu.Lock()
	now := g.now()
	if age := now.Sub(g.checked); !g.checked.IsZero() && age >= 0 && age < admissionCheckEvery {
		defer g.mu.Unlock()
		return g.result
	}
	g.mu.Unlock()
	_, result := g.settled(ctx)
	if result == nil {
		result = g.refusesCreation(ctx, namespace)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if result == nil || errors.Is(result, errUnproven) && !errors.Is(result, errSettling) {
		g.checked, g.result = now, result
	}
	return result
}

// Trust says whether the approval on a drift can be believed now: the policies are in
// force, and were when it was written.
func (g *admissionGuard) Trust(ctx context.Context, d *driftv1alpha1.CloudDrift) error {
	since, err := g.settled(ctx)
	if err != nil {
		return err
	}
	live := &driftv1alpha1.CloudDrift{}
	if err := g.live.Get(ctx, client.ObjectKeyFromObject(d), live); err != nil {
		return fmt.Errorf("reading CloudDrift %s: %w", d.Name, err)
	}
	written, known := writtenAt(live, driftv1alpha1.ResolveAnnotation)
	switch {
	case live.UID != d.UID:
		return fmt.Errorf("%w: CloudDrift %s is another one by now", errUnproven, d.Name)
	// It is in whole seconds: one that was written as soon as it counts may say a second less.
	case d.Status.Resolution == nil && (!known || written.Add(time.Second).Before(since)):
		return fmt.Errorf("%w: the approval was written before the policies had been in force for %s", errUnproven, g.settling)
	}
	return g.refusesForgery(ctx, live)
}

// settled returns since when the policies can be relied on.
func (g *admissionGuard) settled(ctx context.Context) (time.Time, error) {
	state, err := admission.Check(ctx, g.live)
	if err != nil {
		return time.Time{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if g.versions != nil && !maps.Equal(g.versions, state.Versions) {
		g.changed = now
	}
	g.versions = state.Versions
	if len(state.Problems) > 0 {
		return time.Time{}, fmt.Errorf("%w: %s; apply config/admission of this version", errUnproven, strings.Join(state.Problems, "; "))
	}
	// Timestamps are in whole seconds: it may have been up to a second later.
	since := state.ChangedAt.Add(time.Second)
	if g.changed.After(since) {
		since = g.changed
	}
	since = since.Add(g.settling)
	if wait := since.Sub(now); wait > 0 && wait <= g.settling+time.Minute {
		return since, fmt.Errorf("%w: they were changed less than %s ago, and an API server may not enforce them yet", errSettling, g.settling)
	}
	return since, nil
}

// writtenAt is when an annotation was written: the earliest time of any of the managers
// that own it.
func writtenAt(o client.Object, annotation string) (at time.Time, known bool) {
	for _, entry := range o.GetManagedFields() {
		if entry.FieldsV1 == nil || entry.Time == nil {
			continue
		}
		var owned struct {
			Metadata struct {
				Annotations map[string]any `json:"f:annotations"`
			} `json:"f:metadata"`
		}
		if err := json.Unmarshal(entry.FieldsV1.Raw, &owned); err != nil {
			continue
		}
		if _, owns := owned.Metadata.Annotations["f:"+annotation]; owns && (!known || entry.Time.Time.Before(at)) {
			at, known = entry.Time.Time, true
		}
	}
	return at, known
}

// refusesForgery tries, without effect, to approve the drift in somebody's name.
func (g *admissionGuard) refusesForgery(ctx context.Context, d *driftv1alpha1.CloudDrift) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": forgery(d.Status.Observation)}})
	if err != nil {
		return fmt.Errorf("encoding a forged approval: %w", err)
	}
	target := d.DeepCopy()
	return refused(g.client.Patch(ctx, target, client.RawPatch(types.MergePatchType, patch), client.DryRunAll))
}

// refusesCreation tries, without effect, to create a drift with an approval on it.
func (g *admissionGuard) refusesCreation(ctx context.Context, namespace string) error {
	return refused(g.client.Create(ctx, &driftv1alpha1.CloudDrift{
		ObjectMeta: objectMeta(namespace, "forgery", forgery("none")),
		Spec: driftv1alpha1.CloudDriftSpec{
			AccountRef:     driftv1alpha1.LocalReference{Name: "forgery"},
			ProvisionedRef: driftv1alpha1.LocalReference{Name: "forgery"},
			ResourceRef:    driftv1alpha1.ResourceReference{Name: "forgery", Kind: "Droplet", ID: "1"},
			Field:          "name", Episode: 1,
		},
	}, client.DryRunAll))
}

func forgery(observation string) map[string]string {
	return map[string]string{
		driftv1alpha1.ResolveAnnotation:            driftv1alpha1.ResolveAccept,
		driftv1alpha1.ResolvedByAnnotation:         forgedUser,
		driftv1alpha1.ResolveObservationAnnotation: observation,
	}
}

// refused says whether a forgery was refused by the policy, which is how it has to be.
func refused(err error) error {
	switch {
	case err == nil:
		return fmt.Errorf("%w: the API server admits a forged approval; is its admission plugin ValidatingAdmissionPolicy enabled?", errUnproven)
	case (apierrors.IsForbidden(err) || apierrors.IsInvalid(err)) && strings.Contains(err.Error(), "'"+admission.ResolutionPolicy+"'"):
		return nil
	default:
		return fmt.Errorf("trying whether a forged approval is refused: %w", err)
	}
}
