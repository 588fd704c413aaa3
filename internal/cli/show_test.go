package cli

import (
	"testing"
	"time"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func TestShow(t *testing.T) {
	stored := infra(t)
	name := func(provisioned, field string, episode int64) string {
		return nameOf(t, stored, provisioned, field, episode)
	}
	p := newPlugin(t, stored...)
	p.goldens(map[string]string{
		"show":           "show " + name("web-1", "size_slug", 3),
		"show-list":      "show " + name("web-1", "tags", 1),
		"show-element":   "show " + name("web-firewall", `inbound_rules["tcp/5432"]`, 1),
		"show-existence": "show " + name("db-old", "(existence)", 1),
		"show-accepted":  "show clouddrift.drift.arcadia.cloud/" + name("web-1", "size_slug", 1),
		"show-stale":     "show " + name("web-1", "size_slug", 2),
		"show-yaml":      "show -o yaml " + name("web-1", "size_slug", 3),
		"show-several":   "show " + name("web-1", "size_slug", 2) + " " + name("web-1", "size_slug", 1),
		"show-bad-name":  "show droplet-3164444-size-slug-d76ivhbsrs-9",
		"show-no-name":   "show",
		"show-elsewhere": "show -n elsewhere " + name("web-1", "tags", 1),
	})
	p.onTerminal(100, "").goldens(map[string]string{"show-terminal": "show " + name("web-1", "tags", 1)})
}

func TestShowWhatSomebodyAskedFor(t *testing.T) {
	web := declared("web", "Droplet", "1", map[string]any{"size_slug": "s-1vcpu-1gb"})
	d := opened(web, "size_slug", 1, "s-1vcpu-1gb", "s-2vcpu-2gb", time.Hour)
	d.Annotations = map[string]string{driftv1alpha1.ResolveAnnotation: "accept", driftv1alpha1.ResolvedByAnnotation: "dana"}
	newPlugin(t, web, d).goldens(map[string]string{"show-asked": "show " + d.Name})
}

// What was accepted says how far it has come into Git.
func TestShowWhatWasAccepted(t *testing.T) {
	stored, names := launch()
	p := newPlugin(t, stored...)
	p.goldens(map[string]string{
		"show-pending":   "show " + names["pending"],
		"show-landed":    "show " + names["landed"],
		"show-withdrawn": "show " + names["taken"],
	})
	if r := p.run("withdraw", names["pending"], "--yes"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	p.goldens(map[string]string{"show-withdrawing": "show " + names["pending"]})
}

// A third live value is a drift from the accepted one, which Git may not have.
func TestShowADriftFromWhatWasAccepted(t *testing.T) {
	api := declared("api", "Droplet", "7", map[string]any{"size_slug": "s-1vcpu-1gb"})
	pending := acceptedBy(api, opened(api, "size_slug", 1, "s-1vcpu-1gb", "s-2vcpu-2gb", 5*time.Hour), driftv1alpha1.GitPending, 4*time.Hour)
	third := opened(api, "size_slug", 2, "s-2vcpu-2gb", "s-4vcpu-8gb", time.Hour)
	newPlugin(t, api, pending, third).goldens(map[string]string{"show-third": "show " + third.Name})
}

func TestShowASnoozedDrift(t *testing.T) {
	stored := snoozedIn(infra(t))
	p := newPlugin(t, stored...)
	p.goldens(map[string]string{"show-snoozed": "show " + nameOf(t, stored, "web-1", "size_slug", 3)})
	tags := nameOf(t, stored, "web-1", "tags", 1)
	if r := p.run("snooze", tags, "--for", "1d", "--yes"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	p.goldens(map[string]string{"show-snoozing": "show " + tags})
}

func TestDiffering(t *testing.T) {
	for _, c := range []struct {
		name             string
		expected, actual any
		ordered          bool
		want             string
	}{
		{"scalars are one line each", "a", "b", false, "- a\n+ b\n"},
		{"nothing is <none>", nil, "b", false, "- <none>\n+ b\n"},
		{"lists are sets", []any{"a", "b", "c"}, []any{"c", "d", "a"}, false, "  - a\n- - b\n  - c\n+ - d\n"},
		{"but for those whose order counts", []any{"a", "b"}, []any{"b", "a"}, true, "+ - b\n  - a\n- - b\n"},
		{"many equal elements are counted", []any{"1", "2", "3", "4", "5"}, []any{"1", "2", "3", "4", "5", "6"}, false,
			"  … 5 more that are equal\n+ - 6\n"},
		{"objects are compared by key", map[string]any{"a": "1", "b": "2", "c": []any{"x"}}, map[string]any{"a": "1", "b": "3", "c": []any{"x", "y"}, "d": "4"}, false,
			"  a: 1\n- b: 2\n+ b: 3\n  c:\n    - x\n+   - y\n+ d: 4\n"},
		{"an object on one side is read by key", nil, map[string]any{"ports": "22", "sources": map[string]any{"addresses": []any{"::/0"}}}, false,
			"- <none>\n+ ports: 22\n+ sources:\n+   addresses: [\"::/0\"]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			have := ""
			for _, l := range differing(c.expected, c.actual, c.ordered) {
				have += string(l.op) + " "
				for range l.depth {
					have += "  "
				}
				have += l.text + "\n"
			}
			if have != c.want {
				t.Errorf("have\n%swant\n%s", have, c.want)
			}
		})
	}
}
