package objects

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// declaring makes a declaration with a desired state of some KiB.
func declaring(namespace, name string, kib int) *driftv1alpha1.CloudProvisioned {
	p := &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(namespace + "/" + name)}}
	p.Spec.Desired = map[string]apiextensionsv1.JSON{"user_data": {Raw: []byte(`"` + strings.Repeat("x", kib<<10-len(`"user_data"`)) + `"`)}}
	return p
}

// filled is a transform that holds n declarations of a namespace, of 127 KiB each, and what it
// holds of them.
func filled(t *testing.T, transform func(any) (any, error), namespace string, n int) (kept []*driftv1alpha1.CloudProvisioned) {
	t.Helper()
	for i := range n {
		p := declaring(namespace, fmt.Sprint("p", i), 127)
		if _, err := transform(p); err != nil {
			t.Fatal(err)
		}
		if p.Spec.Desired != nil {
			kept = append(kept, p)
		}
	}
	return kept
}

// Thousands of declarations just below what one may hold take no more memory than a namespace
// may, those of several no more than all may, and small ones of others are looked at as ever.
func TestManyLargeDeclarationsAreBounded(t *testing.T) {
	transform := CacheTransform()
	held := 0
	var all [][]*driftv1alpha1.CloudProvisioned
	for n := range 6 {
		kept := filled(t, transform, fmt.Sprint("hostile-", n), 300)
		if bytes := len(kept) * 127 << 10; bytes > mostOfNamespace || n == 0 && bytes < mostOfNamespace-127<<10 {
			t.Errorf("%d KiB are kept of a namespace", bytes>>10)
		}
		held += len(kept) * 127 << 10
		all = append(all, kept)
	}
	if held > mostOfNamespaces || held < mostOfNamespaces-127<<10 {
		t.Errorf("%d MiB are kept of all namespaces", held>>20)
	}
	for kib, kept := range map[int]bool{1: true, 8: true, 9: false} {
		p := declaring("other", "p", kib)
		if _, err := transform(p); err != nil || (p.Spec.Desired != nil) != kept || (TooLarge(p) == "") != kept {
			t.Errorf("%d KiB of another namespace: kept %v, %q, %v", kib, p.Spec.Desired != nil, TooLarge(p), err)
		}
	}
	runtime.KeepAlive(all)
}

// A declaration that is written again counts once; one that is made smaller leaves room.
func TestADeclarationCountsOnce(t *testing.T) {
	transform := CacheTransform()
	kept := filled(t, transform, "n", 100)
	for range 10 {
		// The cache holds the latest of each, and what it lets go of counts no more.
		if kept = filled(t, transform, "n", 100); len(kept) != 100 {
			t.Fatalf("%d of 100 are kept when they are written again", len(kept))
		}
	}
	last := declaring("n", "last", 127)
	for fits := len(kept); fits < mostOfNamespace/(127<<10); fits++ {
		kept = append(kept, declaring("n", fmt.Sprint("more", fits), 127))
		if _, _ = transform(kept[fits]); TooLarge(kept[fits]) != "" {
			t.Fatal("the namespace is not full yet")
		}
	}
	if _, _ = transform(last); !strings.Contains(TooLarge(last), "this namespace") {
		t.Fatalf("it is kept: %q", TooLarge(last))
	}
	for name, kib := range map[string]int{"p0": 1, "p1": 200} { // a small one, and one that is not kept
		if _, err := transform(declaring("n", name, kib)); err != nil {
			t.Fatal(err)
		}
		if last = declaring("n", "last-"+name, 127); TooLarge(last) != "" {
			t.Fatal(name)
		}
		if _, _ = transform(last); TooLarge(last) != "" {
			t.Errorf("%s leaves no room: %s", name, TooLarge(last))
		}
		kept = append(kept, last)
	}
	runtime.KeepAlive(kept)
}

// One that is deleted counts until its memory is given back.
func TestADeletedDeclarationLeavesRoom(t *testing.T) {
	transform := CacheTransform()
	if kept := filled(t, transform, "n", 200); len(kept) == 200 {
		t.Fatal("the namespace is not full")
	}
	for ended := time.Now().Add(10 * time.Second); ; { // nothing holds them any more
		runtime.GC()
		p := declaring("n", "next", 127)
		if _, err := transform(p); err != nil {
			t.Fatal(err)
		}
		if TooLarge(p) == "" {
			return
		}
		if time.Now().After(ended) {
			t.Fatal("what is gone counts for ever")
		}
	}
}
