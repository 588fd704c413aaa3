package main

import (
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// What attackers do, and accidents that look like attacks.
var hostileOperations = []operation{
	{"a kind replaced", 2, (*sequence).replaceKind},
	{"a domain made again", 2, (*sequence).remakeDomain},
	{"a hostile declaration", 2, (*sequence).declareHostile},
	{"a declaration made hostile", 1, (*sequence).editHostile},
	{"a declaration restored", 3, (*sequence).restoreDeclaration},
	{"an older operator's record", 3, (*sequence).recordAsOlder},
	{"a forged approval", 4, func(s *sequence) {
		if d := s.someDrift(); d != nil {
			s.forge(d)
		}
	}},
}

// replaceKind deletes all resources of a kind and makes as many again, with new ids
// and perhaps other values: what tools do that replace where they can't change.
func (s *sequence) replaceKind() {
	kind := one(s, s.weighed(func(of subject) bool { return of.again != nil }))
	all := s.cloud.now().sorted(kind.kind)
	before := s.cloud.now()
	for _, r := range all {
		s.change("DELETE", pathOf(r), nil)
	}
	for _, r := range all {
		kind.again(s, r, before[r])
	}
	if s.chance(0.5) { // something else of the kind changes with it
		s.resizeDroplet()
		s.changeRecord()
	}
}

// remakeDomain deletes a parent with all of its children, and makes it again with
// others, at once or while its records are being listed.
func (s *sequence) remakeDomain() {
	r, ok := s.any("Domain")
	if !ok {
		return
	}
	again := func() {
		_, _ = s.cloud.change("DELETE", pathOf(r), nil)
		_, _ = s.cloud.change("POST", "/v2/domains", map[string]any{"name": r.id})
		_, _ = s.cloud.change("POST", pathOf(r)+"/records", map[string]any{"type": "A", "name": "www", "data": addresses[0], "ttl": ttls[0]})
	}
	s.note("  %s", r)
	if s.chance(0.5) {
		s.cloud.whileReading(again)
		return
	}
	again()
}

// The sizes of declarations that nobody can mean. The API server takes all of them.
func hostileValue(s *sequence) any {
	switch s.rng.IntN(4) {
	case 0: // wide
		wide := map[string]any{}
		for n := range 30_000 {
			wide[fmt.Sprintf("k%d", n)] = 1
		}
		return wide
	case 1: // deep
		var deep any = "end"
		for range 200 {
			deep = map[string]any{"a": deep}
		}
		return deep
	case 2: // long
		return strings.Repeat("x", 300_000)
	default: // many elements
		long := make([]any, 40_000)
		for n := range long {
			long[n] = n
		}
		return long
	}
}

// hostile says whether a declaration is larger than any that is looked at.
func hostile(p *driftv1alpha1.CloudProvisioned) bool {
	_, is := p.Spec.Desired[hostileField]
	return is
}

// hostileField is where the value goes, whatever the kind: of none is it a field.
const hostileField = "hostile"

func (s *sequence) declareHostile() {
	r, ok := s.any(one(s, []string{"Droplet", "Volume", "Firewall"}))
	if !ok {
		return
	}
	name := fmt.Sprintf("hostile-%d", s.next())
	s.note("  %s: %s", name, r)
	s.cluster.stats.fault("hostile declaration")
	s.declare(name, driftv1alpha1.ResourceSelector{Kind: r.kind, ID: r.id}, map[string]any{"name": "x", hostileField: hostileValue(s)}, nil)
}

// editHostile makes a good declaration hostile, and perhaps good again.
func (s *sequence) editHostile() {
	name, ok := s.someDeclaration()
	if !ok {
		return
	}
	value, back := encoded(map[string]any{hostileField: hostileValue(s)}), s.chance(0.5)
	s.note("  %s, and back: %v", name, back)
	s.cluster.stats.fault("declaration made hostile")
	s.edit(name, func(p *driftv1alpha1.CloudProvisioned) bool {
		p.Spec.Desired[hostileField] = value[hostileField]
		return true
	})
	if !back {
		return
	}
	pause(s.ctx, time.Duration(s.rng.IntN(100))*time.Millisecond)
	s.edit(name, func(p *driftv1alpha1.CloudProvisioned) bool {
		delete(p.Spec.Desired, hostileField)
		return true
	})
}

// restoreDeclaration deletes a declaration and creates it again from what was read
// of it before, annotations included, as a backup does.
func (s *sequence) restoreDeclaration() {
	name, ok := s.someDeclaration()
	if !ok {
		return
	}
	key := client.ObjectKey{Namespace: s.namespace, Name: name}
	p := &driftv1alpha1.CloudProvisioned{}
	if err := try(s.ctx, func() error { return s.cluster.admin.Get(s.ctx, key, p) }); err != nil {
		return // somebody was faster
	}
	restored := &driftv1alpha1.CloudProvisioned{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name, Annotations: p.Annotations, Labels: p.Labels},
		Spec:       *p.Spec.DeepCopy(),
	}
	s.note("  %s with %v", name, p.Annotations)
	s.undeclare(name)
	s.cluster.stats.fault("declaration restored")
	err := try(s.ctx, func() error { return client.IgnoreAlreadyExists(s.cluster.admin.Create(s.ctx, restored.DeepCopy())) })
	if err != nil {
		s.broken("restoring %s: %v", name, err)
	}
}

// olderTable is the field table of an operator that has not learnt all fields yet.
const olderTable = "older"

// recordAsOlder makes one observation what an older operator would have recorded: one
// field less, which it did not know.
func (s *sequence) recordAsOlder() {
	all := s.knownResources()
	if len(all) == 0 {
		return
	}
	key := client.ObjectKey{Namespace: s.namespace, Name: one(s, all)}
	r := current[*driftv1alpha1.CloudResource](s.recorder)[key.Name]
	if r == nil {
		return
	}
	field := rootOf(one(s, ignorable(r.Spec.Kind)))
	s.note("  %s without %s", key.Name, field)
	s.cluster.stats.fault("an older operator's record")
	err := try(s.ctx, func() error {
		r := &driftv1alpha1.CloudResource{}
		if err := s.cluster.admin.Get(s.ctx, key, r); err != nil {
			return client.IgnoreNotFound(err)
		}
		r.Observed.FieldTable, r.Observed.Digest = olderTable, olderTable
		delete(r.Observed.Attrs, field)
		err := s.cluster.admin.Update(s.ctx, r)
		if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
			return nil
		}
		return err
	})
	if err != nil {
		s.broken("recording %s as an older operator: %v", key.Name, err)
	}
}

// forge annotates a drift in alice's name, as somebody who may patch it and holds no
// verb accept. It must not be admitted while the policies are in force.
func (s *sequence) forge(d *driftv1alpha1.CloudDrift) {
	inForce := s.cluster.policiesInForce()
	if s.cluster.forge(s.ctx, d) && inForce && s.cluster.policiesInForce() {
		s.broken("a forged approval is admitted on %s", d.Name)
	}
	s.cluster.stats.fault("forged approval")
}

// whereOf tells a resource from others of its name, by what can't change.
func whereOf(kind string, live object) map[string]intstr.IntOrString {
	field := subjectOf(kind).where
	if field == "" || live.fields[field] == "" {
		return nil
	}
	return map[string]intstr.IntOrString{field: intstr.FromString(live.fields[field])}
}
