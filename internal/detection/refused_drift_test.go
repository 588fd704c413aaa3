package detection

import (
	"context"
	"errors"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// A quota that is full keeps a drift from being created, and nothing else from being true.
func TestARefusedDriftLeavesTheOthersTrue(t *testing.T) {
	account := objectstest.Account()
	account.Status.Kinds = []driftv1alpha1.KindStatus{{Kind: "Droplet", ObservedAt: new(metav1.NewTime(objectstest.Noon))}}
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: account.Namespace, Name: "web-1", UID: "p", Generation: 1}}
	p.Spec.AccountRef.Name, p.Spec.Resource = account.Name, driftv1alpha1.ResourceSelector{Kind: "Droplet", ID: "1"}
	p.Spec.Desired = map[string]apiextensionsv1.JSON{"size_slug": {Raw: []byte(`"s-1"`)}}
	name, size := "web-1", "s-2"
	r := &driftv1alpha1.CloudResource{
		ObjectMeta: metav1.ObjectMeta{Namespace: account.Namespace, Name: objects.CloudResourceName(account.Name, resource.Ref{Kind: "Droplet", ID: "1"})},
		Spec:       driftv1alpha1.CloudResourceSpec{AccountRef: driftv1alpha1.LocalReference{Name: account.Name}, Kind: "Droplet", ID: "1"},
		Observed: driftv1alpha1.Observation{Name: &name, SizeSlug: &size, ObservedAt: metav1.NewMicroTime(objectstest.Noon), FieldTable: objects.FieldTable("Droplet"),
			Attrs: map[string]apiextensionsv1.JSON{"memory": {Raw: []byte("2")}}},
	}
	full := false
	c := objectstest.Stored(t, interceptor.Funcs{Create: func(ctx context.Context, w client.WithWatch, o client.Object, opts ...client.CreateOption) error {
		if full {
			return apierrors.NewForbidden(driftv1alpha1.GroupVersion.WithResource("clouddrifts").GroupResource(), o.GetName(), errors.New("exceeded quota"))
		}
		return w.Create(ctx, o, opts...)
	}}, account, p, r)
	d := NewDetector(objectstest.Access(c, c), &objects.Timetables{}, NewPendingRequests(func(types.NamespacedName) {}))
	key := client.ObjectKeyFromObject(p)
	if _, err := d.Detect(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	full = true
	change := func(o client.Object, edit func()) {
		t.Helper()
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(o), o); err != nil {
			t.Fatal(err)
		}
		edit()
		if err := c.Update(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	change(p, func() { p.Spec.Desired["memory"] = apiextensionsv1.JSON{Raw: []byte("1")} })
	change(r, func() { r.Observed.SizeSlug = new("s-9") })
	if _, err := d.Detect(t.Context(), key); !apierrors.IsForbidden(err) {
		t.Errorf("Detect: %v, want the refusal", err)
	}
	var list driftv1alpha1.CloudDriftList
	if err := c.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 1 || string(list.Items[0].Status.Actual.Raw) != `"s-9"` {
		t.Errorf("%d drifts, the first at %s; want one, refreshed to s-9", len(list.Items), list.Items[0].Status.Actual.Raw)
	}
	if err := c.Get(t.Context(), key, p); err != nil {
		t.Fatal(err)
	}
	if *p.Status.OpenDrifts != 1 {
		t.Errorf("status.openDrifts is %d, and there is one", *p.Status.OpenDrifts)
	}
}
