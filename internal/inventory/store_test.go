package inventory

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

func TestTheOrderOfAListIsNoChange(t *testing.T) {
	was := objectstest.Observation(t, objectstest.Droplet([]any{"web", "prod"}, []any{"ipv6", "backups"}))
	is := objectstest.Observation(t, objectstest.Droplet([]any{"prod", "web"}, []any{"backups", "ipv6"}))
	if was.Digest != is.Digest {
		t.Error("the digests differ: each sync would write the resource")
	}
	if changed := changedFields("Droplet", was, is); changed != "" {
		t.Errorf("changed: %s", changed)
	}
	if is = objectstest.Observation(t, objectstest.Droplet([]any{"prod", "db"}, []any{"backups"})); is.Digest == was.Digest || changedFields("Droplet", was, is) != "features, tags" {
		t.Errorf("changed: %s", changedFields("Droplet", was, is))
	}
}

func TestWhatCannotBeSeenDidNotChange(t *testing.T) {
	seen := objectstest.Droplet([]any{"web"}, []any{"ipv6"})
	unseen := objectstest.Droplet(nil, nil, "tags", "features")
	unseen.Values["size_slug"] = "s-2vcpu-2gb"
	delete(unseen.Values, "tags")
	delete(unseen.Values, "features")
	was, is := objectstest.Observation(t, seen), objectstest.Observation(t, unseen)
	if was.Digest == is.Digest {
		t.Error("nobody would know that the fields can't be seen any more")
	}
	for _, pair := range [][2]driftv1alpha1.Observation{{was, is}, {is, was}} {
		if changed := changedFields("Droplet", pair[0], pair[1]); changed != "size_slug" {
			t.Errorf("changed: %s", changed)
		}
	}
}

// What was read with another table is written anew, although it shows the same.
func TestAnotherTableIsAnotherObservation(t *testing.T) {
	v := storeOf("own", objectstest.Noon)
	seen := objectstest.Droplet([]any{"web"}, nil)
	current := &driftv1alpha1.CloudResource{Observed: objectstest.Observation(t, seen)}
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
