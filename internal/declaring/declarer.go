package declaring

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/declare"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
	"github.com/arcadiacloud/clouddrift/internal/terraform"
)

// FieldManager owns what a set declares.
const FieldManager = "clouddrift-set"

// Declarer keeps the declarations of sets.
type Declarer struct {
	objects.Access
	source *Source

	mu sync.Mutex
	// settled are declarations that hold more than was applied, which somebody else owns:
	// applying the same again would write nothing.
	settled map[types.NamespacedName]map[types.UID]settled
}

type settled struct {
	generation int64
	applied    string
}

// NewDeclarer writes with access what source reads.
func NewDeclarer(access objects.Access, source *Source) *Declarer {
	return &Declarer{Access: access, source: source, settled: map[types.NamespacedName]map[types.UID]settled{}}
}

// Forget drops a set that is gone.
func (d *Declarer) Forget(set types.NamespacedName) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.settled, set)
}

// Outcome is what became of a set.
type Outcome struct {
	// Ready is the set's condition of that name.
	Ready objects.Verdict
	// Read says that a state was read: the rest speaks of it.
	Read     bool
	Serial   int64
	Lineage  string
	Declared int
	Unmapped []terraform.Unmapped
}

// Declare makes, changes and removes declarations until there is one for each resource of the
// set's state. Where the state can't be read, or is being written, it changes nothing.
func (d *Declarer) Declare(ctx context.Context, set *driftv1alpha1.CloudProvisionedSet) (Outcome, error) {
	state, problem, err := d.source.Read(ctx, set)
	if err != nil || problem.Status != "" {
		return Outcome{Ready: problem}, err
	}
	wanted, unmapped := declarations(set, state)
	out := Outcome{Read: true, Serial: state.Serial, Lineage: state.Lineage, Declared: len(wanted), Unmapped: unmapped}
	owned, err := d.owned(ctx, set)
	if err != nil {
		return Outcome{}, err
	}
	failures := &objects.Failures{}
	var taken []string
	for _, p := range wanted {
		if failures.Ended() {
			break
		}
		is, err := d.keep(ctx, p, owned[p.Name])
		if is == somebodyElses {
			taken = append(taken, p.Name)
		}
		if err != nil {
			failures.Add(fmt.Errorf("applying CloudProvisioned %s: %w", p.Name, err))
		}
		delete(owned, p.Name)
	}
	for _, gone := range owned {
		if failures.Ended() {
			break
		}
		failures.Add(d.remove(ctx, client.ObjectKeyFromObject(set), gone))
	}
	err = failures.Joined(nil)
	out.Ready = verdict(out, taken, err)
	if err != nil && !objects.IsRefusal(err) {
		return out, err
	}
	return out, nil
}

// verdict is the set's condition after its declarations were written.
func verdict(out Outcome, taken []string, err error) objects.Verdict {
	switch {
	case objects.IsRefusal(err):
		return objects.False(driftv1alpha1.ReasonFixRefusedWrite, "%v", err)
	case err != nil:
		return objects.False(driftv1alpha1.ReasonWriteFailed, "%v", err)
	case len(taken) > 0:
		return objects.False(driftv1alpha1.ReasonFixNames, "somebody else has declarations of these names, which are left as they are: %s",
			objects.Shorten(strings.Join(taken, ", "), 512))
	case len(out.Unmapped) > 0:
		return objects.True(driftv1alpha1.ReasonDeclared, "%d resources are declared; %d can't be, see status.unmappedResources", out.Declared, len(out.Unmapped))
	}
	return objects.True(driftv1alpha1.ReasonDeclared, "%d resources are declared", out.Declared)
}

// declarations are those of the state's resources.
func declarations(set *driftv1alpha1.CloudProvisionedSet, state *terraform.State) ([]*driftv1alpha1.CloudProvisioned, []terraform.Unmapped) {
	items := make([]declare.Item, 0, len(state.Resources))
	addresses := map[resource.Ref]string{}
	for _, each := range state.Resources {
		addresses[each.Ref] = each.Address
		items = append(items, declare.Item{Resource: each.Resource, Asked: each.Asked, Lasting: true,
			Annotations: map[string]string{driftv1alpha1.TerraformAddressAnnotation: each.Address}})
	}
	made := declare.Make(items, declare.Options{
		Account: set.Spec.AccountRef.Name, Namespace: set.Namespace, Prefix: set.Name, By: declare.ByID,
		Defaults: set.Spec.Defaults == driftv1alpha1.DefaultsInclude,
	})
	unmapped := slices.Clone(state.Unmapped)
	for _, ref := range made.Empty {
		unmapped = append(unmapped, terraform.Unmapped{Address: addresses[ref], Reason: "has nothing that could be declared"})
	}
	for _, p := range made.Declarations {
		p.Labels = map[string]string{driftv1alpha1.SetLabel: set.Name}
		p.OwnerReferences = []metav1.OwnerReference{{
			APIVersion: driftv1alpha1.GroupVersion.String(), Kind: "CloudProvisionedSet", Name: set.Name, UID: set.UID,
			Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true),
		}}
	}
	return made.Declarations, unmapped
}

// owned are the set's declarations, as the cache holds them, by name.
func (d *Declarer) owned(ctx context.Context, set *driftv1alpha1.CloudProvisionedSet) (map[string]*driftv1alpha1.CloudProvisioned, error) {
	var list driftv1alpha1.CloudProvisionedList
	err := d.Client.List(ctx, &list, client.InNamespace(set.Namespace), client.MatchingFields{objects.ByOwner: string(set.UID)}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("listing the declarations of CloudProvisionedSet %s: %w", set.Name, err)
	}
	out := make(map[string]*driftv1alpha1.CloudProvisioned, len(list.Items))
	for i := range list.Items {
		out[list.Items[i].Name] = &list.Items[i]
	}
	return out, nil
}

// standing is whose a declaration is.
type standing int

const (
	ours standing = iota
	somebodyElses
)

// keep applies a declaration, unless the one that is there says the same.
func (d *Declarer) keep(ctx context.Context, p, existing *driftv1alpha1.CloudProvisioned) (standing, error) {
	applied, err := hashOf(p)
	if err != nil {
		return ours, err
	}
	if existing != nil && d.says(existing, p, applied) {
		return ours, nil
	}
	if existing == nil {
		if is, err := d.whose(ctx, p); is == somebodyElses || err != nil {
			return is, err
		}
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(p)
	if err != nil {
		return ours, fmt.Errorf("encoding it: %w", err)
	}
	delete(content, "status")
	after := &unstructured.Unstructured{Object: content}
	if err := d.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(after), client.FieldOwner(FieldManager), client.ForceOwnership); err != nil {
		return ours, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	set := setOf(p)
	if d.settled[set] == nil {
		d.settled[set] = map[types.UID]settled{}
	}
	d.settled[set][after.GetUID()] = settled{after.GetGeneration(), applied}
	return ours, nil
}

// setOf is the set that a declaration of ours belongs to.
func setOf(p *driftv1alpha1.CloudProvisioned) types.NamespacedName {
	return types.NamespacedName{Namespace: p.Namespace, Name: p.OwnerReferences[0].Name}
}

func hashOf(p *driftv1alpha1.CloudProvisioned) (string, error) {
	desired, err := objects.DecodeMap(p.Spec.Desired)
	if err != nil {
		return "", err
	}
	return resource.Hash(desired, p.Annotations[driftv1alpha1.TerraformAddressAnnotation]), nil
}

// says is whether a declaration that is there needs no write.
func (d *Declarer) says(existing, p *driftv1alpha1.CloudProvisioned, applied string) bool {
	d.mu.Lock()
	known, isKnown := d.settled[setOf(p)][existing.UID]
	d.mu.Unlock()
	if isKnown && known.generation == existing.Generation && known.applied == applied {
		return true
	}
	there, err := hashOf(existing)
	return err == nil && there == applied && equality.Semantic.DeepEqual(existing.Spec.Resource, p.Spec.Resource) &&
		existing.Spec.AccountRef == p.Spec.AccountRef
}

// whose looks past the cache for a declaration of that name. One that a set of this name
// left behind, and that nobody owns, is taken over.
func (d *Declarer) whose(ctx context.Context, p *driftv1alpha1.CloudProvisioned) (standing, error) {
	there := &driftv1alpha1.CloudProvisioned{}
	err := d.Live.Get(ctx, client.ObjectKeyFromObject(p), there)
	switch {
	case apierrors.IsNotFound(err):
		return ours, nil
	case err != nil:
		return ours, err
	}
	owner := metav1.GetControllerOf(there)
	if owner != nil && owner.UID == p.OwnerReferences[0].UID || owner == nil && there.Labels[driftv1alpha1.SetLabel] == p.Labels[driftv1alpha1.SetLabel] {
		return ours, nil
	}
	return somebodyElses, nil
}

// remove deletes a declaration whose resource is in the state no more.
func (d *Declarer) remove(ctx context.Context, set types.NamespacedName, p *driftv1alpha1.CloudProvisioned) error {
	if !p.DeletionTimestamp.IsZero() {
		return nil
	}
	err := d.Client.Delete(ctx, p.DeepCopy(), client.Preconditions{UID: &p.UID})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("deleting CloudProvisioned %s: %w", p.Name, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.settled[set], p.UID)
	return nil
}
