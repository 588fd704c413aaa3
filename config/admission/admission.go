// Package admission holds the ValidatingAdmissionPolicies that prove who asked for
// a drift's resolution, or snoozed it, and checks that the API server has them. The operator
// carries its own copy, so that policies of another version, or weakened ones, are
// told from those that it relies on.
package admission

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The policies, each with a binding of the same name.
const (
	OperatorOnlyPolicy = "clouddrift-operator-only"
	ResolutionPolicy   = "clouddrift-resolution"
	LastAcceptedPolicy = "clouddrift-last-accepted"
	SnoozePolicy       = "clouddrift-snooze"
)

// The MutatingAdmissionPolicies that fill in what plain kubectl annotate leaves out. Nothing
// rests on them, and Check does not ask for them.
const (
	DefaultsPolicy       = "clouddrift-resolution-defaults"
	SnoozeDefaultsPolicy = "clouddrift-snooze-defaults"
)

//go:embed operator_only.yaml resolution.yaml last_accepted.yaml snooze.yaml
var files embed.FS

// State is what the API server holds of the policies. That it holds them does not say
// that it enforces them yet.
type State struct {
	// Problems are what keeps the policies from being as this version needs them, in
	// sentences for a condition's message. None: they are.
	Problems []string
	// ChangedAt is when any of them was last created or written, by their own
	// timestamps, in whole seconds.
	ChangedAt time.Time
	// Versions are each object's UID and generation.
	Versions map[string]string
}

// Check looks at the policies. reader has to read from the API server, not from a
// cache. An error means that nobody could look, and says nothing about the policies.
func Check(ctx context.Context, reader client.Reader) (State, error) {
	state := State{Versions: map[string]string{}}
	policies, bindings, err := expected()
	if err != nil {
		return state, err
	}
	for _, want := range policies {
		var live admissionv1.ValidatingAdmissionPolicy
		problem, err := checkPolicy(ctx, reader, want, &live)
		if err != nil {
			return state, err
		}
		state.add(&live, problem)
	}
	for _, want := range bindings {
		var live admissionv1.ValidatingAdmissionPolicyBinding
		problem, err := checkBinding(ctx, reader, want, &live)
		if err != nil {
			return state, err
		}
		state.add(&live, problem)
	}
	return state, nil
}

// add takes what was found of one object.
func (s *State) add(live client.Object, problem []string) {
	s.Problems = append(s.Problems, problem...)
	s.Versions[fmt.Sprintf("%T %s", live, live.GetName())] = fmt.Sprintf("%s/%d", live.GetUID(), live.GetGeneration())
	times := []time.Time{live.GetCreationTimestamp().Time}
	for _, f := range live.GetManagedFields() {
		if f.Time != nil && f.Subresource == "" {
			times = append(times, f.Time.Time)
		}
	}
	for _, at := range times {
		if at.After(s.ChangedAt) {
			s.ChangedAt = at
		}
	}
}

func checkPolicy(ctx context.Context, reader client.Reader, want admissionv1.ValidatingAdmissionPolicy, live *admissionv1.ValidatingAdmissionPolicy) ([]string, error) {
	err := reader.Get(ctx, client.ObjectKeyFromObject(&want), live)
	switch {
	case isMissing(err):
		return []string{fmt.Sprintf("the ValidatingAdmissionPolicy %s is missing", want.Name)}, nil
	case err != nil:
		return nil, fmt.Errorf("reading the ValidatingAdmissionPolicy %s: %w", want.Name, err)
	case !equality.Semantic.DeepEqual(live.Spec, want.Spec):
		return []string{fmt.Sprintf("the ValidatingAdmissionPolicy %s is not the one of this version", want.Name)}, nil
	}
	return nil, nil
}

func checkBinding(ctx context.Context, reader client.Reader, want admissionv1.ValidatingAdmissionPolicyBinding, live *admissionv1.ValidatingAdmissionPolicyBinding) ([]string, error) {
	err := reader.Get(ctx, client.ObjectKeyFromObject(&want), live)
	switch {
	case isMissing(err):
		return []string{fmt.Sprintf("the ValidatingAdmissionPolicyBinding %s is missing", want.Name)}, nil
	case err != nil:
		return nil, fmt.Errorf("reading the ValidatingAdmissionPolicyBinding %s: %w", want.Name, err)
	case !equality.Semantic.DeepEqual(denying(live.Spec), want.Spec):
		return []string{fmt.Sprintf("the ValidatingAdmissionPolicyBinding %s does not deny everywhere", want.Name)}, nil
	}
	return nil, nil
}

// denying leaves out Audit and Warn beside Deny, which take nothing away.
func denying(spec admissionv1.ValidatingAdmissionPolicyBindingSpec) admissionv1.ValidatingAdmissionPolicyBindingSpec {
	if slices.Contains(spec.ValidationActions, admissionv1.Deny) {
		spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Deny}
	}
	return spec
}

// isMissing also when the API server knows no such kind at all.
func isMissing(err error) bool {
	return apierrors.IsNotFound(err) || meta.IsNoMatchError(err)
}

// expected are this version's policies and bindings, as the API server keeps them:
// the files spell out what it would default.
func expected() (policies []admissionv1.ValidatingAdmissionPolicy, bindings []admissionv1.ValidatingAdmissionPolicyBinding, err error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, nil, fmt.Errorf("reading the embedded policies: %w", err)
	}
	for _, entry := range entries {
		content, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, nil, fmt.Errorf("reading the embedded %s: %w", entry.Name(), err)
		}
		// Each file is a policy and its binding.
		decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
		var policy admissionv1.ValidatingAdmissionPolicy
		var binding admissionv1.ValidatingAdmissionPolicyBinding
		if err := errors.Join(decoder.Decode(&policy), decoder.Decode(&binding)); err != nil {
			return nil, nil, fmt.Errorf("decoding the embedded %s: %w", entry.Name(), err)
		}
		if err := decoder.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
			return nil, nil, fmt.Errorf("decoding the embedded %s: want one policy and one binding", entry.Name())
		}
		policies, bindings = append(policies, policy), append(bindings, binding)
	}
	return policies, bindings, nil
}
