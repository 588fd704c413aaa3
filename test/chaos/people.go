package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// people is what the people of a sequence did, so that what the operator did can
// be told from it.
type people struct {
	mu sync.Mutex
	// edits are the resourceVersions that their writes to CloudProvisioned led to.
	edits map[string]bool
	// attempts are the desired states that they tried to write: an answer may be lost.
	attempts map[types.UID][]string
	// approvals, by the CloudDrift's UID.
	approvals map[types.UID][]approval
	withdrawn map[types.UID]bool
	// takenBack are the drifts whose accept somebody asked to take back.
	takenBack map[types.UID]bool
}

// approval is one that the API server has admitted.
type approval struct {
	drift       string
	observation string
	value       string
	at          time.Time
}

func newPeople() *people {
	return &people{edits: map[string]bool{}, attempts: map[types.UID][]string{},
		approvals: map[types.UID][]approval{}, withdrawn: map[types.UID]bool{}, takenBack: map[types.UID]bool{}}
}

// encoded is a desired state as the API has it.
func encoded(values map[string]any) map[string]apiextensionsv1.JSON {
	out := map[string]apiextensionsv1.JSON{}
	for key, value := range values {
		raw, err := json.Marshal(value)
		if err != nil {
			panic(err) // a value of the sequence's own making
		}
		out[key] = apiextensionsv1.JSON{Raw: raw}
	}
	return out
}

func decoded(in map[string]apiextensionsv1.JSON) map[string]any {
	out := map[string]any{}
	for key, value := range in {
		out[key] = decodedValue(value)
	}
	return out
}

func decodedValue(in apiextensionsv1.JSON) any {
	var out any
	if len(in.Raw) > 0 {
		_ = json.Unmarshal(in.Raw, &out) // the API server took it, so that it is JSON
	}
	return out
}

// canonical is a desired state as text: equal for equal ones.
func canonical(in map[string]apiextensionsv1.JSON) string {
	out, _ := json.Marshal(decoded(in))
	return string(out)
}

// transient says whether an error is the API server's being away or busy.
func transient(err error) bool {
	return apierrors.IsTooManyRequests(err) || apierrors.IsServiceUnavailable(err) || apierrors.IsServerTimeout(err) ||
		apierrors.IsTimeout(err) || apierrors.IsInternalError(err) || utilnet.IsConnectionRefused(err) ||
		utilnet.IsConnectionReset(err) || utilnet.IsHTTP2ConnectionLost(err) || utilnet.IsProbableEOF(err) ||
		utilnet.IsTimeout(err) || isNet(err)
}

func isNet(err error) bool {
	var status apierrors.APIStatus
	return !errors.As(err, &status) && err != nil && !errors.Is(err, context.Canceled)
}

// try does something until the API server has an opinion of it.
func try(ctx context.Context, what func() error) error {
	err := ctx.Err()
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline) && ctx.Err() == nil; pause(ctx, 50*time.Millisecond) {
		if err = what(); err == nil || !transient(err) {
			return err
		}
	}
	return err
}

// edit changes a CloudProvisioned as somebody with kubectl edit: what others
// wrote meanwhile is kept. It says whether anything was written.
func (s *sequence) edit(name string, change func(*driftv1alpha1.CloudProvisioned) bool) bool {
	key := client.ObjectKey{Namespace: s.namespace, Name: name}
	written := false
	err := try(s.ctx, func() error {
		for {
			p := &driftv1alpha1.CloudProvisioned{}
			if err := s.cluster.admin.Get(s.ctx, key, p); err != nil {
				return client.IgnoreNotFound(err)
			}
			if !p.DeletionTimestamp.IsZero() || !change(p) {
				return nil
			}
			s.attempt(p.UID, p.Spec.Desired)
			read := p.ResourceVersion
			err := s.cluster.admin.Update(s.ctx, p)
			if apierrors.IsConflict(err) {
				continue
			}
			if apierrors.IsNotFound(err) {
				return nil
			}
			// What changes nothing is not written, and has somebody else's version.
			if err == nil && p.ResourceVersion != read {
				written = true
				s.edited(p)
			}
			return err
		}
	})
	if err != nil {
		s.broken("editing CloudProvisioned %s: %v", name, err)
	}
	return written
}

func (s *sequence) attempt(uid types.UID, desired map[string]apiextensionsv1.JSON) {
	s.people.mu.Lock()
	defer s.people.mu.Unlock()
	s.people.attempts[uid] = append(s.people.attempts[uid], canonical(desired))
}

func (s *sequence) edited(p *driftv1alpha1.CloudProvisioned) {
	s.people.mu.Lock()
	defer s.people.mu.Unlock()
	s.people.edits[p.ResourceVersion] = true
}

// declare creates a CloudProvisioned. A name that is in use is left as it is.
func (s *sequence) declare(name string, selector driftv1alpha1.ResourceSelector, values map[string]any, ignore []string) {
	p := &driftv1alpha1.CloudProvisioned{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name},
		Spec: driftv1alpha1.CloudProvisionedSpec{
			AccountRef: driftv1alpha1.LocalReference{Name: accountName},
			Resource:   selector,
			Desired:    encoded(values),
			Ignore:     ignore,
		},
	}
	is := &driftv1alpha1.CloudProvisioned{}
	err := try(s.ctx, func() error {
		if err := client.IgnoreAlreadyExists(s.cluster.admin.Create(s.ctx, p.DeepCopy())); err != nil {
			return err
		}
		return client.IgnoreNotFound(s.cluster.admin.Get(s.ctx, client.ObjectKeyFromObject(p), is))
	})
	if err != nil {
		s.broken("declaring %s: %v", name, err)
	}
	// Another of that name may be there still, and says something else.
	if asJSON(is.Spec.Resource) == asJSON(selector) && asJSON(is.Spec.Desired) == asJSON(p.Spec.Desired) {
		s.remember(name, values)
	}
}

func (s *sequence) undeclare(name string) {
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name}}
	if err := try(s.ctx, func() error { return client.IgnoreNotFound(s.cluster.admin.Delete(s.ctx, p)) }); err != nil {
		s.broken("deleting CloudProvisioned %s: %v", name, err)
	}
}

// accept annotates a drift as alice does. observation is what she saw; empty: as
// plain kubectl does. It says whether it was admitted.
func (s *sequence) accept(name, observation string) bool {
	annotations := map[string]any{driftv1alpha1.ResolveAnnotation: driftv1alpha1.ResolveAccept}
	if observation != "" {
		annotations[driftv1alpha1.ResolvedByAnnotation] = accepter
		annotations[driftv1alpha1.ResolveObservationAnnotation] = observation
	}
	d, err := s.annotate(name, annotations)
	if err != nil || d == nil {
		return false
	}
	s.people.mu.Lock()
	defer s.people.mu.Unlock()
	s.people.approvals[d.UID] = append(s.people.approvals[d.UID], approval{
		drift: name, observation: d.Annotations[driftv1alpha1.ResolveObservationAnnotation],
		value: text(decodedValue(d.Status.Actual)), at: time.Now(),
	})
	return true
}

// withdraw takes the annotations off again.
func (s *sequence) withdraw(name string) {
	d, err := s.annotate(name, map[string]any{
		driftv1alpha1.ResolveAnnotation: nil, driftv1alpha1.ResolvedByAnnotation: nil,
		driftv1alpha1.ResolveObservationAnnotation: nil, driftv1alpha1.ResolveReasonAnnotation: nil,
	})
	if err != nil || d == nil {
		return
	}
	s.people.mu.Lock()
	defer s.people.mu.Unlock()
	s.people.withdrawn[d.UID] = true
}

// annotate patches a drift's annotations. A refusal is an error.
func (s *sequence) annotate(name string, annotations map[string]any) (*driftv1alpha1.CloudDrift, error) {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": annotations}})
	if err != nil {
		return nil, fmt.Errorf("encoding annotations: %w", err)
	}
	var d *driftv1alpha1.CloudDrift
	err = try(s.ctx, func() error {
		d = &driftv1alpha1.CloudDrift{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name}}
		return s.cluster.alice.Patch(s.ctx, d, client.RawPatch(types.MergePatchType, patch))
	})
	return d, err
}

// openDrifts are those that are open as far as the recorder has heard, sorted.
func (s *sequence) openDrifts() []*driftv1alpha1.CloudDrift {
	all := current[*driftv1alpha1.CloudDrift](s.recorder)
	var out []*driftv1alpha1.CloudDrift
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name].Status.State == driftv1alpha1.DriftOpen {
			out = append(out, all[name])
		}
	}
	return out
}

// declarations are the names of what is declared, sorted.
func (s *sequence) declarations() []string {
	return slices.Sorted(maps.Keys(current[*driftv1alpha1.CloudProvisioned](s.recorder)))
}

// knownResources are the names of the CloudResources of what is there, sorted.
func (s *sequence) knownResources() []string {
	var out []string
	for name, r := range current[*driftv1alpha1.CloudResource](s.recorder) {
		if r.Observed.AbsentSince == nil {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
