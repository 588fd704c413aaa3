package declaring

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
	"github.com/arcadiacloud/clouddrift/internal/terraform"
)

// How Terraform's kubernetes backend, and OpenTofu's, keeps a state.
const (
	// stateKey is the key of the Secret's data, and the label that tells it from others.
	stateKey = "tfstate"
	// lockPrefix and the Secret's name are the name of the Lease that locks it.
	lockPrefix = "lock-"
	// lockInfo is the annotation of the Lease that says who holds it.
	lockInfo = "app.terraform.io/lock-info"
	// partInfix and a number follow the Secret's name in those that hold the rest of a state
	// that is too large for one.
	partInfix = "-part-"
	// mostParts is how many Secrets one state may take.
	mostParts = 32
)

// fromSecret reads the state between two looks at its lock: where it was taken meanwhile,
// what was read may be half of something.
func (s *Source) fromSecret(ctx context.Context, namespace, name string) ([]byte, objects.Verdict, error) {
	before, locked, err := s.lock(ctx, namespace, name)
	if err != nil || locked.Status != "" {
		return nil, locked, err
	}
	data, problem, err := s.secret(ctx, namespace, name)
	if err != nil || problem.Status != "" {
		return nil, problem, err
	}
	after, locked, err := s.lock(ctx, namespace, name)
	if err == nil && locked.Status == "" && before != after {
		locked = objects.Unknown(driftv1alpha1.ReasonAwaitingUnlock, "the state in Secret %s was locked while it was read", name)
	}
	return data, locked, err
}

// lock returns the version of the Lease, and who holds it; zero: nobody does.
func (s *Source) lock(ctx context.Context, namespace, name string) (version string, locked objects.Verdict, err error) {
	lease := &coordinationv1.Lease{}
	err = s.live.Get(ctx, client.ObjectKey{Namespace: namespace, Name: lockPrefix + name}, lease)
	switch {
	case apierrors.IsNotFound(err):
		return "", objects.Verdict{}, nil
	case err != nil:
		return "", objects.Verdict{}, fmt.Errorf("reading the lock of the state in Secret %s: %w", name, err)
	case ptr.Deref(lease.Spec.HolderIdentity, "") == "":
		return lease.ResourceVersion, objects.Verdict{}, nil
	}
	return lease.ResourceVersion, objects.Unknown(driftv1alpha1.ReasonAwaitingUnlock, "the state in Secret %s is locked%s", name, holder(lease)), nil
}

// holder says who locked a state, where the lock tells it.
func holder(lease *coordinationv1.Lease) string {
	var info struct{ Who, Operation, Created string }
	if json.Unmarshal([]byte(lease.Annotations[lockInfo]), &info) != nil || info.Who == "" {
		return ""
	}
	const most = 64
	return fmt.Sprintf(" by %s since %s (%s)", resource.Short(info.Who, most), resource.Short(info.Created, most), resource.Short(info.Operation, most))
}

// secret is what a state's Secrets hold, whole.
func (s *Source) secret(ctx context.Context, namespace, name string) ([]byte, objects.Verdict, error) {
	data, problem, err := s.part(ctx, namespace, name)
	if err != nil || problem.Status != "" {
		return nil, problem, err
	}
	whole := data
	for part := 1; part < mostParts && isCutShort(whole); part++ {
		rest, problem, err := s.part(ctx, namespace, fmt.Sprint(name, partInfix, part))
		if err != nil {
			return nil, problem, err
		}
		if problem.Status != "" {
			break // there are no more parts: what is wrong shows when it is decompressed
		}
		whole = append(bytes.Clone(whole), rest...)
	}
	return whole, objects.Verdict{}, nil
}

func isCutShort(data []byte) bool {
	if !terraform.IsCompressed(data) {
		return false
	}
	_, err := decompress(data)
	return errors.Is(err, io.ErrUnexpectedEOF)
}

// part is one Secret of a state. Any other Secret is refused, and nothing of it is looked at.
func (s *Source) part(ctx context.Context, namespace, name string) ([]byte, objects.Verdict, error) {
	secret, problem, err := s.get(ctx, namespace, name)
	switch {
	case err != nil || problem.Status != "":
		return nil, problem, err
	case secret.Labels[stateKey] != "true":
		return nil, objects.False(driftv1alpha1.ReasonFixSecret,
			"Secret %s has no label %s=true, so that it is no state of Terraform's kubernetes backend", name, stateKey), nil
	case len(secret.Data[stateKey]) == 0:
		return nil, objects.False(driftv1alpha1.ReasonFixSecret, "Secret %s has no key %q, or it is empty", name, stateKey), nil
	}
	return secret.Data[stateKey], objects.Verdict{}, nil
}

// secretURL is the URL that a Secret holds.
func (s *Source) secretURL(ctx context.Context, namespace string, ref *driftv1alpha1.StateURLReference) (string, objects.Verdict, error) {
	secret, problem, err := s.get(ctx, namespace, ref.Name)
	if err != nil || problem.Status != "" {
		return "", problem, err
	}
	key := ref.Key
	if key == "" {
		key = "url"
	}
	address := strings.TrimSpace(string(secret.Data[key]))
	if address == "" {
		return "", objects.False(driftv1alpha1.ReasonFixSecret, "Secret %s has no key %q, or it is empty", ref.Name, key), nil
	}
	return address, objects.Verdict{}, nil
}

func (s *Source) get(ctx context.Context, namespace, name string) (*corev1.Secret, objects.Verdict, error) {
	secret := &corev1.Secret{}
	err := s.live.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil, objects.False(driftv1alpha1.ReasonFixSecret, "Secret %s does not exist", name), nil
	case err != nil:
		return nil, objects.Verdict{}, fmt.Errorf("reading Secret %s: %w", name, err)
	}
	return secret, objects.Verdict{}, nil
}
