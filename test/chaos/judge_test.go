package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// These tests see to it that the judge would see: a history that is as it has to
// be, and the same with one thing wrong.

// story writes a history of one droplet, one declaration and its drifts.
type story struct {
	began    time.Time
	clock    *clock
	revision uint64
	history  history
	people   *people
	past     past
	declared *driftv1alpha1.CloudProvisioned
	// crowded says that several resources have the droplet's name.
	crowded bool
}

func (s *story) during(r ref, from, until time.Time) []*object { return s.past.during(r, from, until) }

func (s *story) deletions(string) int { return 0 }

func (s *story) alone(ref, func(*object) bool, time.Time) bool { return !s.crowded }

func (s *story) counts(kind string, from, until time.Time) (least, most int) { return 1, 1 }

var theDroplet = ref{"Droplet", "1"}

// at is so many seconds after the story began.
func (s *story) at(seconds float64) time.Time {
	return s.began.Add(time.Duration(seconds * float64(time.Second)))
}

func (s *story) write(seconds float64, o client.Object) {
	s.revision++
	s.history.records = append(s.history.records, record{revision: s.revision, arrived: s.at(seconds), object: o})
}

func dropletOf(size string) object {
	values := map[string]any{"name": "web", "region": "nyc3", "size_slug": size, "status": "active", "tags": []any{},
		"monitoring": false, "ipv6": false}
	return object{name: "web", values: values, fields: flatten("Droplet", values)}
}

func (s *story) live(seconds float64, size string) {
	is := truth{}
	if size != "" {
		is[theDroplet] = dropletOf(size)
	}
	was := truth{}
	if versions := s.past[theDroplet]; len(versions) > 0 && versions[len(versions)-1].object != nil {
		was[theDroplet] = *versions[len(versions)-1].object
	}
	s.past.advance(was, is, s.at(seconds), s.at(seconds))
}

func (s *story) observe(seconds, asked float64, size string) *driftv1alpha1.CloudResource {
	r := &driftv1alpha1.CloudResource{ObjectMeta: metav1.ObjectMeta{Name: "r", UID: "r"},
		Spec: driftv1alpha1.CloudResourceSpec{Kind: "Droplet", ID: "1"},
		Observed: driftv1alpha1.Observation{Name: ptr.To("web"), Region: ptr.To("nyc3"), SizeSlug: ptr.To(size),
			Status: ptr.To("active"), Tags: []string{}, Digest: size, ObservedAt: metav1.NewMicroTime(s.at(asked)),
			Attrs: encoded(map[string]any{"monitoring": false, "ipv6": false})},
	}
	s.write(seconds, r)
	return r
}

// declare writes the declaration; people says whether people did.
func (s *story) declare(seconds float64, size, mark string, people bool) {
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Name: "p", UID: "p"}}
	if s.declared != nil {
		p = s.declared.DeepCopy()
	}
	p.Generation++
	p.Spec.Resource = driftv1alpha1.ResourceSelector{Kind: "Droplet", ID: "1"}
	p.Spec.Desired = encoded(map[string]any{"size_slug": size})
	p.ResourceVersion = string(rune('a' + s.revision))
	if mark != "" {
		p.Annotations = map[string]string{driftv1alpha1.LastAcceptedAnnotation: mark}
	}
	if people {
		s.people.edits[p.ResourceVersion] = true
	}
	s.declared = p
	s.write(seconds, p)
}

func (s *story) undeclare(seconds float64) {
	s.write(seconds, s.declared)
	last := &s.history.records[len(s.history.records)-1]
	last.deleted, last.since = true, last.revision
}

func (s *story) take(seconds float64, episode int64, name string) {
	p := s.declared.DeepCopy()
	p.ResourceVersion = string(rune('a' + s.revision))
	p.Status.Fields = []driftv1alpha1.FieldStatus{{Path: "size_slug", Episode: episode, OpenDrift: name}}
	s.declared = p
	s.write(seconds, p)
}

func value(v string) apiextensionsv1.JSON {
	raw, _ := json.Marshal(v)
	return apiextensionsv1.JSON{Raw: raw}
}

func (s *story) drift(seconds float64, uid string, change func(*driftv1alpha1.CloudDriftStatus)) {
	d := &driftv1alpha1.CloudDrift{
		ObjectMeta: metav1.ObjectMeta{Name: "d-" + uid, UID: types.UID(uid),
			OwnerReferences: []metav1.OwnerReference{{UID: "p", Name: "p", Controller: ptr.To(true)}}},
		Spec: driftv1alpha1.CloudDriftSpec{ProvisionedRef: driftv1alpha1.LocalReference{Name: "p"},
			ResourceRef: driftv1alpha1.ResourceReference{Kind: "Droplet", ID: "1"}, Field: "size_slug", Episode: 1},
		Status: driftv1alpha1.CloudDriftStatus{State: driftv1alpha1.DriftOpen, Expected: value("small"), Actual: value("large"), Observation: "o"},
	}
	if change != nil {
		change(&d.Status)
	}
	s.write(seconds, d)
}

func intended(status *driftv1alpha1.CloudDriftStatus) {
	status.Resolution = &driftv1alpha1.Resolution{Verb: driftv1alpha1.VerbAccept, User: accepter, Observation: "o", Value: value("large")}
}

func accepted(status *driftv1alpha1.CloudDriftStatus) {
	intended(status)
	status.State, status.ResolvedBy = driftv1alpha1.DriftAccepted, accepter
}

func stale(status *driftv1alpha1.CloudDriftStatus) { status.State = driftv1alpha1.DriftStale }

// remember writes what is remembered of the size's accept into the declaration's status.
func (s *story) remember(seconds float64, git driftv1alpha1.GitState, from, to string) {
	p := s.declared.DeepCopy()
	p.ResourceVersion = string(rune('a' + s.revision))
	a := &driftv1alpha1.Acceptance{Drift: "d-1", Git: git}
	if git == driftv1alpha1.GitPending {
		a.From, a.To = value(from), value(to)
	}
	p.Status.Fields = []driftv1alpha1.FieldStatus{{Path: "size_slug", Episode: 1, Acceptance: a}}
	s.declared = p
	s.write(seconds, p)
}

// pending is an accept that is over, and remembered.
func pending(s *story) {
	approved(s)
	s.declare(21, "large", "d-1/1", false)
	s.drift(22, "1", accepted)
	s.remember(23, driftv1alpha1.GitPending, "small", "large")
}

// reapplied is a pending one whose old manifest was applied again.
func reapplied(s *story) { pending(s); s.declare(24, "small", "d-1/1", true) }

// declaredLate is a drift that is there before the declaration that it is of.
func declaredLate(s *story) {
	s.live(-100, "small")
	s.live(10, "large")
	s.observe(11, 10.5, "large")
	s.drift(12, "1", nil)
	s.declare(13, "small", "", true)
}

// drifted is a droplet that is declared small, became large, and whose drift is open.
func drifted(s *story) {
	s.live(-100, "small")
	s.live(10, "large")
	s.declare(1, "small", "", true)
	s.observe(11, 10.5, "large")
	s.take(11.5, 1, "d-1")
	s.drift(12, "1", func(status *driftv1alpha1.CloudDriftStatus) { *status = driftv1alpha1.CloudDriftStatus{} })
	s.drift(12, "1", nil)
}

// approved is the drift with an approval that is recorded.
func approved(s *story) {
	drifted(s)
	s.people.approvals["1"] = []approval{{drift: "d-1", observation: "o", value: "large"}}
	s.drift(20, "1", intended)
}

// The garbage collector takes what a deleted declaration leaves bit by bit.
func TestJudgeKnowsAbandonedDrifts(t *testing.T) {
	of := func(owner, uid string, episode int64) *driftv1alpha1.CloudDrift {
		return &driftv1alpha1.CloudDrift{
			ObjectMeta: metav1.ObjectMeta{Name: "d-" + uid, UID: types.UID(uid),
				OwnerReferences: []metav1.OwnerReference{{UID: types.UID(owner), Name: owner, Controller: ptr.To(true)}}},
			Spec: driftv1alpha1.CloudDriftSpec{ResourceRef: driftv1alpha1.ResourceReference{Kind: "Droplet", ID: "1"}, Field: "name", Episode: episode},
		}
	}
	for _, deleted := range []bool{true, false} {
		s := &story{}
		s.write(1, of("p", "1", 2))
		s.declared = &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Name: "p", UID: "p"}}
		if deleted {
			s.undeclare(2)
		}
		s.write(3, of("q", "2", 1))
		j := judge{h: s.history}
		if j.onlyOneOpen(); (len(j.wrong) == 0) != deleted {
			t.Errorf("with its declaration deleted (%v), the judge says %q", deleted, j.wrong)
		}
	}
}

func TestJudge(t *testing.T) {
	for name, tt := range map[string]struct {
		tell func(*story)
		want string // "" is a history that is as it has to be
	}{
		"a drift": {drifted, ""},
		"an accept": {func(s *story) {
			approved(s)
			s.declare(21, "large", "d-1/1", false)
			s.drift(22, "1", accepted)
		}, ""},
		"a drift that went away":            {func(s *story) { drifted(s); s.live(30, "small"); s.observe(32, 31, "small"); s.drift(33, "1", stale) }, ""},
		"a drift that an edit ended":        {func(s *story) { drifted(s); s.declare(30, "large", "", true); s.drift(31, "1", stale) }, ""},
		"a drift whose declaration is gone": {func(s *story) { approved(s); s.undeclare(30); s.drift(31, "1", stale) }, ""},
		"a drift whose declaration went by unseen": {func(s *story) {
			drifted(s)
			s.drift(30, "1", stale)
			s.undeclare(31)
			s.history.gap, s.history.records[len(s.history.records)-1].since = true, 1
		}, ""},
		"stale before its declaration was deleted": {func(s *story) { drifted(s); s.drift(30, "1", stale); s.undeclare(31) }, "differed all the time"},

		"an observation that is older than it says": {func(s *story) { drifted(s); s.observe(41, 40, "small") }, "observed at"},
		"an older observation over a newer one": {func(s *story) {
			drifted(s)
			s.live(30, "small")
			s.observe(32, 31, "small")
			s.observe(33, 29, "large")
		}, "replaced the newer one"},
		"an absence that never was": {func(s *story) {
			drifted(s)
			s.observe(30, 29, "large").Observed.AbsentSince = ptr.To(metav1.NewTime(s.at(29)))
		}, "was there all the time"},
		"stale and nothing changed":            {func(s *story) { drifted(s); s.drift(31, "1", stale) }, "differed all the time"},
		"stale for what was before":            {func(s *story) { drifted(s); s.drift(12.5, "1", stale) }, "differed all the time"},
		"stale during a resolution":            {func(s *story) { approved(s); s.live(30, "small"); s.drift(31, "1", stale) }, "went stale while its resolution"},
		"a declaration that went by unseen":    {func(s *story) { s.history.gap = true; declaredLate(s) }, ""},
		"a declaration after what it declares": {declaredLate, "which it never was"},
		"a value that never was": {func(s *story) {
			drifted(s)
			s.drift(20, "1", func(status *driftv1alpha1.CloudDriftStatus) { status.Actual = value("huge") })
		}, "which it never was"},
		"history changed": {func(s *story) {
			drifted(s)
			s.live(30, "small")
			s.drift(31, "1", stale)
			s.drift(32, "1", func(status *driftv1alpha1.CloudDriftStatus) { stale(status); status.Actual = value("small") })
		}, "changed after it was resolved"},
		"two open drifts":         {func(s *story) { drifted(s); s.take(13, 1, "d-2"); s.drift(14, "2", nil) }, "2 open drifts"},
		"an episode not taken":    {func(s *story) { drifted(s); s.drift(14, "2", nil) }, "its episode was not taken before"},
		"a memory that goes back": {func(s *story) { drifted(s); s.take(14, 0, "") }, "went from episode 1 back to 0"},
		"a memory of another resource": {func(s *story) {
			drifted(s)
			s.take(14, 0, "")
			s.history.records[len(s.history.records)-1].object.(*driftv1alpha1.CloudProvisioned).Status.ResourceID = "2"
		}, ""},
		"an edit that nobody made": {func(s *story) { drifted(s); s.declare(14, "huge", "", false) }, "nobody wrote that"},
		"an accept without a mark": {func(s *story) { approved(s); s.declare(21, "large", "", false); s.drift(22, "1", accepted) }, "nobody wrote that"},
		"an accept that was not recorded first": {func(s *story) {
			drifted(s)
			s.declare(21, "large", "d-1/1", false)
			s.people.approvals["1"] = []approval{{observation: "o", value: "large"}}
			s.drift(22, "1", accepted)
		}, "before its approval was recorded"},
		"an accept written twice": {func(s *story) {
			approved(s)
			s.declare(21, "large", "d-1/1", false)
			s.declare(22, "small", "d-0", true)
			s.declare(23, "large", "d-1/1", false)
			s.drift(24, "1", accepted)
		}, "was written 2 times"},
		"an accept that was lost":    {func(s *story) { approved(s); s.drift(22, "1", accepted) }, "was written 0 times"},
		"an accept of another value": {func(s *story) { approved(s); s.declare(21, "huge", "d-1/1", false); s.drift(22, "1", accepted) }, `wrote "huge"`},
		"an accept that nobody asked for": {func(s *story) {
			drifted(s)
			s.drift(20, "1", intended)
			s.declare(21, "large", "d-1/1", false)
			s.drift(22, "1", accepted)
		}, "nobody approved"},
		"an acceptance":                      {pending, ""},
		"an acceptance that is applied over": {reapplied, ""},
		"an acceptance of another value": {func(s *story) {
			approved(s)
			s.declare(21, "large", "d-1/1", false)
			s.drift(22, "1", accepted)
			s.remember(23, driftv1alpha1.GitPending, "small", "huge")
		}, `remembered as one from "small" to "huge"`},
		"an acceptance before the accept": {func(s *story) { approved(s); s.remember(21, driftv1alpha1.GitPending, "small", "large") }, "there is no such drift"},
		"an acceptance that landed": {func(s *story) {
			reapplied(s)
			s.people.attempts["p"] = []string{`{"size_slug":"large"}`}
			s.declare(30, "large", "d-1/1", true)
			s.remember(31, driftv1alpha1.GitLanded, "", "")
		}, ""},
		"an acceptance that landed, and nobody said it": {func(s *story) { pending(s); s.remember(31, driftv1alpha1.GitLanded, "", "") }, "is Landed, and was not"},
		"an acceptance that was superseded": {func(s *story) {
			pending(s)
			s.declare(30, "huge", "d-1/1", true)
			s.remember(31, driftv1alpha1.GitSuperseded, "", "")
		}, ""},
		"an acceptance that was superseded by nothing":   {func(s *story) { reapplied(s); s.remember(31, driftv1alpha1.GitSuperseded, "", "") }, "is Superseded, and was not"},
		"an acceptance that lapsed":                      {func(s *story) { reapplied(s); s.live(30, "small"); s.remember(31, driftv1alpha1.GitLapsed, "", "") }, ""},
		"an acceptance that lapsed, and nothing changed": {func(s *story) { reapplied(s); s.remember(40, driftv1alpha1.GitLapsed, "", "") }, "is Lapsed, and was not"},
		"an acceptance that was taken back": {func(s *story) {
			pending(s)
			s.people.takenBack["1"] = true
			s.declare(30, "small", "", false)
			s.remember(31, driftv1alpha1.GitWithdrawn, "", "")
		}, ""},
		"an acceptance that nobody took back":         {func(s *story) { reapplied(s); s.remember(31, driftv1alpha1.GitWithdrawn, "", "") }, "is Withdrawn, and was not"},
		"an acceptance that nobody took back, undone": {func(s *story) { pending(s); s.declare(30, "small", "", false) }, "nobody wrote that"},
		"an acceptance that is forgotten":             {func(s *story) { reapplied(s); s.take(30, 1, "") }, "was forgotten"},
		"an acceptance that begins again": {func(s *story) {
			pending(s)
			s.declare(30, "huge", "d-1/1", true)
			s.remember(31, driftv1alpha1.GitSuperseded, "", "")
			s.remember(32, driftv1alpha1.GitPending, "small", "large")
		}, "began again"},
		"a listing that was not complete": {func(s *story) {
			s.write(20, &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{UID: "a"}, Status: driftv1alpha1.CloudAccountStatus{
				TeamUUID: dosim.DefaultTeam,
				Kinds:    []driftv1alpha1.KindStatus{{Kind: "Droplet", ObservedAt: ptr.To(metav1.NewTime(s.at(19))), Resources: ptr.To(int32(0))}}}})
		}, "complete listing of the kind Droplet is reported with 0"},
		"a disappearance of what is there": {func(s *story) {
			s.write(20, &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{UID: "a"}, Status: driftv1alpha1.CloudAccountStatus{
				Kinds: []driftv1alpha1.KindStatus{{Kind: "Droplet", Reason: driftv1alpha1.ReasonFixMassDisappearance}}}})
		}, "mass disappearance"},
		"a name bound to the first of several": {func(s *story) { s.crowded = true; bindByName(s) }, "never was the only one"},
		"a name bound to the only one":         {bindByName, ""},
		"another team": {func(s *story) {
			s.write(20, &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{UID: "a"},
				Status: driftv1alpha1.CloudAccountStatus{TeamUUID: "others"}})
		}, "pinned to the team others"},
	} {
		t.Run(name, func(t *testing.T) {
			// The story is over by now: the clock can't tell what is yet to come.
			s := &story{began: time.Now().Add(-time.Hour), clock: newClock(), people: newPeople(), past: past{}}
			tt.tell(s)
			j := judge{h: s.history, cloud: s, clock: s.clock, people: s.people}
			got := strings.Join(j.verdicts(), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("verdicts:\n%s\nwant %q", got, tt.want)
			}
		})
	}
}

// bindByName declares the droplet by its name and binds it.
func bindByName(s *story) {
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Name: "p", UID: "p"}}
	p.Spec.Resource = driftv1alpha1.ResourceSelector{Kind: "Droplet", Name: "web"}
	s.write(2, p)
	p = p.DeepCopy()
	p.Status.ResourceID = theDroplet.id
	s.write(3, p)
}

func TestDifferences(t *testing.T) {
	rule := func(port string, from ...any) map[string]any {
		return map[string]any{"protocol": "tcp", "ports": port, "sources": map[string]any{"addresses": from}}
	}
	live := object{fields: flatten("Firewall", map[string]any{"name": "fw", "tags": []any{"b", "A"},
		"inbound_rules": []any{rule("22", "10.0.0.0/8"), rule("22", "0.0.0.0/0"), rule("0", "::/0")}})}
	declared := desired{map[string]any{"tags": []any{"a", "b"}, "inbound_rules": []any{rule("22", "0.0.0.0/0"), rule("80", "::/0")}}, nil, nil}
	got := differences("Firewall", declared, live)
	for path, want := range map[string]pair{
		`inbound_rules["tcp/22"]`: {"tcp/22 from 0.0.0.0/0", "tcp/22 from 0.0.0.0/0,10.0.0.0/8"},
		`inbound_rules["tcp/80"]`: {"tcp/80 from ::/0", ""},
		`inbound_rules["tcp/0"]`:  {"", "tcp/0 from ::/0"},
	} {
		if got[path] != want {
			t.Errorf("%s: %+v, want %+v", path, got[path], want)
		}
		delete(got, path)
	}
	if len(got) != 0 {
		t.Errorf("and also %v", got)
	}
	declared.ignore = []string{"inbound_rules"}
	if got := differences("Firewall", declared, live); len(got) != 0 {
		t.Errorf("ignored, and yet %v", got)
	}
}

func TestDifferencesByMember(t *testing.T) {
	forward := func(port, target any) map[string]any {
		return map[string]any{"entry_protocol": "http", "entry_port": port, "target_port": target}
	}
	live := object{fields: flatten("LoadBalancer", map[string]any{"forwarding_rules": []any{forward(80, 80), forward(81, 80)}})}
	declared := desired{values: map[string]any{"forwarding_rules": []any{forward("80", 8000), forward(82, 80)}}}
	got := differences("LoadBalancer", declared, live)
	for path, want := range map[string]pair{
		`forwarding_rules["http/80"].target_port`: {"8000", "80"},
		`forwarding_rules["http/81"]`:             {"", "entry_port=81 entry_protocol=http target_port=80"},
		`forwarding_rules["http/82"]`:             {"entry_port=82 entry_protocol=http target_port=80", ""},
	} {
		if got[path] != want {
			t.Errorf("%s: %+v, want %+v", path, got[path], want)
		}
		delete(got, path)
	}
	if len(got) != 0 {
		t.Errorf("and also %v", got)
	}
	// What an accept of a whole element writes are all of its members, and no other's.
	rest := without(live.fields, `forwarding_rules["http/81"]`)
	if at(rest, `forwarding_rules["http/81"]`) != "" || at(rest, `forwarding_rules["http/80"]`) == "" || len(rest) != 3 {
		t.Errorf("without one element: %v", rest)
	}
}

func TestDifferencesByForm(t *testing.T) {
	pool := map[string]any{"count": 3, "auto_scale": true, "min_nodes": 1, "max_nodes": 3}
	fixed := map[string]any{"count": 3, "auto_scale": false, "min_nodes": 0, "max_nodes": 0}
	database := map[string]any{"maintenance_window": map[string]any{"day": "sunday", "hour": "14:00:00"}}
	cluster := map[string]any{"version": "1.33.4-do.2"}
	for _, tt := range []struct {
		why, kind string
		declared  map[string]any
		live      map[string]any
		want      string // the path that differs
	}{
		{"the autoscaler's choice", "KubernetesNodePool", map[string]any{"count": 1}, pool, ""},
		{"a limit for nobody", "KubernetesNodePool", map[string]any{"max_nodes": 5, "auto_scale": false}, fixed, ""},
		{"a limit of what nobody scales any more", "KubernetesNodePool", map[string]any{"max_nodes": 5}, fixed, "max_nodes"},
		{"another limit", "KubernetesNodePool", map[string]any{"max_nodes": 5}, pool, "max_nodes"},
		{"nobody's choice", "KubernetesNodePool", map[string]any{"count": 1}, fixed, "count"},
		{"a time without seconds", "DatabaseCluster", map[string]any{"maintenance_window": map[string]any{"hour": "14:00"}}, database, ""},
		{"another time", "DatabaseCluster", map[string]any{"maintenance_window": map[string]any{"hour": "02:00"}}, database, "maintenance_window.hour"},
		{"the beginning of a version", "KubernetesCluster", map[string]any{"version": "1.33"}, cluster, ""},
		{"another version", "KubernetesCluster", map[string]any{"version": "1.3"}, cluster, "version"},
	} {
		got := differences(tt.kind, desired{values: tt.declared}, object{fields: flatten(tt.kind, tt.live)})
		if _, differs := got[tt.want]; len(got) > 1 || differs != (tt.want != "") {
			t.Errorf("%s: %v, want %q", tt.why, got, tt.want)
		}
	}
}
