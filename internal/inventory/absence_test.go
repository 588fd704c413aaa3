package inventory

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	testingclock "k8s.io/utils/clock/testing"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// storeOf is an account's inventory of droplets at a time; a deleted account of the
// same name has other.
func storeOf(uid types.UID, now time.Time) store {
	account := &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{Name: "a", UID: uid}}
	return store{Access: objects.Access{Clock: testingclock.NewFakePassiveClock(now)}, account: account, kind: "Droplet"}
}

func held(n int) map[string]*driftv1alpha1.CloudResource {
	out := map[string]*driftv1alpha1.CloudResource{}
	for i := range n {
		r := &driftv1alpha1.CloudResource{
			Spec:     driftv1alpha1.CloudResourceSpec{Kind: "Droplet", ID: fmt.Sprint(i + 1)},
			Observed: driftv1alpha1.Observation{ObservedAt: metav1.NewMicroTime(objectstest.Noon.Add(-time.Hour))},
		}
		r.OwnerReferences = []metav1.OwnerReference{{UID: "own", Controller: new(true)}}
		r.Name = objects.CloudResourceName("a", resource.Ref{Kind: "Droplet", ID: r.Spec.ID})
		out[r.Name] = r
	}
	return out
}

func listing(ids ...int) resource.Listing {
	out := resource.Listing{Kind: "Droplet", StartedAt: objectstest.Noon, Complete: true}
	for _, id := range ids {
		out.Resources = append(out.Resources, resource.Resource{Ref: resource.Ref{Kind: "Droplet", ID: fmt.Sprint(id)}})
	}
	return out
}

// What a listing found unchanged, and somebody else wrote meanwhile, is asked for
// again; it is not missing.
func TestOvertaken(t *testing.T) {
	v := storeOf("own", objectstest.Noon)
	before, now := held(5), held(5)
	for _, r := range now {
		switch r.Spec.ID {
		case "2":
			r.Observed.Digest = "another"
		case "3":
			r.Observed.AbsentSince = new(metav1.NewTime(objectstest.Noon))
		case "4":
			delete(now, r.Name)
		}
	}
	seen := resource.Listing{Kind: "Droplet", StartedAt: objectstest.Noon, Complete: true, Unchanged: []string{"1", "2", "3", "4", "5"}}
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
	if missing := missingFrom(v, seen, before, nil); len(missing) != 0 {
		t.Errorf("%d of what was seen unchanged are missing", len(missing))
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
	v := storeOf("own", objectstest.Noon)
	for name, c := range map[string]struct {
		missing          missingResource
		owed, unanswered bool
	}{
		"it was only declared":         {missingResource{id: "1", declared: true}, false, false},
		"the listing held it":          {missingResource{id: "1", listed: true}, true, false},
		"it is declared and was there": {missingResource{id: "1", declared: true, current: &driftv1alpha1.CloudResource{}}, false, true},
		"nobody declared it":           {missingResource{id: "1", current: &driftv1alpha1.CloudResource{}}, false, false},
	} {
		got := v.ask(t.Context(), failing{}, []missingResource{c.missing})
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
		missing := missingFrom(storeOf("own", objectstest.Noon), listing(there...), all, idsOf(all))
		if len(missing) != c.gone {
			t.Errorf("%s: %d are missing", name, len(missing))
		}
		if token := massDisappearance("Droplet", vanished(missing), c.held, objectstest.Noon); (token != "") != c.mass {
			t.Errorf("%s: token %q", name, token)
		}
	}
}

// What nobody declared harms nobody by vanishing.
func TestUndeclaredResourcesVanishWithoutAWord(t *testing.T) {
	all := held(40)
	missing := missingFrom(storeOf("own", objectstest.Noon), listing(1), all, nil)
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
		return massDisappearance("Droplet", vanished(missingFrom(storeOf("own", at), listing(there...), all, idsOf(all))), 40, at)
	}
	a, b, again := token(few, objectstest.Noon), token(more, objectstest.Noon), token(few, objectstest.Noon.Add(time.Hour))
	if a == "" || a == b {
		t.Errorf("tokens %q and %q", a, b)
	}
	if again == a {
		t.Errorf("the same vanish once more an hour later, and the word of before, %q, confirms that too", a)
	}
	for _, r := range all {
		r.Observed.WithheldSince = new(metav1.NewTime(objectstest.Noon))
	}
	if still := token(few, objectstest.Noon.Add(time.Hour)); still != a {
		t.Errorf("what has been waiting for an hour has the token %q, want %q as before", still, a)
	}
}

func TestMissingResourcesLeaveOutWhatWasSeenSinceTheListingBegan(t *testing.T) {
	all := held(3)
	for _, r := range all {
		switch r.Spec.ID {
		case "2": // created while the pages were read
			r.Observed.ObservedAt = metav1.NewMicroTime(objectstest.Noon.Add(time.Second))
		case "3": // written before the clock was set back
			r.Observed.ObservedAt = metav1.NewMicroTime(objectstest.Noon.Add(time.Hour))
		}
	}
	var got []string
	for _, s := range missingFrom(storeOf("own", objectstest.Noon.Add(time.Minute)), listing(), all, map[string]string{"declared": "9"}) {
		got = append(got, s.id)
	}
	for _, s := range storeOf("own", objectstest.Noon).onlyDeclared(passOf(listing(), map[string]string{"declared": "9"}), all) {
		got = append(got, s.id)
	}
	slices.Sort(got)
	if want := []string{"1", "3", "9"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAnotherAccountsInventoryDidNotVanish(t *testing.T) {
	all := held(40)
	later := storeOf("another", objectstest.Noon)
	missing := missingFrom(later, listing(1, 2, 3), all, idsOf(all))
	present := later.presentDeclared(all, idsOf(all))
	if token := massDisappearance("Droplet", vanished(missing), present, objectstest.Noon); token != "" || present != 0 {
		t.Errorf("%d of %d have to be confirmed: %s", len(vanished(missing)), present, token)
	}
}

// passOf is what a sync found of the kind Droplet.
func passOf(listing resource.Listing, declared map[string]string) *kindPass {
	kind, _ := kinds.Lookup("Droplet")
	return &kindPass{kind: kind, listing: listing, declared: declarations{ids: declared}}
}

func missingFrom(v store, listing resource.Listing, held map[string]*driftv1alpha1.CloudResource, declared map[string]string) []missingResource {
	return v.missing(passOf(listing, declared), held)
}
