package resolution

import (
	"context"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// What a later version began stays for that version: it is no accept.
func TestWhatIsBegunByAnotherVerbIsLeftAlone(t *testing.T) {
	d := &driftv1alpha1.CloudDrift{ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "web-1-size-slug-1"}}
	d.Status.State, d.Status.Resolution = driftv1alpha1.DriftOpen, &driftv1alpha1.Resolution{Verb: "Revert", User: "alice"}
	// An accept would be taken back here: what was recorded is of another observation.
	d.Spec.ProvisionedRef.Name, d.Status.Observation = "web-1", "of these values"
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "web-1", UID: "web-1"}}
	d.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(p, driftv1alpha1.GroupVersion.WithKind("CloudProvisioned"))}
	wrote := func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
		t.Error("something was written")
		return nil
	}
	c := objectstest.Stored(t, interceptor.Funcs{Patch: wrote, SubResourceUpdate: func(context.Context, client.Client, string, client.Object, ...client.SubResourceUpdateOption) error {
		t.Error("a status was written")
		return nil
	}}, d, p)
	stored := &driftv1alpha1.CloudDrift{}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(d), stored); err != nil || !(Resolver{}).wanted(stored) {
		t.Fatalf("nothing is under way: %+v, %v", stored.Status, err)
	}
	if err := NewResolver(objects.Access{Client: c, Live: c}, nil).Resolve(t.Context(), client.ObjectKeyFromObject(d)); err != nil {
		t.Error(err)
	}
}

// The value was written before the process ended, and the declaration replaced since, by one
// that is not even decoded. The accept was made all the same.
func TestAnAcceptThatWasWrittenIsClosedWhateverIsDeclaredSince(t *testing.T) {
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "web-1", UID: "web-1"}}
	d := &driftv1alpha1.CloudDrift{ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "web-1-size-slug-1", UID: "drift",
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(p, driftv1alpha1.GroupVersion.WithKind("CloudProvisioned"))}}}
	d.Spec.ProvisionedRef.Name, d.Spec.Field = "web-1", "size_slug"
	d.Status.State, d.Status.Observation = driftv1alpha1.DriftOpen, "of these values"
	d.Status.Resolution = &driftv1alpha1.Resolution{Verb: driftv1alpha1.VerbAccept, User: "alice", Observation: "of these values"}
	p.Annotations = map[string]string{driftv1alpha1.LastAcceptedAnnotation: markOf(d)}
	p.Spec.Desired = map[string]apiextensionsv1.JSON{"hostile": {Raw: []byte(strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100))}}
	c := objectstest.Stored(t, interceptor.Funcs{}, d, p)
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(d), d); err != nil {
		t.Fatal(err)
	}
	const proven = true // or the mark may be anybody's
	if err := (acceptor{NewResolver(objectstest.Access(c, c), nil)}).carryOn(t.Context(), d, proven); err != nil {
		t.Fatal(err)
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(d), d); err != nil || d.Status.State != driftv1alpha1.DriftAccepted {
		t.Errorf("it is %s: %v", d.Status.State, err)
	}
}
