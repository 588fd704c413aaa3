package drift

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// app has a list within a list's elements, of which a token may not see the values.
var app = Schema{Kind: "App", Fields: []Field{
	{Path: "spec.services", Key: elementKey, Elements: []Field{
		{Path: "id"}, {Path: "size", Compare: Number}, {Path: "sources.tags", Compare: SetFoldCase},
		{Path: "envs", Key: elementKey, Elements: []Field{{Path: "id"}, {Path: "scope"}, {Path: "value"}}},
	}},
}}

// apps makes the services of an app, each and each of their envs once.
func (g generator) apps() []any {
	pick := func(from ...any) any { return from[g.IntN(len(from))] }
	set := func(element map[string]any, name string, from ...any) {
		if value := pick(from...); value != "absent" {
			element[name] = value
		}
	}
	var services []any
	for _, id := range []string{"web", "db"} {
		if g.IntN(4) == 0 {
			continue
		}
		var envs []any
		for _, key := range []string{"K", "L"} {
			if g.IntN(3) > 0 {
				env := map[string]any{"id": key}
				set(env, "value", "a", "b", "", nil, "absent")
				set(env, "scope", "run", "build", "absent")
				envs = append(envs, env)
			}
		}
		service := map[string]any{"id": id}
		set(service, "envs", envs, envs, envs, nil, "absent")
		set(service, "size", "1", "2", "absent")
		services = append(services, service)
	}
	g.Shuffle(len(services), func(i, j int) { services[i], services[j] = services[j], services[i] })
	return services
}

// withoutValues is what a token sees that may not see the values.
func withoutValues(services []any) []any {
	var out []any
	for _, service := range services {
		service, _ := withValue(service, resource.Path{"seen"}, true).(map[string]any)
		delete(service, "seen")
		if envs, isList := service["envs"].([]any); isList {
			hidden := []any{}
			for _, env := range envs {
				env, _ := withValue(env, resource.Path{"value"}, nil).(map[string]any)
				delete(env, "value")
				hidden = append(hidden, env)
			}
			service["envs"] = hidden
		}
		out = append(out, service)
	}
	return out
}

// What is hidden in the elements of a list within a list's elements is unknown there and
// nowhere else: all the rest differs where it differs for who sees everything.
func TestHiddenWithinListsOfLists(t *testing.T) {
	g := newGenerator(11)
	isValue := func(text string) bool { return strings.HasSuffix(text, ".value") }
	different, unknown := 0, 0
	for range rounds {
		desired := map[string]any{"spec": map[string]any{"services": g.apps()}}
		live := g.apps()
		see := func(services []any, unseen ...string) resource.Resource {
			return resource.Resource{Values: map[string]any{"spec": map[string]any{"services": services}}, Unseen: unseen}
		}
		all := Differences(app, desired, see(live), nil)
		observed := see(withoutValues(live), "spec.services[*].envs[*].value")
		some := Differences(app, desired, observed, nil)

		want := slices.DeleteFunc(textsOf(all.Differences), isValue)
		if diff := cmp.Diff(want, textsOf(some.Differences), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("declared %s, live %s: -want +got:\n%s", resource.Canonical(desired), resource.Canonical(live), diff)
		}
		unseen := spelledAll(some.Unseen)
		for _, text := range textsOf(all.Differences) {
			if isValue(text) && !slices.Contains(unseen, text) {
				t.Fatalf("declared %s, live %s: %s is not unknown, only %v", resource.Canonical(desired), resource.Canonical(live), text, unseen)
			}
		}
		if i := slices.IndexFunc(unseen, func(text string) bool { return !isValue(text) }); i >= 0 {
			t.Fatalf("declared %s, live %s: %s is unknown", resource.Canonical(desired), resource.Canonical(live), unseen[i])
		}
		different, unknown = different+len(want), unknown+len(unseen)
		for _, d := range some.Differences {
			adopted, err := Adopt(app, desired, d.Actual, d.Path)
			if err != nil {
				t.Fatal(err)
			}
			if left := Differences(app, adopted, observed, nil); slices.Contains(textsOf(left.Differences), d.Path.String()) {
				t.Fatalf("declared %s, live %s: accepting %s leaves it", resource.Canonical(desired), resource.Canonical(live), d.Path)
			}
			if _, _, err := Restore(app, desired, observed, d.Path); err == nil {
				t.Fatalf("restoring %s writes a list without what is hidden", d.Path)
			}
		}
	}
	if different < rounds || unknown < rounds/8 {
		t.Errorf("%d differences and %d unknown in %d rounds try little", different, unknown, rounds)
	}
}

// A comparison that does not look into the inner list can't tell where it differs.
func TestHiddenWithinListsThatAreComparedWhole(t *testing.T) {
	keyed := Keyed(elementKey, same, func(a, _ any) any { return a })
	for name, comparison := range map[string]Comparison{"Loose": Loose, "Keyed": keyed, "Ordered": Ordered(Loose), "Subset": Subset(), "Unset": Unset(keyed)} {
		s := Schema{Fields: []Field{{Path: "services", Compare: comparison}}}
		desired := object(t, `{"services":[{"id":"web","envs":[{"id":"K","value":"a"}]}]}`)
		observed := resource.Resource{Values: object(t, `{"services":[{"id":"web","envs":[{"id":"K"}]}]}`), Unseen: []string{"services[*].envs[*].value"}}
		if got := Differences(s, desired, observed, nil); len(got.Differences) > 0 || len(got.Unseen) == 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
