package kinds

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func TestAll(t *testing.T) {
	var names []string
	for _, kind := range All() {
		if slices.Contains(names, kind.Name) {
			t.Errorf("%s is there twice", kind.Name)
		}
		if kind.Parent != "" && !slices.Contains(names, kind.Parent) {
			t.Errorf("%s comes before its parent %s", kind.Name, kind.Parent)
		}
		names = append(names, kind.Name)
	}
	depth := func(name string) int {
		kind, _ := Lookup(name)
		parent, isChild := Lookup(kind.Parent)
		if !isChild {
			return 0
		}
		_, isGrandchild := Lookup(parent.Parent)
		return map[bool]int{false: 1, true: 2}[isGrandchild]
	}
	if !slices.IsSortedFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(depth(a), depth(b)), cmp.Compare(a, b)) }) {
		t.Errorf("not parents first and else by name: %v", names)
	}
}

func TestTablesAreSound(t *testing.T) {
	for _, kind := range All() {
		t.Run(kind.Kind, func(t *testing.T) {
			seen := map[string]bool{}
			for _, field := range kind.Fields {
				path, err := resource.ParsePath(field.Path)
				if err != nil || path.String() != field.Path {
					t.Errorf("%s is no canonical path: %v", field.Path, err)
				}
				if seen[field.Path] {
					t.Errorf("%s is there twice", field.Path)
				}
				seen[field.Path] = true
				if field.Compare == nil && field.Key == nil {
					t.Errorf("%s does not say how it is compared", field.Path)
				}
				if seesWith := field.SeenWith; seesWith != "" && !slices.ContainsFunc(kind.Fields, func(f Field) bool { return f.Path == seesWith && !f.Optional }) {
					t.Errorf("%s is seen with %s, which always comes to a token that may see it", field.Path, seesWith)
				}
				if field.Key == nil && holdSecret(field.Members) {
					t.Errorf("%s has a secret within it that is compared as if it were none: make it a field", field.Path)
				}
			}
			for _, name := range kind.Costly.Paths {
				root, _, _ := strings.Cut(name, "[")
				if !slices.Contains(kind.Costly.NeededBy, root) {
					t.Errorf("whoever declares %s needs it", name)
				}
			}
			if !kind.ID.Pattern.MatchString(kind.ID.Example) {
				t.Errorf("the example %s is no ID", kind.ID.Example)
			}
		})
	}
}

func holdSecret(members drift.Members) bool {
	for _, member := range members {
		if member.Sensitive || holdSecret(member.Members) {
			return true
		}
	}
	return false
}

func TestLookup(t *testing.T) {
	if kind, ok := Lookup("Droplet"); !ok || kind.Kind != "Droplet" {
		t.Errorf("got %v, %t", kind.Kind, ok)
	}
	for _, name := range []string{"", "droplet", "Droplets"} {
		if _, ok := Lookup(name); ok {
			t.Errorf("%q was found: a kind has one name", name)
		}
	}
	for wrote, want := range map[string]string{"droplet": "Droplet", "Droplets": "Droplet", "FireWall": "Firewall", "Record": "DomainRecord", "vpcs": "VPC"} {
		if got := Suggest(wrote); got != "did you mean "+want+"?" {
			t.Errorf("%s: got %s, want %s", wrote, got, want)
		}
	}
	if got := Suggest("Uptime"); !strings.HasPrefix(got, "known are CDNEndpoint, DatabaseCluster, ") {
		t.Errorf("nothing is like an uptime check: %s", got)
	}
}

func TestIDs(t *testing.T) {
	const id = "bb4b2611-3d72-467b-8602-280330ecd65c"
	cases := []struct {
		kind    string
		valid   []string
		invalid []string
	}{
		{"Droplet", []string{"1", "3164444"}, []string{"", "0", "01", "-1", "web-1", "1.0", "1 ", "1\n"}},
		{"Volume", []string{id, strings.ToUpper(id)}, []string{"", "data", id[1:], id + "0", strings.ReplaceAll(id, "-", "")}},
		{"VPC", []string{id}, []string{"default", "do:vpc:" + id}},
		{"Firewall", []string{id}, []string{"web"}},
		{"Tag", []string{"web", "env:production", "A_b-c", strings.Repeat("x", 255)}, []string{"", "a b", "a.b", "é", strings.Repeat("x", 256)}},
		{"Domain", []string{"example.com", "a.b-c.example", "xn--bcher-kva.example"}, []string{"", "com", "example.com.", "-a.com", "a..com", "a_b.com", "a/b.com"}},
		{"LoadBalancer", []string{id}, []string{"edge", "do:loadbalancer:" + id}},
		{"ReservedIP", []string{"203.0.113.200"}, []string{"", "203.0.113", "203.0.113.200/32", "2001:db8::1", "203.0.113.200 "}},
		{"DatabaseCluster", []string{id}, []string{"backend", id + "/firewall"}},
		{"DatabaseFirewall", []string{id}, []string{"", id + "/" + id}},
		{"KubernetesCluster", []string{id}, []string{"prod"}},
		{"KubernetesNodePool", []string{id + "/" + id, strings.ToUpper(id) + "/" + id}, []string{id, "/" + id, id + "/", id + "/workers"}},
		{"DomainRecord", []string{"example.com/3352896"}, []string{"", "3352896", "example.com", "example.com/", "example.com/www", "example.com/0"}},
	}
	for _, c := range cases {
		kind, _ := Lookup(c.kind)
		for _, id := range c.valid {
			if err := kind.ValidateID(id); err != nil {
				t.Error(err)
			}
		}
		for _, id := range c.invalid {
			if err := kind.ValidateID(id); err == nil || !strings.Contains(err.Error(), kind.ID.Example) && !strings.Contains(err.Error(), "write ") {
				t.Errorf("%s %q: %v", c.kind, id, err)
			}
		}
	}
}

// Another spelling of an ID is told with the one that DigitalOcean has, so that it can be copied.
func TestIDsInAnotherSpelling(t *testing.T) {
	for _, c := range []struct{ kind, id, says string }{
		{"Domain", "münchen.example", `"münchen.example" is no ID of a Domain: write xn--mnchen-3ya.example`},
		{"Domain", "MÜNCHEN.example.", `"MÜNCHEN.example." is no ID of a Domain: write xn--mnchen-3ya.example`},
		{"Domain", "example.com.", `"example.com." is no ID of a Domain: write example.com`},
		{"Domain", "example.com..", `"example.com.." is no ID of a Domain: want one like "example.com"`},
		{"Domain", "mün chen.example", `"mün chen.example" is no ID of a Domain: want one like "example.com"`},
		{"DomainRecord", "münchen.example/3352896", `"münchen.example/3352896" is no ID of a DomainRecord: write xn--mnchen-3ya.example/3352896`},
		{"DomainRecord", "example.com./3352896", `"example.com./3352896" is no ID of a DomainRecord: write example.com/3352896`},
		{"DomainRecord", "example.com./www", `"example.com./www" is no ID of a DomainRecord: want one like "example.com/3352896"`},
		{"ReservedIP", "203.0.113.7/32", `"203.0.113.7/32" is no ID of a ReservedIP: write 203.0.113.7`},
		{"Droplet", "3164444\n", `"3164444\n" is no ID of a Droplet: write 3164444`},
		{"Droplet", "web-1", `"web-1" is no ID of a Droplet: want one like "3164444"`},
	} {
		kind, _ := Lookup(c.kind)
		if err := kind.ValidateID(c.id); err == nil || err.Error() != c.says {
			t.Errorf("%s %q: got %v, want %s", c.kind, c.id, err, c.says)
		}
	}
	for _, kind := range All() {
		if kind.ID.Form != nil && kind.ID.Form(kind.ID.Example) != kind.ID.Example {
			t.Errorf("the form of a %s's ID makes %s of the example", kind.Name, kind.ID.Form(kind.ID.Example))
		}
	}
}

func TestSameID(t *testing.T) {
	tag, _ := Lookup("Tag")
	droplet, _ := Lookup("Droplet")
	if !tag.SameID("Web", "web") || tag.SameID("web", "db") {
		t.Error("tags are compared without case, and only so")
	}
	if !droplet.SameID("1", "1") || droplet.SameID("1", "2") {
		t.Error("droplets are compared as they are")
	}
}
