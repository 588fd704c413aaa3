package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// disagreements are the ways in which what the cluster holds is not what the
// truth and the declarations make it, now that everything is quiet.
func (s *sequence) disagreements() []string {
	a := agreement{
		truth:     s.cloud.now(),
		resources: map[ref]*driftv1alpha1.CloudResource{},
		declared:  current[*driftv1alpha1.CloudProvisioned](s.recorder),
		drifts:    current[*driftv1alpha1.CloudDrift](s.recorder),
	}
	for _, r := range current[*driftv1alpha1.CloudResource](s.recorder) {
		a.resources[ref{r.Spec.Kind, r.Spec.ID}] = r
	}
	a.inventory()
	a.findings()
	return a.wrong
}

// agreement compares the cluster with the truth.
type agreement struct {
	truth     truth
	resources map[ref]*driftv1alpha1.CloudResource
	declared  map[string]*driftv1alpha1.CloudProvisioned
	drifts    map[string]*driftv1alpha1.CloudDrift
	wrong     []string
}

func (a *agreement) say(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
}

// observedFields are the fields of a CloudResource that the oracle knows.
func observedFields(r *driftv1alpha1.CloudResource) map[string]string {
	values := decoded(r.Observed.Attrs)
	for name, value := range map[string]*string{
		"name": r.Observed.Name, "region": r.Observed.Region, "size_slug": r.Observed.SizeSlug, "status": r.Observed.Status,
	} {
		if value != nil {
			values[name] = *value
		}
	}
	if r.Observed.Tags != nil {
		tags := []any{}
		for _, tag := range r.Observed.Tags {
			tags = append(tags, tag)
		}
		values["tags"] = tags
	}
	return flatten(r.Spec.Kind, values)
}

// shows says whether an observation shows the object, as far as it could be seen.
func shows(r *driftv1alpha1.CloudResource, o object) (bool, string) {
	seen := observedFields(r)
	partly := slices.ContainsFunc(r.Observed.Unseen, func(path string) bool { return strings.Contains(path, "[*]") })
	for _, fields := range []map[string]string{seen, o.fields} {
		for path := range fields {
			_, recorded := seen[path]
			switch {
			case slices.Contains(r.Observed.Unseen, rootOf(path)):
			case r.Observed.FieldTable == olderTable && !recorded:
			case partly && alike(seen[path], o.fields[path]):
			case seen[path] != o.fields[path]:
				return false, fmt.Sprintf("%s is %q and observed as %q", path, o.fields[path], seen[path])
			}
		}
	}
	return true, ""
}

// inventory checks that the CloudResources are the truth, and tombstones.
func (a *agreement) inventory() {
	for r, o := range a.truth {
		held := a.resources[r]
		switch {
		case held == nil:
			a.say("%s is there and has no CloudResource", r)
		case held.Observed.AbsentSince != nil:
			a.say("%s is there and recorded as absent", r)
		default:
			if ok, why := shows(held, o); !ok {
				a.say("%s: %s", r, why)
			}
		}
	}
	wanted := map[ref]bool{}
	for _, p := range a.declared {
		wanted[ref{p.Spec.Resource.Kind, boundID(p)}] = true
	}
	for r, held := range a.resources {
		if _, there := a.truth[r]; there {
			continue
		}
		if held.Observed.AbsentSince == nil {
			a.say("%s is gone and recorded as there", r)
		} else if !wanted[r] {
			a.say("%s is gone, nobody declares it, and it has a tombstone", r)
		}
	}
}

// boundID is the id that a declaration refers to as far as the operator knows.
func boundID(p *driftv1alpha1.CloudProvisioned) string {
	if p.Spec.Resource.ID != "" {
		return p.Spec.Resource.ID
	}
	return p.Status.ResourceID
}

// binding is what a declaration has to be bound to. Which of several that have
// had its name is the operator's to remember, within the rules.
func (a *agreement) binding(p *driftv1alpha1.CloudProvisioned) (r ref, certain bool) {
	kind, name := p.Spec.Resource.Kind, p.Spec.Resource.Name
	r = ref{kind, boundID(p)}
	if p.Spec.Resource.ID != "" {
		return r, true
	}
	named := slices.DeleteFunc(a.truth.named(kind, name), func(r ref) bool {
		for field, value := range p.Spec.Resource.Where {
			if a.truth[r].fields[field] != value.String() {
				return true
			}
		}
		return false
	})
	switch {
	case slices.Contains(named, r):
		return r, true
	case len(named) == 1:
		a.say("%s refers to the name %q, which only %s has, and is bound to %q", p.Name, name, named[0], r.id)
		return r, false
	case len(named) > 1:
		return r, false // ambiguous: what was said of it before stays said
	default:
		return r, true // renamed or gone, or never found
	}
}

func older(a, b *driftv1alpha1.CloudProvisioned) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.Name < b.Name
}

// findings checks that the open drifts are exactly the differences of the oldest
// declaration of each resource.
func (a *agreement) findings() {
	winners, uncertain := map[ref]*driftv1alpha1.CloudProvisioned{}, map[ref]bool{}
	for _, name := range slices.Sorted(maps.Keys(a.declared)) {
		p := a.declared[name]
		if hostile(p) {
			uncertain[ref{p.Spec.Resource.Kind, boundID(p)}] = true // it is not looked at, and says so
			a.refused(p)
			continue
		}
		r, certain := a.binding(p)
		if !certain {
			uncertain[r] = true
		} else if w := winners[r]; r.id != "" && (w == nil || older(p, w)) {
			winners[r] = p
		}
	}
	open := map[types.UID]map[string]*driftv1alpha1.CloudDrift{}
	for _, name := range slices.Sorted(maps.Keys(a.drifts)) {
		d := a.drifts[name]
		if resolved(d) {
			continue
		}
		owner := metav1.GetControllerOf(d)
		p := a.declared[d.Spec.ProvisionedRef.Name]
		if p == nil || owner == nil || p.UID != owner.UID {
			a.say("drift %s is of a CloudProvisioned that is not there", d.Name)
			continue
		}
		if open[p.UID] == nil {
			open[p.UID] = map[string]*driftv1alpha1.CloudDrift{}
		}
		if twin := open[p.UID][d.Spec.Field]; twin != nil {
			a.say("two open drifts of %s of %s: %s and %s", d.Spec.Field, p.Name, d.Name, twin.Name)
		}
		open[p.UID][d.Spec.Field] = d
	}
	for _, name := range slices.Sorted(maps.Keys(a.declared)) {
		p := a.declared[name]
		r := ref{p.Spec.Resource.Kind, boundID(p)}
		switch {
		case uncertain[r]:
		case winners[r] == p:
			a.winner(p, r, open[p.UID])
		case len(open[p.UID]) > 0:
			a.say("%s has open drifts %v and is not what decides for %q", name, slices.Sorted(maps.Keys(open[p.UID])), r)
		}
	}
}

// refused checks what a declaration says that is too large to be looked at.
func (a *agreement) refused(p *driftv1alpha1.CloudProvisioned) {
	ready := meta.FindStatusCondition(p.Status.Conditions, driftv1alpha1.ConditionReady)
	inSync := meta.FindStatusCondition(p.Status.Conditions, driftv1alpha1.ConditionInSync)
	if ready == nil || ready.Status != metav1.ConditionFalse || ready.Reason != driftv1alpha1.ReasonFixTooLarge ||
		inSync == nil || inSync.Status != metav1.ConditionUnknown || p.Status.ObservedGeneration != p.Generation {
		a.say("%s is too large to be looked at, and says Ready %+v and InSync %+v", p.Name, ready, inSync)
	}
}

func resolved(d *driftv1alpha1.CloudDrift) bool {
	return d.Status.State != "" && d.Status.State != driftv1alpha1.DriftOpen
}

// winner checks one declaration that decides.
func (a *agreement) winner(p *driftv1alpha1.CloudProvisioned, r ref, open map[string]*driftv1alpha1.CloudDrift) {
	want := desired{decoded(p.Spec.Desired), p.Spec.Ignore, standIns(p)}
	o, there := a.truth[r]
	var differing map[string]pair
	if there {
		differing = differences(r.kind, want, o)
	} else {
		differing = map[string]pair{existence: {"present", "absent"}}
	}
	for path, values := range differing {
		d := open[path]
		if d == nil {
			a.say("%s: %s differs (%q, is %q) and has no open drift", p.Name, path, values.expected, values.actual)
			continue
		}
		is := pair{text(decodedValue(d.Status.Expected)), text(decodedValue(d.Status.Actual))}
		if is != values {
			a.say("%s: drift %s says %+v and it is %+v", p.Name, d.Name, is, values)
		}
		if d.Spec.ResourceRef.ID != r.id {
			a.say("%s: drift %s is about %s and not about %s", p.Name, d.Name, d.Spec.ResourceRef.ID, r)
		}
		if d.Status.Resolution != nil || d.Annotations[driftv1alpha1.ResolveAnnotation] != "" {
			a.say("%s: the approval on drift %s was neither carried out nor refused", p.Name, d.Name)
		}
	}
	for path, d := range open {
		// What can't be observed any more is no longer claimed to differ, nor to agree.
		if _, differs := differing[path]; !differs && there {
			a.say("%s: %s does not differ and drift %s is open", p.Name, path, d.Name)
		}
	}
	a.status(p, there, differing, open)
	a.acceptances(p, r, want)
}

// acceptances checks that what stands in for a declared value may, and that what was accepted
// last is remembered.
func (a *agreement) acceptances(p *driftv1alpha1.CloudProvisioned, r ref, want desired) {
	o, there := a.truth[r]
	for i, s := range want.accepted {
		outer := desired{values: want.values, accepted: want.accepted[:i]}
		is := outer.effective(r.kind)
		from, to := saysSame(r.kind, is, s.path, s.from), saysSame(r.kind, is, s.path, s.to)
		switch {
		case !there:
		case !from && !to || !want.declares(s.path):
			a.say("%s: an acceptance of %s is pending from %v to %v, and something else is declared: %v", p.Name, s.path, s.from, s.to, is)
		case from && !to && !apart(r.kind, s.path, want.values, o):
			a.say("%s: an acceptance of %s is pending from %v to %v, and it is as declared", p.Name, s.path, s.from, s.to)
		}
	}
	if c := meta.FindStatusCondition(p.Status.Conditions, driftv1alpha1.ConditionAcceptancesPending); (c != nil) != (len(want.accepted) > 0) {
		a.say("%s: %d acceptances are pending, and the condition is %+v", p.Name, len(want.accepted), c)
	}
	latest := map[string]*driftv1alpha1.CloudDrift{}
	for _, d := range a.drifts {
		owner := metav1.GetControllerOf(d)
		if known := latest[d.Spec.Field]; owner != nil && owner.UID == p.UID && d.Spec.ResourceRef.ID == r.id &&
			(known == nil || known.Spec.Episode < d.Spec.Episode) {
			latest[d.Spec.Field] = d
		}
	}
	for field, d := range latest {
		if d.Annotations[driftv1alpha1.ResolveAnnotation] == driftv1alpha1.ResolveWithdraw && resolved(d) {
			a.say("%s: that the accept of %s be taken back was neither done nor refused", p.Name, d.Name)
		}
		remembered := remembered(p.Status, field).Acceptance
		if d.Status.State == driftv1alpha1.DriftAccepted && d.Annotations[driftv1alpha1.WithdrawnAnnotation] == "" && (remembered == nil || remembered.Drift != d.Name) {
			a.say("%s: %s was accepted by %s, and is remembered as %+v", p.Name, field, d.Name, remembered)
		}
	}
}

// status checks what a declaration's own status says.
func (a *agreement) status(p *driftv1alpha1.CloudProvisioned, there bool, differing map[string]pair, open map[string]*driftv1alpha1.CloudDrift) {
	c := meta.FindStatusCondition(p.Status.Conditions, driftv1alpha1.ConditionInSync)
	want := metav1.ConditionFalse
	if _, unknown := p.Spec.Desired["sizes"]; there && len(differing) == 0 && !unknown {
		want = metav1.ConditionTrue
	} else if there && len(differing) == 0 {
		want = metav1.ConditionUnknown
	}
	if c == nil || c.Status != want || p.Status.ObservedGeneration != p.Generation {
		a.say("%s: InSync is to be %s at generation %d, and is %+v at %d", p.Name, want, p.Generation, c, p.Status.ObservedGeneration)
	}
	if n := p.Status.OpenDrifts; n == nil || int(*n) != len(open) {
		a.say("%s: openDrifts does not say %d", p.Name, len(open))
	}
	for _, f := range p.Status.Fields {
		// Of a resource that is gone, a memory may hold an episode that was taken and whose
		// drift a crash kept from being created: it is taken up when the resource is back.
		if d := open[f.Path]; there && f.OpenDrift != "" && (d == nil || d.Name != f.OpenDrift) {
			a.say("%s: its memory of %s holds %s, which is not open", p.Name, f.Path, f.OpenDrift)
		}
		if d := open[f.Path]; d != nil && f.Episode < d.Spec.Episode {
			a.say("%s: its memory of %s is at episode %d, and drift %s is open", p.Name, f.Path, f.Episode, d.Name)
		}
	}
}

// approvalsAnswered checks that each approval came to an end, and that people
// were told why where it was not carried out.
func (s *sequence) approvalsAnswered(h history) []string {
	var wrong []string
	byUID := map[types.UID]life[*driftv1alpha1.CloudDrift]{}
	for _, l := range drifts(h) {
		byUID[l.uid] = l
	}
	s.people.mu.Lock()
	defer s.people.mu.Unlock()
	for uid, approvals := range s.people.approvals {
		l, known := byUID[uid]
		if !known {
			continue // deleted before anybody saw it
		}
		outcome := ""
		switch d := l.last().object; {
		case l.deleted != 0:
			outcome = "deleted with the declaration"
		case resolved(d):
			outcome = string(d.Status.State)
		case s.people.withdrawn[uid]:
			outcome = "withdrawn"
		default:
			outcome = "refused"
			if !s.ended && !h.gap && !s.toldWhy(l.name) {
				wrong = append(wrong, fmt.Sprintf("the approval on drift %s came to nothing, and no event says why", l.name))
			}
		}
		for range approvals {
			s.cluster.stats.approval(outcome)
		}
	}
	return wrong
}

// toldWhy says whether an event about the drift tells why nothing was applied.
func (s *sequence) toldWhy(drift string) bool {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); pause(s.ctx, 50*time.Millisecond) {
		var list eventsv1.EventList
		if err := s.cluster.admin.List(s.ctx, &list, client.InNamespace(s.namespace)); err != nil {
			continue
		}
		for _, e := range list.Items {
			if e.Regarding.Name == drift &&
				(e.Reason == driftv1alpha1.EventApprovalOutdated || e.Reason == driftv1alpha1.EventApprovalRefused) {
				return true
			}
		}
	}
	return false
}
