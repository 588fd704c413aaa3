package cli

import (
	"strings"
	"testing"
	"time"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func TestList(t *testing.T) {
	newPlugin(t, infra(t)...).goldens(map[string]string{
		"list":            "list",
		"list-wide":       "list -o wide",
		"list-name":       "list -o name",
		"list-yaml":       "list --kind Firewall -o yaml",
		"list-json":       "list --kind firewall -o json",
		"list-by-change":  "list --by-change",
		"list-everywhere": "list -A --state all",
		"list-resolved":   "list --state resolved -o wide",
		"list-field":      "list --field inbound_rules",
		"list-existence":  "list --field (existence)",
		"list-age":        "list --older-than 1d --newer-than 2d",
		"list-where":      "list --where actual=s-4vcpu-8gb",
		"list-where-json": `list --where 'actual=["load-test","web"]'`,
		"list-nothing":    "list --account staging",
		"list-elsewhere":  "list -n elsewhere",
		"list-bad-kind":   "list --kind Dropplet",
		"list-bad-field":  "list --field size",
		"list-bad-path":   "list --field tags[",
		"list-bad-age":    "list --older-than yesterday",
		"list-bad-where":  "list --where actula=1",
		"list-bad-state":  "list --state opne",
		"list-bad-output": "list -o yml",
		"list-bad-flag":   "list --acount production",
		"list-argument":   "list web-1",
		"bad-command":     "lsit",
	})
}

func TestListOfSnoozedDrifts(t *testing.T) {
	newPlugin(t, snoozedIn(infra(t))...).goldens(map[string]string{
		"list-snoozed-beside":  "list --field size_slug",
		"list-snoozed-wide":    "list --snoozed -o wide",
		"list-snoozed-not":     "list --snoozed=false --kind Droplet",
		"list-snoozed-changes": "list --by-change --field size_slug",
		"list-snoozed-bad":     "list --snoozed=soon",
	})
}

func TestListOnATerminal(t *testing.T) {
	p := newPlugin(t, infra(t)...).onTerminal(140, "")
	p.goldens(map[string]string{
		"list-terminal":           "list",
		"list-terminal-by-change": "list --by-change",
		"list-terminal-plain":     "list --color never",
		"list-terminal-none":      "list --kind Tag",
	})
	t.Setenv("NO_COLOR", "1")
	if out := p.run("list").out; strings.Contains(out, "\x1b") {
		t.Errorf("NO_COLOR is set, and there is colour:\n%q", out)
	}
	if out := p.run("list", "--color=always").out; !strings.Contains(out, "\x1b") {
		t.Error("--color=always gives no colour")
	}
}

// Whoever can name a droplet can put escape sequences into the name.
func TestNothingFromDigitalOceanReachesATerminalUnescaped(t *testing.T) {
	const evil = "\x1b]0;owned\x07\u009b31m\u202ename\r\nerror: all is well"
	web := declared("web", "Droplet", "1", map[string]any{"name": "web", "tags": []any{"a"}})
	d := opened(web, "name", 1, "web", evil, time.Hour)
	d.Status.Rendered.Actual = evil // as no operator writes it
	tags := opened(web, "tags", 1, []any{"a"}, []any{evil}, time.Hour)
	stale := resolved(opened(web, "region", 1, "nyc3", evil, time.Hour), driftv1alpha1.DriftStale, evil, "", time.Minute)
	p := newPlugin(t, web, d, tags, stale).onTerminal(200, "")
	for _, line := range []string{
		"list", "list -o wide", "list --by-change", "list -o json", "list -o yaml", "list --state all",
		"list -o jsonpath={.items[*].status.actual}",
	} {
		r := p.run(append(fieldsOf(line), "--color=never")...)
		if r.code != 0 || !strings.Contains(r.out, "owned") {
			t.Errorf("%s: %+v", line, r)
		}
		if i := strings.IndexAny(r.out+r.err, "\x1b\x07\u009b\u202e\r"); i >= 0 {
			t.Errorf("%s lets a control character through: %q", line, (r.out + r.err)[i:])
		}
	}
}
