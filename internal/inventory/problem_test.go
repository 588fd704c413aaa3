package inventory

import (
	"context"
	"errors"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
)

var (
	cloudResources = schema.GroupResource{Group: "drift.arcadia.cloud", Resource: "cloudresources"}
	errOverQuota   = apierrors.NewForbidden(cloudResources, "r", errors.New("exceeded quota: few"))
	errConflict    = apierrors.NewConflict(cloudResources, "r", errors.New("look again"))
	errNoAnswer    = errors.New("dial tcp: connection refused")
)

func TestKindProblem(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	for name, c := range map[string]struct {
		why    string
		ctx    context.Context
		err    error
		reason string
	}{
		"a quota":        {"it stays until somebody raises it", t.Context(), errOverQuota, driftv1alpha1.ReasonFixRefusedWrite},
		"beyond the CRD": {"the same object would be refused again", t.Context(), apierrors.NewInvalid(schema.GroupKind{}, "r", nil), driftv1alpha1.ReasonFixRefusedWrite},
		"too large":      {"as above", t.Context(), apierrors.NewRequestEntityTooLargeError("3 MiB"), driftv1alpha1.ReasonFixRefusedWrite},
		"a conflict":     {"the other's write is over soon", t.Context(), errConflict, driftv1alpha1.ReasonWriteFailed},
		"no API server":  {"it comes back", t.Context(), errNoAnswer, driftv1alpha1.ReasonWriteFailed},
		"DigitalOcean's": {"its class says more than what failed beside it", t.Context(),
			fmt.Errorf("%w; %w", &digitalocean.Error{Class: digitalocean.Throttled}, errOverQuota), driftv1alpha1.ReasonThrottled},
		"the pass's end": {"nothing is known of a kind that was not looked at", ended, errOverQuota, ""},
	} {
		got, ok := kindProblem(c.ctx, fmt.Errorf("creating CloudResource r: %w", c.err))
		if got.Reason != c.reason || ok != (c.reason != "") {
			t.Errorf("%s: %q, because %s; got %q", name, c.reason, c.why, got.Reason)
		}
	}
}
