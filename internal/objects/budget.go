package objects

import (
	"fmt"
	"runtime"
	"sync"

	"k8s.io/apimachinery/pkg/types"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// What the desired states of declarations may hold together in the cache, of one namespace
// and of all. Those up to smallDesired, as a person's nearly always are, count for nothing
// and are always kept.
const (
	smallDesired     = 8 << 10
	mostOfNamespace  = 16 << 20
	mostOfNamespaces = 64 << 20
)

// budget counts the large desired states that the cache holds. One that is replaced counts no
// more; one that is deleted, once its memory is given back.
type budget struct {
	mu          sync.Mutex
	held        map[types.UID]share
	byNamespace map[string]int
	all         int
	serial      uint64
}

// share is what one declaration counts for. Of two shares of one declaration, the one with
// the higher serial is in force.
type share struct {
	uid       types.UID
	namespace string
	bytes     int
	serial    uint64
}

// take has a declaration count for as much as its desired state has bytes, in the place of
// what it counted for before, or says why there is no room for it.
func (b *budget) take(o *driftv1alpha1.CloudProvisioned, bytes int) (why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if before, known := b.held[o.UID]; known {
		b.drop(before)
	}
	switch {
	case bytes <= smallDesired:
		return ""
	case b.byNamespace[o.Namespace]+bytes > mostOfNamespace:
		return b.full("this namespace", mostOfNamespace)
	case b.all+bytes > mostOfNamespaces:
		return b.full("all namespaces", mostOfNamespaces)
	}
	b.serial++
	s := share{o.UID, o.Namespace, bytes, b.serial}
	if b.held == nil {
		b.held, b.byNamespace = map[types.UID]share{}, map[string]int{}
	}
	b.held[s.uid] = s
	b.byNamespace[s.namespace] += bytes
	b.all += bytes
	runtime.AddCleanup(o, b.giveBack, s)
	return ""
}

func (b *budget) full(of string, most int) string {
	return fmt.Sprintf("the declarations of %s with more than %d KiB hold as much together as they may, %d MiB; make this one smaller, "+
		"or others smaller or fewer, and annotate this one some minutes later", of, smallDesired>>10, most>>20)
}

// giveBack ends a share, unless another one has taken its place.
func (b *budget) giveBack(s share) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now, known := b.held[s.uid]; known && now.serial == s.serial {
		b.drop(now)
	}
}

func (b *budget) drop(s share) {
	delete(b.held, s.uid)
	b.all -= s.bytes
	if b.byNamespace[s.namespace] -= s.bytes; b.byNamespace[s.namespace] == 0 {
		delete(b.byNamespace, s.namespace)
	}
}
