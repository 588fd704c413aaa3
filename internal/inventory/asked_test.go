package inventory

import (
	"context"
	"fmt"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// A cluster that is replaced leaves thousands of droplets that nobody declared. Some are
// asked for in each sync, others in the next.
func TestWhatNobodyDeclaredIsAskedForInTurns(t *testing.T) {
	const gone = mostUndeclaredAsked + mostUndeclaredAsked/2
	account := objectstest.Account()
	stored := []client.Object{account}
	for _, r := range held(gone) {
		r.Namespace = account.Namespace
		r.Spec.AccountRef.Name = account.Name
		r.OwnerReferences[0].UID = account.UID
		stored = append(stored, r)
	}
	c := objectstest.Stored(t, interceptor.Funcs{}, stored...)
	asked := map[string]int{}
	cloud := &fakeCloud{list: func(context.Context, string) error { return nil }}
	cloud.get = func(kind, id string) error {
		asked[kind+id]++
		return &digitalocean.Error{Class: digitalocean.NotFound}
	}
	s := syncerOf(c)
	for n, want := range []int{mostUndeclaredAsked, gone, gone} {
		if _, err := s.sync(t.Context(), account, cloud, func(kindReport) {}); err != nil {
			t.Fatal(err)
		}
		if len(asked) != want {
			t.Errorf("after sync %d, %d were asked for; want %d", n+1, len(asked), want)
		}
	}
	for id, times := range asked {
		if times != 1 {
			t.Errorf("%s was asked for %d times", id, times)
		}
	}
}

// An id without the form of the kind's is never part of a path: the complete listing is all
// there is to go by, where nobody declared it.
func TestWhatCannotBeAskedForGoesOnTheListingsWord(t *testing.T) {
	for kind, ids := range map[string]map[string]bool{
		"Tag":          {"web": false, "..": true, ".": true, "": true},
		"Droplet":      {"3164444": false, "0": true, "-1": true, "3164444/../1": true},
		"DomainRecord": {"example.com/1": false, "example.com": true, "../1": true, "example.com/..": true},
		"NoSuchKind":   {"..": false},
	} {
		for id, want := range ids {
			if got := (store{kind: kind}).cannotBeAskedFor(id); got != want {
				t.Errorf("%s %q: %v, want %v", kind, id, got, want)
			}
		}
	}
	asked := 0
	cloud := &fakeCloud{get: func(string, string) error {
		asked++
		return &digitalocean.Error{Class: digitalocean.NotFound}
	}}
	v := storeOf("own", objectstest.Noon)
	v.kind = "Tag"
	seen := held(1)
	for _, r := range seen {
		got := v.ask(t.Context(), cloud, []missingResource{{id: "..", current: r}})
		if len(got.gone) != 1 || asked != 0 {
			t.Errorf("undeclared: %d gone, %d asked for", len(got.gone), asked)
		}
		if rest, undeclared := v.withoutUndeclared([]missingResource{{id: "..", current: r}, {id: "web", current: r}}); len(rest) != 1 || len(undeclared) != 1 {
			t.Errorf("%v are settled at once, %v asked for last", rest, undeclared)
		}
		v.ask(t.Context(), cloud, []missingResource{{id: "..", current: r, declared: true}})
		if asked != 1 {
			t.Error("a declared one goes without having been asked for")
		}
	}
	for _, kind := range kinds.All() {
		if (store{kind: kind.Name}).cannotBeAskedFor(fmt.Sprint(kind.ID.Example)) {
			t.Errorf("%s: its example %q can't be asked for", kind.Name, kind.ID.Example)
		}
	}
}
