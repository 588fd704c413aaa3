package kinds

import (
	"slices"
	"testing"
)

func TestSameName(t *testing.T) {
	for _, c := range []struct {
		why, kind, a, b string
		want            bool
	}{
		{"host names have no case", "Domain", "Example.COM", "example.com", true},
		{"a dot at the end says that a name is whole", "Domain", "example.com.", "example.com", true},
		{"an internationalised name has two spellings", "Domain", "münchen.example", "xn--mnchen-3ya.example", true},
		{"a label that is no host name's is still a name", "DomainRecord", "_acme-challenge.Example.org.", "_acme-challenge.example.org", true},
		{"a wildcard", "DomainRecord", "*.Example.org", "*.example.org", true},
		{"another host", "DomainRecord", "www.example.com", "example.com", false},
		{"tags have no case", "Tag", "WEB", "web", true},
		{"a droplet's name is what it is", "Droplet", "Web-1", "web-1", false},
	} {
		t.Run(c.why, func(t *testing.T) {
			k, _ := Lookup(c.kind)
			if got := k.SameName(c.a, c.b); got != c.want {
				t.Errorf("SameName(%q, %q) of a %s is %t, want %t", c.a, c.b, c.kind, got, c.want)
			}
		})
	}
}

func TestFieldTableFollowsTheFields(t *testing.T) {
	droplet, _ := Lookup("Droplet")
	if droplet.FieldTable() == "" {
		t.Fatal("a registered kind has no field table")
	}
	other := droplet
	if other.complete(); other.FieldTable() != droplet.FieldTable() {
		t.Errorf("the table of the same fields is %s, want %s", other.FieldTable(), droplet.FieldTable())
	}
	other.Fields = droplet.Fields[1:]
	if other.complete(); other.FieldTable() == droplet.FieldTable() {
		t.Error("the table without a field is the same")
	}
	other.Fields = slices.Clone(droplet.Fields)
	at := slices.IndexFunc(other.Fields, func(f Field) bool { return f.Path == "image" })
	other.Fields[at].Reads = append(slices.Clone(imageKeys), "tags")
	if other.complete(); other.FieldTable() == droplet.FieldTable() {
		t.Error("the table that reads one more name of an image is the same")
	}
}
