package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// revisionAnnotation is in every manifest, and another one in each, so that it is known which
// state of a declaration an apply has left.
const revisionAnnotation = "example.com/revision"

// What the tool does that applies the declarations from Git, over and over, and what people
// commit there.
var gitOpsOperations = []operation{
	{"GitOps applies", 10, func(s *sequence) { s.applyManifest(1) }},
	{"GitOps applies again and again", 4, func(s *sequence) { s.applyManifest(2 + s.rng.IntN(4)) }},
	{"GitOps applies while somebody accepts", 4, func(s *sequence) {
		d := s.someDrift()
		if d == nil {
			return
		}
		s.note("  %s", d.Name)
		manifest, uid := s.manifest(d.Spec.ProvisionedRef.Name), types.UID("")
		if p := current[*driftv1alpha1.CloudProvisioned](s.recorder)[d.Spec.ProvisionedRef.Name]; p != nil {
			uid = p.UID
		}
		s.racing.Go(func() { s.accept(d.Name, "") })
		if manifest != nil && uid != "" {
			s.racing.Go(func() { s.applyAs(d.Spec.ProvisionedRef.Name, uid, manifest) })
		}
	}},
	{"commit what was accepted", 7, (*sequence).commitAccepted},
	{"commit something else", 3, (*sequence).commitSomething},
	{"take an accept back", 6, (*sequence).takeBack},
}

// manifest is what Git has of a declaration, nil where it has none.
func (s *sequence) manifest(name string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.manifests[name]; ok {
		return maps.Clone(m)
	}
	if m, ok := s.original[name]; ok {
		return maps.Clone(m)
	}
	return nil
}

func (s *sequence) commit(name string, manifest map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.manifests[name] = manifest
}

// applyManifest applies some declaration's manifest so many times.
func (s *sequence) applyManifest(times int) {
	name, ok := s.someDeclaration()
	if p := current[*driftv1alpha1.CloudProvisioned](s.recorder)[name]; ok && p != nil {
		if manifest := s.manifest(name); manifest != nil {
			s.note("  %s, %d times: %v", name, times, manifest)
			for range times {
				s.applyAs(name, p.UID, manifest)
			}
		}
	}
}

// applyAs applies a manifest from the server side, with force, as Flux does. It never makes a
// declaration that is gone.
func (s *sequence) applyAs(name string, uid types.UID, manifest map[string]any) {
	is := current[*driftv1alpha1.CloudProvisioned](s.recorder)[name]
	if is == nil {
		return
	}
	var resource map[string]any
	_ = json.Unmarshal([]byte(asJSON(is.Spec.Resource)), &resource)
	s.mu.Lock()
	s.serial++
	revision := strconv.Itoa(s.serial)
	s.mu.Unlock()
	s.attempt(uid, encoded(manifest))
	err := try(s.ctx, func() error {
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": driftv1alpha1.GroupVersion.String(), "kind": "CloudProvisioned",
			"metadata": map[string]any{"namespace": s.namespace, "name": name, "uid": string(uid), "annotations": map[string]any{revisionAnnotation: revision}},
			"spec":     map[string]any{"accountRef": map[string]any{"name": accountName}, "resource": resource, "desired": asRead(manifest)},
		}}
		return s.cluster.admin.Apply(s.ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("gitops"), client.ForceOwnership)
	})
	if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) && !apierrors.IsInvalid(err) {
		s.broken("applying %s as GitOps does: %v", name, err)
	}
}

// asRead is a desired state of nothing but what unstructured objects may hold.
func asRead(values map[string]any) map[string]any {
	raw, _ := json.Marshal(values)
	out := map[string]any{}
	_ = json.Unmarshal(raw, &out)
	return out
}

// encodedText is a desired state that was written down by canonical.
func encodedText(written string) map[string]apiextensionsv1.JSON {
	out := map[string]apiextensionsv1.JSON{}
	_ = json.Unmarshal([]byte(written), &out)
	return out
}

// accepting is a declaration, and the path of a pending acceptance of it.
type accepting struct {
	p    *driftv1alpha1.CloudProvisioned
	path string
}

func (s *sequence) pendingAcceptances() []accepting {
	var out []accepting
	all := current[*driftv1alpha1.CloudProvisioned](s.recorder)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, a := range standIns(all[name]) {
			out = append(out, accepting{all[name], a.path})
		}
	}
	return out
}

// commitAccepted has Git say what was accepted, which is what is live, usually.
func (s *sequence) commitAccepted() {
	pending := s.pendingAcceptances()
	if len(pending) == 0 {
		return
	}
	a := one(s, pending)
	manifest := s.manifest(a.p.Name)
	live, ok := s.cloud.now()[ref{a.p.Spec.Resource.Kind, boundID(a.p)}]
	if value, shown := live.values[rootOf(a.path)]; ok && shown && manifest != nil {
		s.note("  %s: %s is %v", a.p.Name, rootOf(a.path), value)
		manifest[rootOf(a.path)] = value
		s.commit(a.p.Name, manifest)
		if s.chance(0.8) {
			s.applyAs(a.p.Name, a.p.UID, manifest)
		}
	}
}

// commitSomething has Git say something else, or no longer say something.
func (s *sequence) commitSomething() {
	name, ok := s.someDeclaration()
	p := current[*driftv1alpha1.CloudProvisioned](s.recorder)[name]
	if !ok || p == nil {
		return
	}
	manifest := s.manifest(name)
	pools := subjectOf(p.Spec.Resource.Kind).pools(s)
	field := one(s, slices.Sorted(maps.Keys(pools)))
	value := s.value(field, pools, s.cloud.now()[ref{p.Spec.Resource.Kind, boundID(p)}])
	drop := s.chance(0.3)
	switch {
	case manifest == nil:
		return
	case drop && len(manifest) > 1:
		delete(manifest, field)
	default:
		manifest[field] = value
	}
	s.note("  %s: %v", name, manifest)
	s.commit(name, manifest)
	s.applyAs(name, p.UID, manifest)
}

// takeBack withdraws an accept as alice does, mostly one that is pending.
func (s *sequence) takeBack() {
	var names []string
	for _, a := range s.pendingAcceptances() {
		names = append(names, remembered(a.p.Status, a.path).Acceptance.Drift)
	}
	if len(names) == 0 || s.chance(0.2) {
		for name, d := range current[*driftv1alpha1.CloudDrift](s.recorder) {
			if d.Status.State == driftv1alpha1.DriftAccepted {
				names = append(names, name)
			}
		}
		slices.Sort(names)
	}
	if len(names) == 0 {
		return
	}
	name := one(s, names)
	d := current[*driftv1alpha1.CloudDrift](s.recorder)[name]
	if d == nil {
		return
	}
	s.people.mu.Lock()
	s.people.takenBack[d.UID] = true
	s.people.mu.Unlock()
	_, err := s.annotate(name, map[string]any{driftv1alpha1.ResolveAnnotation: driftv1alpha1.ResolveWithdraw})
	s.note("  %s: %v", name, err)
}
