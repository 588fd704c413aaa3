package inventory

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// zones is an account whose domains are asked for their records.
type zones struct {
	t       *testing.T
	c       client.WithWatch
	s       *Syncer
	account *driftv1alpha1.CloudAccount
	cloud   *fakeCloud
	asked   []string
}

// newZones has domains with a record each; answer says what comes of asking one.
func newZones(t *testing.T, names []string, answer func(domain string) error) *zones {
	t.Helper()
	z := &zones{t: t, account: objectstest.Account()}
	z.c = objectstest.Stored(t, interceptor.Funcs{}, z.account)
	z.s = syncerOf(z.c)
	z.cloud = &fakeCloud{list: func(context.Context, string) error { return nil }, has: map[string][]string{"Domain": names}}
	for _, name := range names {
		z.cloud.has["DomainRecord/"+name] = []string{name + "/1"}
	}
	z.cloud.of = func(_, domain string) error {
		z.asked = append(z.asked, domain)
		return answer(domain)
	}
	return z
}

// sync makes one at a time after noon, puts what it found into the status, and returns what
// that says of the records.
func (z *zones) sync(after time.Duration) driftv1alpha1.KindStatus {
	z.t.Helper()
	z.asked, z.cloud.now = nil, objectstest.Noon.Add(after)
	z.s.Clock = testingclock.NewFakePassiveClock(z.cloud.now)
	report, err := z.s.sync(z.t.Context(), z.account, z.cloud, ignored)
	if err != nil {
		z.t.Fatal(err)
	}
	if err := z.c.Get(z.t.Context(), client.ObjectKeyFromObject(z.account), z.account); err != nil {
		z.t.Fatal(err)
	}
	report.StartedAt, report.Counts = z.cloud.now, true
	report.Into(&z.account.Status)
	report.Counts = false
	report.Into(&z.account.Status) // a status is written twice
	if err := z.c.Status().Update(z.t.Context(), z.account); err != nil {
		z.t.Fatal(err)
	}
	if err := z.c.Get(z.t.Context(), client.ObjectKeyFromObject(z.account), z.account); err != nil {
		z.t.Fatal(err)
	}
	return objects.KindStatus(z.account, "DomainRecord")
}

// freshness is that of a domain's record.
func (z *zones) freshness(domain string) objects.Freshness {
	kind, _ := kinds.Lookup("DomainRecord")
	return objects.FreshnessOf(z.account, kind, domain+"/1")
}

func TestAParentThatFailsSpoilsNoOthersChildren(t *testing.T) {
	fails := ""
	z := newZones(t, []string{"a.example", "b.example", "c.example"}, func(domain string) error {
		if domain == fails {
			return &digitalocean.Error{Class: digitalocean.ServerError, Doing: "listing the records of " + domain, Message: "503"}
		}
		return nil
	})
	if k := z.sync(0); k.Reason != "" || k.ObservedAt == nil || *k.Resources != 3 {
		t.Fatalf("%+v", k)
	}
	fails = "b.example"
	z.sync(time.Hour)
	k := z.sync(2 * time.Hour)
	if k.Reason != driftv1alpha1.ReasonServerError || k.BehindSince == nil || len(k.BehindParents) != 1 || k.MissedSyncs != 2 {
		t.Fatalf("%+v", k)
	}
	for domain, want := range map[string]struct {
		observed time.Duration
		missed   int32
	}{"a.example": {2 * time.Hour, 0}, "b.example": {0, 2}, "c.example": {2 * time.Hour, 0}} {
		f := z.freshness(domain)
		if !f.ObservedAt.Time.Equal(objectstest.Noon.Add(want.observed)) || f.MissedSyncs != want.missed || (f.BehindSince != nil) != (domain == fails) {
			t.Errorf("%s: %+v", domain, f)
		}
	}
	kind, _ := kinds.Lookup("DomainRecord")
	for name, recorded := range map[string]bool{"www.a.example": true, "b.example": false, "www.b.example": false, "bb.example": true} {
		if at := objects.RecordedAt(z.account, kind, name); (at != nil) != recorded {
			t.Errorf("the name %s is recorded at %v", name, at)
		}
	}
	fails = ""
	if k := z.sync(3 * time.Hour); k.Reason != "" || len(k.BehindParents) != 0 || k.OthersObservedAt != nil || k.MissedSyncs != 0 || k.RecordedAt == nil {
		t.Errorf("%+v", k)
	}
}

// A budget for twenty of sixty domains reaches each of them in three syncs, and
// what is known of the kind is as old as the oldest listing.
func TestParentsAreAskedInTurn(t *testing.T) { synctest.Test(t, testParentsAreAskedInTurn) }

func testParentsAreAskedInTurn(t *testing.T) {
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("%d.example", i))
	}
	var z *zones
	z = newZones(t, names, func(string) error {
		if len(z.asked) > 20 {
			return &digitalocean.Error{Class: digitalocean.Throttled, Message: "the hour is spent"}
		}
		return nil
	})
	z.cloud.takes = func(string) time.Duration { return time.Second }
	for n := range 6 {
		k := z.sync(time.Duration(n) * time.Hour)
		if k.Reason != driftv1alpha1.ReasonThrottled || len(k.BehindParents) != 0 {
			t.Fatalf("sync %d: %+v", n, k)
		}
		// What is asked in three syncs is known as of the first of them.
		if isKnown := k.ObservedAt != nil; isKnown != (n >= 2) || isKnown && k.MissedSyncs != 1 {
			t.Errorf("sync %d: observed at %v, %d missed", n, k.ObservedAt, k.MissedSyncs)
		} else if want := objectstest.Noon.Add(time.Duration(n-2) * time.Hour); isKnown && !k.ObservedAt.Time.Equal(want) {
			t.Errorf("sync %d: observed at %s, want %s", n, k.ObservedAt, want)
		}
	}
}

// An endpoint that fails for all is not asked a thousand times, and those that fail first keep
// no other from its turn.
func TestParentsThatFailTakeTurnsToo(t *testing.T) {
	var names []string
	for i := range 40 {
		names = append(names, fmt.Sprintf("%02d.example", i))
	}
	z := newZones(t, names, func(string) error { return &digitalocean.Error{Class: digitalocean.ServerError} })
	asked := map[string]bool{}
	for n := range 5 {
		z.sync(time.Duration(n) * time.Hour)
		if len(z.asked) < mostFailedParents || len(z.asked) > mostFailedParents+parentsAtOnce {
			t.Errorf("%d were asked", len(z.asked))
		}
		for _, domain := range z.asked {
			asked[domain] = true
		}
	}
	if len(asked) != len(names) {
		t.Errorf("%d of %d got their turn", len(asked), len(names))
	}
}

// What one parent did not show is missing; what a parent that failed would have shown is not.
func TestOnlyWhatWasAskedForIsMissing(t *testing.T) {
	fails := false
	z := newZones(t, []string{"a.example", "b.example", "gone.example"}, func(domain string) error {
		switch {
		case fails && domain == "b.example":
			return &digitalocean.Error{Class: digitalocean.Unreachable}
		case fails && domain == "gone.example":
			return &digitalocean.Error{Class: digitalocean.NotFound}
		}
		return nil
	})
	var got []string
	z.cloud.get = func(_, id string) error {
		got = append(got, id)
		return &digitalocean.Error{Class: digitalocean.NotFound}
	}
	z.sync(0)
	fails, z.cloud.has["DomainRecord/a.example"] = true, nil
	k := z.sync(time.Hour)
	if len(k.BehindParents) != 1 || k.BehindParents[0].ID != "b.example" {
		t.Errorf("%+v", k)
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"a.example/1", "gone.example"}) {
		t.Errorf("%v were asked for", got)
	}
	var held driftv1alpha1.CloudResourceList
	if err := z.c.List(t.Context(), &held, client.MatchingFields{objects.ByAccountKind: objects.IndexKey("a", "DomainRecord")}); err != nil {
		t.Fatal(err)
	}
	if len(held.Items) != 1 || held.Items[0].Spec.ID != "b.example/1" {
		t.Errorf("%d are left: %v", len(held.Items), held.Items)
	}
}
