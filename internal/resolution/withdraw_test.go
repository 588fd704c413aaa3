package resolution

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// The annotations may be gone where the answer was lost, and then nobody looks at the
// approval again. Where they are certainly there, the next pass says it.
func TestARefusedApprovalIsTold(t *testing.T) {
	drifts := schema.GroupResource{Group: driftv1alpha1.GroupVersion.Group, Resource: "clouddrifts"}
	for name, c := range map[string]struct {
		answer error
		told   bool
	}{
		"taken off":          {nil, true},
		"the answer is lost": {apierrors.NewTimeoutError("request timed out", 1), true},
		"changed meanwhile":  {apierrors.NewConflict(drifts, "d", errors.New("look again")), false},
	} {
		t.Run(name, func(t *testing.T) {
			d := &driftv1alpha1.CloudDrift{ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "d",
				Annotations: map[string]string{driftv1alpha1.ResolveAnnotation: "accept"}}}
			patch := func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
				return c.answer
			}
			recorder := events.NewFakeRecorder(10)
			r := NewResolver(objects.Access{Client: objectstest.Stored(t, interceptor.Funcs{Patch: patch}, d),
				Events: objects.NewEventRecorder(recorder)}, nil)
			if err := r.dismiss(t.Context(), d, fmt.Errorf("%w: not of this world", errRefused)); !errors.Is(err, c.answer) {
				t.Errorf("%v", err)
			}
			close(recorder.Events)
			var told []string
			for event := range recorder.Events {
				told = append(told, event)
			}
			if (len(told) == 1 && strings.Contains(told[0], "not of this world")) != c.told {
				t.Errorf("told: %q", told)
			}
		})
	}
}
