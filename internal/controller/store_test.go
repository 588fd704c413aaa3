package controller

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func TestTheOrderOfAListIsNoChange(t *testing.T) {
	was := observation(t, droplet(list("web", "prod"), list("ipv6", "backups")))
	is := observation(t, droplet(list("prod", "web"), list("backups", "ipv6")))
	if was.Digest != is.Digest {
		t.Error("the digests differ: each sync would write the resource")
	}
	if changed := changedFields(was, is); changed != "" {
		t.Errorf("changed: %s", changed)
	}
	if is = observation(t, droplet(list("prod", "db"), list("backups"))); is.Digest == was.Digest || changedFields(was, is) != "features, tags" {
		t.Errorf("changed: %s", changedFields(was, is))
	}
}

func TestWhatCannotBeSeenDidNotChange(t *testing.T) {
	seen := droplet(list("web"), list("ipv6"))
	unseen := droplet(nil, nil, "tags", "features")
	unseen.Fields = map[string]any{"name": "web-1", "region": "nyc3", "size_slug": "s-2vcpu-2gb", "status": "active"}
	delete(unseen.Attrs, "features")
	was, is := observation(t, seen), observation(t, unseen)
	if was.Digest == is.Digest {
		t.Error("nobody would know that the fields can't be seen any more")
	}
	for _, pair := range [][2]driftv1alpha1.Observation{{was, is}, {is, was}} {
		if changed := changedFields(pair[0], pair[1]); changed != "size_slug" {
			t.Errorf("changed: %s", changed)
		}
	}
}

// What was read with another table is written anew, although it shows the same.
func TestAnotherTableIsAnotherObservation(t *testing.T) {
	v := storeOf("own", noon)
	seen := droplet(list("web"), nil)
	current := &driftv1alpha1.CloudResource{Observed: observation(t, seen)}
	current.OwnerReferences = []metav1.OwnerReference{{UID: "own", Controller: new(true)}}
	if !v.shows(current, seen) {
		t.Fatal("each sync would write the resource")
	}
	for _, table := range []string{"", "an older one"} {
		current.Observed.FieldTable = table
		if v.shows(current, seen) {
			t.Errorf("table %q: nothing would ever be compared", table)
		}
	}
}
