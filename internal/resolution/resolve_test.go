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
	// An accept would be taken back here: the declaration is not the drift's.
	d.Spec.ProvisionedRef.Name = "web-1"
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "web-1", UID: "other"}}
	wrote := func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
		t.Error("something was written")
		return nil
	}
	c := objectstest.Stored(t, interceptor.Funcs{Patch: wrote, SubResourceUpdate: func(context.Context, client.Client, string, client.Object, ...client.SubResourceUpdateOption) error {
		t.Error("a status was written")
		return nil
	}}, d, p)
	if err := NewResolver(objects.Access{Client: c, Live: c}, nil).Resolve(t.Context(), client.ObjectKeyFromObject(d)); err != nil {
		t.Error(err)
	}
}
