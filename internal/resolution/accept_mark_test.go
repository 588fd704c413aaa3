package resolution

import (
	"errors"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// underWay is a drift of size_slug from s-1 to s-2 whose accept is recorded, and its
// declaration with that size and the drift's mark.
func underWay(size string) (*driftv1alpha1.CloudDrift, *driftv1alpha1.CloudProvisioned) {
	raw := func(text string) apiextensionsv1.JSON { return apiextensionsv1.JSON{Raw: []byte(`"` + text + `"`)} }
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "web-1", UID: "p"}}
	p.Spec.AccountRef.Name, p.Spec.Resource = "a", driftv1alpha1.ResourceSelector{Kind: "Droplet", ID: "1"}
	p.Spec.Desired = map[string]apiextensionsv1.JSON{"size_slug": raw(size)}
	d := &driftv1alpha1.CloudDrift{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "d", UID: "u",
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(p, driftv1alpha1.GroupVersion.WithKind("CloudProvisioned"))}}}
	d.Spec.ProvisionedRef.Name, d.Spec.Field, d.Spec.ResourceRef = "web-1", "size_slug", driftv1alpha1.ResourceReference{Kind: "Droplet", ID: "1"}
	expected, actual := raw("s-1"), raw("s-2")
	d.Status = driftv1alpha1.CloudDriftStatus{State: driftv1alpha1.DriftOpen, Expected: expected, Actual: actual, Observation: drift.Observation("size_slug", "s-1", "s-2")}
	d.Status.Resolution = &driftv1alpha1.Resolution{Verb: driftv1alpha1.VerbAccept, User: "alice", Observation: d.Status.Observation, Value: actual}
	p.Annotations = map[string]string{driftv1alpha1.LastAcceptedAnnotation: markOf(d)}
	return d, p
}

// unprotected is a guard on an API server without policies.
func unprotected(t *testing.T) *AdmissionGuard {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := admissionv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(scheme).Build()
	return NewAdmissionGuard(c, c, time.Second)
}

// A mark closes a drift as Accepted where it is certain that the operator has set it: the
// approved value is declared, or nobody else could set it since the approval.
func TestAMarkIsBelievedForGoodReason(t *testing.T) {
	for _, tt := range []struct {
		why     string
		size    string
		trusted bool
		state   driftv1alpha1.DriftState
	}{
		{"the value is declared", "s-2", false, driftv1alpha1.DriftAccepted},
		{"it is declared, spelled otherwise", "S-2", false, driftv1alpha1.DriftAccepted},
		{"it is not, and the policies are in force", "s-1", true, driftv1alpha1.DriftAccepted},
		{"it is not, and anybody could have set the mark", "s-1", false, driftv1alpha1.DriftOpen},
		{"somebody declared another since, or set the mark", "s-9", false, driftv1alpha1.DriftOpen},
	} {
		t.Run(tt.why, func(t *testing.T) {
			d, p := underWay(tt.size)
			c := objectstest.Stored(t, interceptor.Funcs{}, d, p)
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(d), d); err != nil {
				t.Fatal(err)
			}
			a := acceptor{NewResolver(objectstest.Access(c, c), unprotected(t))}
			if err := a.carryOn(t.Context(), d, tt.trusted); err != nil {
				t.Fatal(err)
			}
			got := &driftv1alpha1.CloudDrift{}
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(d), got); err != nil {
				t.Fatal(err)
			}
			if got.Status.State != tt.state || (got.Status.Resolution != nil) != (tt.state == driftv1alpha1.DriftAccepted) {
				t.Errorf("it is %s, with the resolution %+v", got.Status.State, got.Status.Resolution)
			}
		})
	}
}

// A mark that names a drift whose accept was not begun is nobody's but a forger's, who set it
// to have the accept that is yet to come counted as carried out.
func TestAMarkComesNotBeforeItsAccept(t *testing.T) {
	d, p := underWay("s-1")
	d.Status.Resolution = nil
	c := objectstest.Stored(t, interceptor.Funcs{}, d, p)
	a := acceptor{NewResolver(objectstest.Access(c, c), nil)}
	if err := a.validate(t.Context(), d); !errors.Is(err, errRefused) {
		t.Errorf("it is accepted: %v", err)
	}
}

// Before another accept sets its mark, the drift that the old mark names is closed, where it is
// certain that the operator has set that.
func TestAForgedMarkClosesNoOtherDrift(t *testing.T) {
	for size, want := range map[string]driftv1alpha1.DriftState{"s-2": driftv1alpha1.DriftAccepted, "s-1": driftv1alpha1.DriftOpen} {
		d, p := underWay(size)
		c := objectstest.Stored(t, interceptor.Funcs{}, d, p)
		a := acceptor{NewResolver(objectstest.Access(c, c), unprotected(t))}
		if err := a.closeMarked(t.Context(), p, markOf(d)); err != nil {
			t.Fatal(err)
		}
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(d), d); err != nil || d.Status.State != want {
			t.Errorf("%s: it is %s, %v", size, d.Status.State, err)
		}
	}
}
