package inventory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// CRDs that do not know a field are told, and no resource is written at each sync.
func TestOldCRDsAreNoticed(t *testing.T) {
	account := objectstest.Account()
	var written atomic.Int32
	old := true
	c := objectstest.Stored(t, interceptor.Funcs{Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
		written.Add(1)
		if r, ok := o.(*driftv1alpha1.CloudResource); ok && old {
			r.Observed.FieldTable = ""
		}
		return c.Create(ctx, o, opts...)
	}}, account)
	s := syncerOf(c)
	v := store{Access: s.Access, account: account, kind: "Droplet", writes: &objects.Failures{}, crds: s.crds}
	seen := make([]resource.Resource, 100)
	for i := range seen {
		seen[i] = objectstest.Droplet(nil, nil)
		seen[i].ID = fmt.Sprint(i + 1)
	}
	v.record(t.Context(), nil, seen)
	if p, ok := kindProblem(t.Context(), v.writes.Joined(nil)); !ok || p.Reason != driftv1alpha1.ReasonFixCRDs {
		t.Errorf("problem: %v", p)
	}
	if n := written.Load(); n > 2*writers {
		t.Errorf("%d were written although the first told enough", n)
	}
	if s.crds.Age() == nil {
		t.Error("nobody is told")
	}
	old, v.writes = false, &objects.Failures{}
	seen[0].ID = "1000"
	v.record(t.Context(), nil, seen[:1])
	if err := errors.Join(v.writes.Joined(nil), s.crds.Age()); err != nil {
		t.Errorf("after an upgrade of the CRDs: %v", err)
	}
}

func TestAMissingCRDIsNoticed(t *testing.T) {
	missing := true
	c := objectstest.Stored(t, interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, l client.ObjectList, opts ...client.ListOption) error {
		if _, ok := l.(*driftv1alpha1.CloudDriftList); ok && missing {
			return apierrors.NewNotFound(schema.GroupResource{Resource: "clouddrifts"}, "")
		}
		return c.List(ctx, l, opts...)
	}})
	clock := testingclock.NewFakePassiveClock(objectstest.Noon)
	g := NewCRDGuard(c, clock)
	if p := g.Check(t.Context(), "n"); p.Reason != driftv1alpha1.ReasonFixCRDs || !strings.Contains(p.Message, "no CloudDrift:") {
		t.Errorf("said: %v", p)
	}
	missing = false
	clock.SetTime(objectstest.Noon.Add(crdsEvery))
	if p := g.Check(t.Context(), "n"); p.Exists() {
		t.Errorf("it is back: %v", p)
	}
}
