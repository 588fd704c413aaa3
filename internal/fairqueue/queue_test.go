package fairqueue_test

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/arcadiacloud/clouddrift/internal/fairqueue"
)

func request(namespace, name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
}

func TestNamespacesTakeTurns(t *testing.T) {
	q := fairqueue.New("", fairqueue.RateLimiter())
	defer q.ShutDown()
	for i := range 3000 {
		q.Add(request("loud", fmt.Sprint(i)))
	}
	q.Add(request("quiet", "a"))
	q.Add(request("quiet", "b"))
	q.Add(request("loud", "0")) // waits already
	q.Add(request("other", "a"))

	var got []string
	for range 7 {
		r, _ := q.Get()
		got = append(got, r.String())
		q.Done(r)
	}
	want := "[loud/0 quiet/a other/a loud/1 quiet/b loud/2 loud/3]"
	if fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if q.Len() != 2996 {
		t.Errorf("%d are left, want 2996", q.Len())
	}
	for q.Len() > 0 {
		r, _ := q.Get()
		q.Done(r)
	}
	q.Add(request("quiet", "c")) // a line that was empty
	if r, _ := q.Get(); r.Name != "c" {
		t.Errorf("got %s, want quiet/c", r)
	}
}

func TestOnesRetriesAreNotAnothersWait(t *testing.T) {
	limiter := fairqueue.RateLimiter()
	for i := range 3000 {
		limiter.When(request("loud", fmt.Sprint(i)))
	}
	if wait := limiter.When(request("quiet", "a")); wait > 10*time.Millisecond {
		t.Errorf("the first retry waits for %s", wait)
	}
	longest := time.Duration(0)
	for range 100 {
		longest = limiter.When(request("loud", "0"))
	}
	if longest != 5*time.Minute {
		t.Errorf("what goes on failing is tried each %s", longest)
	}
}
