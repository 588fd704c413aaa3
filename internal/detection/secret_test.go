package detection

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/binding"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// Whoever declares a secret is warned once for each generation, by its path.
func TestADeclaredSecretIsWarnedOf(t *testing.T) {
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "web-1", UID: "p", Generation: 1}}
	c := objectstest.Stored(t, interceptor.Funcs{}, p)
	recorder := events.NewFakeRecorder(10)
	access := objectstest.Access(c, c)
	access.Events = objects.NewEventRecorder(recorder)
	d := NewDetector(access, &objects.Timetables{}, NewPendingRequests(func(types.NamespacedName) {}))
	kind := kinds.Kind{Name: "Keeper", Schema: drift.Schema{Kind: "Keeper", Fields: []drift.Field{{Path: "login.user"}, {Path: "login.password", Sensitive: true}}}}
	detect := func(generation int64, login map[string]any) (told []string) {
		t.Helper()
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(p), p); err != nil {
			t.Fatal(err)
		}
		p.Generation = generation
		run := &detectionRun{provisioned: p, account: objectstest.Account(), desired: map[string]any{"login": login},
			binding: binding.Binding{Kind: kind, Ready: objects.True(driftv1alpha1.ReasonBound, "bound")}}
		if err := d.carryOut(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		for len(recorder.Events) > 0 {
			told = append(told, <-recorder.Events)
		}
		return told
	}
	if told := detect(1, map[string]any{"user": "doadmin"}); len(told) > 0 {
		t.Errorf("without a secret: %v", told)
	}
	told := detect(2, map[string]any{"user": "doadmin", "password": "correct-horse"})
	if len(told) != 1 || !strings.Contains(told[0], "SecretDeclared") || !strings.Contains(told[0], "login.password") || strings.Contains(told[0], "correct") {
		t.Errorf("with one: %v", told)
	}
	if told := detect(2, map[string]any{"user": "doadmin", "password": "correct-horse"}); len(told) > 0 {
		t.Errorf("the same once more: %v", told)
	}
	if told := detect(3, map[string]any{"password": "battery-staple"}); len(told) != 1 {
		t.Errorf("the next generation: %v", told)
	}
}
