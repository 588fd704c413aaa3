package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	testingclock "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestExpiredKeepsTheLastEpisodesAndTheYoung(t *testing.T) {
	resolved := func(episode int64, age time.Duration) driftv1alpha1.CloudDrift {
		return driftv1alpha1.CloudDrift{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("d-%02d", episode)},
			Spec:       driftv1alpha1.CloudDriftSpec{Field: "size_slug", Episode: episode},
			Status: driftv1alpha1.CloudDriftStatus{
				State: driftv1alpha1.DriftStale, ResolvedAt: ptr.To(metav1.NewTime(noon.Add(-age))),
			},
		}
	}
	const day = 24 * time.Hour
	drifts := []driftv1alpha1.CloudDrift{
		resolved(1, 400*day), resolved(2, 100*day), resolved(3, 89*day), resolved(4, 95*day), resolved(5, 91*day),
		{ObjectMeta: metav1.ObjectMeta{Name: "d-06"}, Spec: driftv1alpha1.CloudDriftSpec{Field: "size_slug", Episode: 6},
			Status: driftv1alpha1.CloudDriftStatus{State: driftv1alpha1.DriftOpen}},
	}
	for name, c := range map[string]struct {
		policy driftv1alpha1.HistoryPolicy
		want   []string
	}{
		"the defaults keep ten episodes":           {driftv1alpha1.HistoryPolicy{}, nil},
		"two episodes are kept whatever their age": {driftv1alpha1.HistoryPolicy{RetainEpisodes: new(int32(2))}, []string{"d-01", "d-02", "d-04"}},
		"and the young whatever their number":      {driftv1alpha1.HistoryPolicy{RetainEpisodes: new(int32(1)), RetainDays: new(int32(99))}, []string{"d-01", "d-02"}},
	} {
		var got []string
		for _, d := range expired(slices.Clone(drifts), c.policy, noon) {
			got = append(got, d.Name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// store is an account's inventory of droplets at a time; a deleted account of the
// same name has other.
func store(uid types.UID, now time.Time) inventory {
	account := &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{Name: "a", UID: uid}}
	return inventory{Access: Access{Clock: testingclock.NewFakePassiveClock(now)}, account: account, kind: "Droplet"}
}

func held(n int) map[string]*driftv1alpha1.CloudResource {
	out := map[string]*driftv1alpha1.CloudResource{}
	for i := range n {
		r := &driftv1alpha1.CloudResource{
			Spec:     driftv1alpha1.CloudResourceSpec{Kind: "Droplet", ID: fmt.Sprint(i + 1)},
			Observed: driftv1alpha1.Observation{ObservedAt: metav1.NewMicroTime(noon.Add(-time.Hour))},
		}
		r.OwnerReferences = []metav1.OwnerReference{{UID: "own", Controller: new(true)}}
		r.Name = cloudResourceName("a", resource.Ref{Kind: "Droplet", ID: r.Spec.ID})
		out[r.Name] = r
	}
	return out
}

func listing(ids ...int) resource.Listing {
	out := resource.Listing{Kind: "Droplet", StartedAt: noon, Complete: true}
	for _, id := range ids {
		out.Resources = append(out.Resources, resource.Resource{Ref: resource.Ref{Kind: "Droplet", ID: fmt.Sprint(id)}})
	}
	return out
}

// What a listing found unchanged, and somebody else wrote meanwhile, is asked for
// again; it is no suspect.
func TestOvertaken(t *testing.T) {
	v := store("own", noon)
	before, now := held(5), held(5)
	for _, r := range now {
		switch r.Spec.ID {
		case "2":
			r.Observed.Digest = "another"
		case "3":
			r.Observed.AbsentSince = new(metav1.NewTime(noon))
		case "4":
			delete(now, r.Name)
		}
	}
	seen := resource.Listing{Kind: "Droplet", StartedAt: noon, Complete: true, Unchanged: []string{"1", "2", "3", "4", "5"}}
	var got []string
	for _, s := range v.overtaken(before, now, seen) {
		if s.seen() || s.current != nil {
			t.Errorf("%s may be concluded to be gone", s.id)
		}
		got = append(got, s.id)
	}
	if want := []string{"2", "3", "4"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if missing := v.suspects(seen, before, nil); len(missing) != 0 {
		t.Errorf("%d of what was seen unchanged are suspects", len(missing))
	}
}

// failing is a cloud that answers no question about one resource.
type failing struct{ Cloud }

func (failing) Get(context.Context, string, string) (resource.Resource, error) {
	return resource.Resource{}, &digitalocean.Error{Class: digitalocean.ServerError}
}

// An id that was only declared may be answered with 500 for ever. What a listing
// held, and somebody else recorded otherwise meanwhile, is not known without one.
func TestOnlyWhatNoListingHeldMayGoWithoutAnAnswer(t *testing.T) {
	v := store("own", noon)
	for name, c := range map[string]struct {
		suspect          suspect
		owed, unanswered bool
	}{
		"it was only declared":         {suspect{id: "1", declared: true}, false, false},
		"the listing held it":          {suspect{id: "1", listed: true}, true, false},
		"it is declared and was there": {suspect{id: "1", declared: true, current: &driftv1alpha1.CloudResource{}}, false, true},
		"nobody declared it":           {suspect{id: "1", current: &driftv1alpha1.CloudResource{}}, false, false},
	} {
		got := v.ask(t.Context(), failing{}, []suspect{c.suspect})
		if (got.owed != nil) != c.owed || (got.unanswered != nil) != c.unanswered || (len(got.open) == 1) != c.unanswered || len(got.gone) != 0 {
			t.Errorf("%s: %d gone, %d open, owed %v, unanswered %v", name, len(got.gone), len(got.open), got.owed, got.unanswered)
		}
	}
}

func TestMassDisappearance(t *testing.T) {
	for name, c := range map[string]struct {
		held, gone int
		mass       bool
	}{
		"ten of ten are believed":            {10, 10, false},
		"eleven of eleven are not":           {11, 11, true},
		"eleven of 220 are 5 %, and are":     {220, 11, false},
		"twelve of 220 are more, and aren't": {220, 12, true},
		"none":                               {100, 0, false},
	} {
		all := held(c.held)
		var there []int
		for id := c.gone + 1; id <= c.held; id++ {
			there = append(there, id)
		}
		missing := store("own", noon).suspects(listing(there...), all, idsOf(all))
		if len(missing) != c.gone {
			t.Errorf("%s: %d suspects", name, len(missing))
		}
		if token := massDisappearance("Droplet", vanished(missing), c.held, noon); (token != "") != c.mass {
			t.Errorf("%s: token %q", name, token)
		}
	}
}

// What nobody declared harms nobody by vanishing.
func TestUndeclaredResourcesVanishWithoutAWord(t *testing.T) {
	all := held(40)
	missing := store("own", noon).suspects(listing(1), all, nil)
	if gone := vanished(missing); len(missing) != 39 || len(gone) != 0 {
		t.Errorf("%d are missing, and %d of them have to be confirmed", len(missing), len(gone))
	}
}

// idsOf declares all of these.
func idsOf(held map[string]*driftv1alpha1.CloudResource) map[string]string {
	out := map[string]string{}
	for name, r := range held {
		out[name] = r.Spec.ID
	}
	return out
}

func TestMassDisappearanceIsConfirmedForExactlyWhatIsGone(t *testing.T) {
	all := held(40)
	var few, more []int
	for id := 21; id <= 40; id++ {
		few = append(few, id)
	}
	more = few[1:]
	token := func(there []int, at time.Time) string {
		return massDisappearance("Droplet", vanished(store("own", at).suspects(listing(there...), all, idsOf(all))), 40, at)
	}
	a, b, again := token(few, noon), token(more, noon), token(few, noon.Add(time.Hour))
	if a == "" || a == b {
		t.Errorf("tokens %q and %q", a, b)
	}
	if again == a {
		t.Errorf("the same vanish once more an hour later, and the word of before, %q, confirms that too", a)
	}
	for _, r := range all {
		r.Observed.WithheldSince = new(metav1.NewTime(noon))
	}
	if still := token(few, noon.Add(time.Hour)); still != a {
		t.Errorf("what has been waiting for an hour has the token %q, want %q as before", still, a)
	}
}

func TestSuspectsLeaveOutWhatWasSeenSinceTheListingBegan(t *testing.T) {
	all := held(3)
	for _, r := range all {
		switch r.Spec.ID {
		case "2": // created while the pages were read
			r.Observed.ObservedAt = metav1.NewMicroTime(noon.Add(time.Second))
		case "3": // written before the clock was set back
			r.Observed.ObservedAt = metav1.NewMicroTime(noon.Add(time.Hour))
		}
	}
	var got []string
	for _, s := range store("own", noon.Add(time.Minute)).suspects(listing(), all, map[string]string{"declared": "9"}) {
		got = append(got, s.id)
	}
	for _, s := range store("own", noon).onlyDeclared(listing(), all, map[string]string{"declared": "9"}) {
		got = append(got, s.id)
	}
	slices.Sort(got)
	if want := []string{"1", "3", "9"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAnotherAccountsInventoryDidNotVanish(t *testing.T) {
	all := held(40)
	later := store("another", noon)
	missing := later.suspects(listing(1, 2, 3), all, idsOf(all))
	present := later.presentDeclared(all, idsOf(all))
	if token := massDisappearance("Droplet", vanished(missing), present, noon); token != "" || present != 0 {
		t.Errorf("%d of %d have to be confirmed: %s", len(vanished(missing)), present, token)
	}
}

func TestRetryTime(t *testing.T) {
	for name, c := range map[string]struct {
		problem problem
		since   time.Duration
		want    time.Duration
	}{
		"first failure":                     {problem{reason: driftv1alpha1.ReasonUnreachable}, 0, 30 * time.Second},
		"as long as it has lasted":          {problem{reason: driftv1alpha1.ReasonServerError}, 2 * time.Minute, 2 * time.Minute},
		"ten minutes at most":               {problem{reason: driftv1alpha1.ReasonIncomplete}, time.Hour, 10 * time.Minute},
		"when DigitalOcean says so":         {problem{reason: driftv1alpha1.ReasonThrottled, retryAt: noon.Add(time.Hour)}, 0, time.Hour},
		"not at once, whatever it says":     {problem{reason: driftv1alpha1.ReasonThrottled, retryAt: noon.Add(time.Second)}, 0, 30 * time.Second},
		"nor where it goes on saying so":    {problem{reason: driftv1alpha1.ReasonThrottled, retryAt: noon.Add(time.Second)}, 5 * time.Minute, 5 * time.Minute},
		"with a Retry-After of 0":           {problem{reason: driftv1alpha1.ReasonThrottled, retryAt: noon}, time.Hour, 10 * time.Minute},
		"a scope may be given at any time":  {problem{reason: driftv1alpha1.ReasonFixScopes}, 0, 10 * time.Minute},
		"another token is noticed at once":  {problem{reason: driftv1alpha1.ReasonFixCredentials}, 0, -1},
		"a confirmation is noticed at once": {problem{reason: driftv1alpha1.ReasonFixMassDisappearance}, 0, -1},
		"a quota may be raised at any time": {problem{reason: driftv1alpha1.ReasonFixRefusedWrite}, 0, 10 * time.Minute},
		"a write that failed, at first":     {problem{reason: driftv1alpha1.ReasonWriteFailed}, 0, 30 * time.Second},
		"a write that goes on failing":      {problem{reason: driftv1alpha1.ReasonWriteFailed}, 2 * time.Minute, 2 * time.Minute},
	} {
		var since time.Time
		if c.since > 0 {
			since = noon.Add(-c.since)
		}
		got := retryTime(c.problem, since, noon)
		if c.want < 0 && !got.IsZero() || c.want >= 0 && !got.Equal(noon.Add(c.want)) {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestSameEndpoint(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"https://api.digitalocean.com", "https://api.digitalocean.com/", true},
		{"https://API.digitalocean.com", "https://api.digitalocean.com", true},
		{"http://api.digitalocean.com", "https://api.digitalocean.com", false},
		{"https://api.digitalocean.com.example.com", "https://api.digitalocean.com", false},
		{"https://api.digitalocean.com:444", "https://api.digitalocean.com", false},
		{"https://api.digitalocean.com/v3", "https://api.digitalocean.com", false},
	} {
		if got := sameEndpoint(c.a, c.b); got != c.same {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

// No minute has more new drifts than the limit, whichever minute one looks at.
func TestBudget(t *testing.T) {
	clock := testingclock.NewFakePassiveClock(noon)
	b := newBudgets(clock)
	account := &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{UID: types.UID("a")}}
	account.Spec.MaxNewDriftsPerMinute = new(int32(60))
	for _, c := range []struct {
		why     string
		at      time.Duration
		granted int
		short   bool
	}{
		{"it is whole", 0, 50, false},
		{"what is left", 0, 10, true},
		{"nothing is left, and that was said", 0, 0, false},
		{"the same minute", 59 * time.Second, 0, false},
		{"the next one", time.Minute, 50, false},
	} {
		clock.SetTime(noon.Add(c.at))
		if granted, short := b.take(account, 50); granted != c.granted || short != c.short {
			t.Errorf("%s: granted %d, short %t, want %d, %t", c.why, granted, short, c.granted, c.short)
		}
	}
	b.giveBack(account.UID, 50)
	if granted, _ := b.take(account, 60); granted != 60 {
		t.Errorf("%d of 60 after nothing came of what was granted", granted)
	}
	if !b.wasShort(account.UID) || b.wasShort(account.UID) {
		t.Error("what was held back is counted once")
	}
}

func TestRememberForgetsOnlyWhatNothingIsLeftOf(t *testing.T) {
	var memory []drift.Memory
	for i := range mostRemembered + 88 {
		memory = append(memory, drift.Memory{Path: fmt.Sprint(i), Episode: 3})
	}
	memory[0].OpenDrift = "open"
	history := []driftv1alpha1.CloudDrift{{Spec: driftv1alpha1.CloudDriftSpec{Field: "1"}}}
	got := remember(nil, memory, history)
	if len(got) != 2 || got[0].Path != "0" || got[1].Path != "1" {
		t.Errorf("%d are left", len(got))
	}
	if got := remember(nil, memory[:mostRemembered], nil); len(got) != mostRemembered {
		t.Errorf("below the limit %d are left", len(got))
	}
}

// More fields than the status holds must not keep the rest of it from being written.
func TestNoMoreFieldsAreRememberedThanTheStatusHolds(t *testing.T) {
	var memory []drift.Memory
	var history []driftv1alpha1.CloudDrift
	for i := range 2 * drift.MostFields {
		memory = append(memory, drift.Memory{Path: fmt.Sprint(i), Episode: 1})
		history = append(history, driftv1alpha1.CloudDrift{Spec: driftv1alpha1.CloudDriftSpec{Field: fmt.Sprint(i)}})
	}
	memory[2*drift.MostFields-1].OpenDrift = "open"
	got := remember(nil, memory, history)
	if len(got) != drift.MostFields || got[drift.MostFields-1].OpenDrift != "open" {
		t.Errorf("%d are left, the last is %+v", len(got), got[len(got)-1])
	}
}

func TestCloudResourceNames(t *testing.T) {
	name := cloudResourceName("production", resource.Ref{Kind: "DomainRecord", ID: "example.com/3352896"})
	if !strings.HasPrefix(name, "production-domainrecord-example-com-3352896-") {
		t.Errorf("got %s", name)
	}
	if cloudResourceName("p", resource.Ref{Kind: "Tag", ID: "Web"}) != cloudResourceName("p", resource.Ref{Kind: "Tag", ID: "web"}) {
		t.Error("a tag has two names")
	}
	if cloudResourceName("p", resource.Ref{Kind: "Tag", ID: "a:b"}) == cloudResourceName("p", resource.Ref{Kind: "Tag", ID: "a-b"}) {
		t.Error("two tags have one name")
	}
	if long := cloudResourceName(strings.Repeat("a", 63), resource.Ref{Kind: "Tag", ID: strings.Repeat("ä", 255)}); len(long) > 253 {
		t.Errorf("%d characters", len(long))
	}
}

func TestCostlyIsWhatRestsOnACallOfItsOwn(t *testing.T) {
	droplet, _ := kinds.Lookup("Droplet")
	volume, _ := kinds.Lookup("Volume")
	for path, want := range map[string]bool{"backups": true, "backup_policy.plan": true, "features": true, "image": false} {
		at, err := resource.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := costly(droplet, []resource.Path{{"tags"}, at}); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
		if costly(volume, []resource.Path{at}) {
			t.Errorf("a volume's %s costs nothing", path)
		}
	}
}

// Where only acceptances are left, they too make room for what the status takes.
func TestAcceptancesMakeRoom(t *testing.T) {
	var fields []driftv1alpha1.FieldStatus
	var memory []drift.Memory
	for i := range drift.MostFields + 76 {
		since := metav1.NewTime(noon.Add(time.Duration(i) * time.Second))
		fields = append(fields, driftv1alpha1.FieldStatus{Path: fmt.Sprint(i), Episode: 1, Acceptance: &driftv1alpha1.Acceptance{Drift: "d", Since: since}})
		memory = append(memory, drift.Memory{Path: fmt.Sprint(i), Episode: 1})
	}
	memory[0].OpenDrift = "open"
	got := remember(fields, memory, nil)
	if len(got) != drift.MostFields || got[0].OpenDrift != "open" || got[1].Path != "77" {
		t.Errorf("%d rows, the first with %q; the API server takes %d", len(got), got[0].OpenDrift, drift.MostFields)
	}
}

func TestHistoryHasAnEnd(t *testing.T) {
	var drifts []driftv1alpha1.CloudDrift
	for i := range mostResolved + 40 {
		at := metav1.NewTime(noon.Add(time.Duration(i-1000) * time.Second))
		d := driftv1alpha1.CloudDrift{Spec: driftv1alpha1.CloudDriftSpec{Field: fmt.Sprint(i), Episode: 1},
			Status: driftv1alpha1.CloudDriftStatus{State: driftv1alpha1.DriftStale, ResolvedAt: &at}}
		d.Name = fmt.Sprintf("d-%04d", i)
		d.OwnerReferences = []metav1.OwnerReference{{UID: "p", Controller: new(true)}}
		drifts = append(drifts, d)
	}
	going := expired(drifts, driftv1alpha1.HistoryPolicy{}, noon)
	if len(going) != 40 || going[0].Name != "d-0000" || going[39].Name != "d-0039" {
		t.Errorf("%d of %d go", len(going), len(drifts))
	}
}
