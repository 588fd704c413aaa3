package inventory

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func TestConfirmationsCoverWhatIsLeft(t *testing.T) {
	account := &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{UID: "own", Annotations: map[string]string{}}}
	say := func(token string) { account.Annotations[driftv1alpha1.ConfirmDisappearanceAnnotation] = token }
	gone := func(ids ...string) (out []missingResource) {
		for _, id := range ids {
			out = append(out, missingResource{id: id})
		}
		return out
	}
	c := newConfirmations()
	check := func(why string, want bool, kind, token string, missing []missingResource) {
		t.Helper()
		if got := c.confirmIfCovered(account, kind, token, missing); got != want {
			t.Errorf("covered %v: %s", got, why)
		}
	}
	check("nobody said anything", false, "Droplet", "three", gone("1", "2", "3"))
	say("three")
	check("two of three were never asked about", false, "Droplet", "two", gone("2", "3"))
	check("it was said", true, "Droplet", "three", gone("1", "2", "3"))
	check("two of the three are left", true, "Droplet", "two", gone("2", "3"))
	check("a fourth vanished meanwhile", false, "Droplet", "other", gone("2", "3", "4"))
	check("it was said of droplets", false, "Volume", "two", gone("2", "3"))
	say("another")
	check("the word was taken back", false, "Droplet", "two", gone("2", "3"))
	say("three")
	c.settled(account, "Droplet")
	check("all of it is settled: these vanished anew", false, "Droplet", "two", gone("2", "3"))
	check("it was said", true, "Droplet", "three", gone("1", "2", "3"))
	c.forget(account.UID)
	check("the account is another one", false, "Droplet", "two", gone("2", "3"))
}
