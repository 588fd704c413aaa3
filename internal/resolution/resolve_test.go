package resolution

import (
	"context"
	"testing"

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
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(d), stored); err != nil || !wantsResolution(stored) {
		t.Fatalf("nothing is under way: %+v, %v", stored.Status, err)
	}
	if err := NewResolver(objects.Access{Client: c, Live: c}, nil).Resolve(t.Context(), client.ObjectKeyFromObject(d)); err != nil {
		t.Error(err)
	}
}
