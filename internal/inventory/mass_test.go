package inventory

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/metrics"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// ticking is a clock that goes on each time that somebody looks.
type ticking struct{ now time.Time }

func (c *ticking) Now() time.Time {
	c.now = c.now.Add(time.Second)
	return c.now
}

func (c *ticking) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// The token that the status shows confirms what it was shown for, however long the sync took
// to write it.
func TestTheTokenThatIsShownConfirms(t *testing.T) {
	account := objectstest.Account()
	stored := []client.Object{account}
	for i := range 25 {
		ref := resource.Ref{Kind: "Droplet", ID: fmt.Sprint(i + 1)}
		p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "p" + ref.ID}}
		p.Spec.AccountRef.Name, p.Spec.Resource = "a", driftv1alpha1.ResourceSelector{Kind: ref.Kind, ID: ref.ID}
		r := &driftv1alpha1.CloudResource{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: objects.CloudResourceName("a", ref)}}
		r.OwnerReferences = []metav1.OwnerReference{{UID: "u", Controller: new(true)}}
		r.Spec = driftv1alpha1.CloudResourceSpec{AccountRef: driftv1alpha1.LocalReference{Name: "a"}, Kind: ref.Kind, ID: ref.ID}
		r.Observed.ObservedAt = metav1.NewMicroTime(objectstest.Noon.Add(-time.Hour))
		stored = append(stored, p, r)
	}
	c := objectstest.Stored(t, interceptor.Funcs{}, stored...)
	access := objectstest.Access(c, c)
	access.Clock = &ticking{objectstest.Noon.Add(time.Minute)}
	s := NewSyncer(access, NewCRDGuard(access.Live, access.Clock), metrics.NewPasses())
	nothing := &fakeCloud{list: func(context.Context, string) error { return nil }}
	tokenAfter := func(given string) string {
		current := &driftv1alpha1.CloudAccount{}
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(account), current); err != nil {
			t.Fatal(err)
		}
		if given != "" {
			current.Annotations = map[string]string{driftv1alpha1.ConfirmDisappearanceAnnotation: given}
		}
		report, err := s.sync(t.Context(), current, nothing, ignored)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range report.kinds {
			if k.kind == "Droplet" {
				return k.confirmationToken
			}
		}
		return ""
	}
	shown := tokenAfter("")
	if shown == "" {
		t.Fatal("25 of 25 vanished, and nobody is asked")
	}
	if again := tokenAfter(shown); again != "" {
		t.Errorf("%s was given, and %s is asked for", shown, again)
	}
}
