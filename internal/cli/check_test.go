package cli

import (
	"encoding/json"
	"encoding/xml"
	"testing"
	"time"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

func TestCheck(t *testing.T) {
	newPlugin(t, infra(t)...).goldens(map[string]string{
		"check":             "check",
		"check-json":        "check -o json --kind Firewall",
		"check-markdown":    "check -o markdown",
		"check-junit":       "check -o junit",
		"check-sarif":       "check -o sarif --kind Firewall --kind Volume",
		"check-unknown":     "check --kind Volume",
		"check-strict":      "check --kind Volume --strict",
		"check-nothing":     "check --kind Tag",
		"check-bad-account": "check --account prodution",
		"check-bad-output":  "check -o jnuit",
		"check-bad-age":     "check --max-age 2",
	})
}

// What is snoozed does not count, until its time comes.
func TestCheckOfSnoozedDrifts(t *testing.T) {
	p := newPlugin(t, snoozedIn(infra(t))...)
	p.goldens(map[string]string{
		"check-snoozed":          "check --field size_slug --where resource=web-1 --kind Droplet",
		"check-snoozed-json":     "check --field size_slug -o json",
		"check-snoozed-markdown": "check --field size_slug -o markdown",
		"check-snoozed-junit":    "check --kind Droplet --field size_slug -o junit",
		"check-snoozed-sarif":    "check --field size_slug --where resource=web-1 -o sarif",
	})
}

// calm is a namespace in which one firewall is declared and in sync.
func calm(change func(a *driftv1alpha1.CloudAccount, p *driftv1alpha1.CloudProvisioned)) []client.Object {
	a := account()
	a.Status.Kinds = a.Status.Kinds[1:2]
	p := verdict(declared("web-firewall", "Firewall", "158ed8a0-92e0-4647-8959-5a8ea942534e", map[string]any{"name": "web"}),
		objects.True(driftv1alpha1.ReasonInSync, "1 field is as declared"))
	if change != nil {
		change(a, p)
	}
	return []client.Object{a, p}
}

// The exit code is what a pipeline goes by.
func TestCheckExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		change func(a *driftv1alpha1.CloudAccount, p *driftv1alpha1.CloudProvisioned)
		want   int
	}{
		"in sync":         {want: 0},
		"and all covered": {args: []string{"--strict"}, want: 0},
		"fresh enough":    {args: []string{"--max-age", "1h"}, want: 0},
		"too old":         {args: []string{"--max-age", "30m"}, want: 3},
		"no sync came when one was due, so the operator does not run": {want: 3,
			change: func(a *driftv1alpha1.CloudAccount, _ *driftv1alpha1.CloudProvisioned) {
				a.Status.NextSyncTime = ago(16 * time.Minute)
			}},
		"a sync may be late": {want: 0,
			change: func(a *driftv1alpha1.CloudAccount, _ *driftv1alpha1.CloudProvisioned) {
				a.Status.NextSyncTime = ago(14 * time.Minute)
			}},
		"never synced": {want: 3,
			change: func(a *driftv1alpha1.CloudAccount, _ *driftv1alpha1.CloudProvisioned) { a.Status.LastSyncTime = nil }},
		"changed and not looked at yet": {want: 3,
			change: func(_ *driftv1alpha1.CloudAccount, p *driftv1alpha1.CloudProvisioned) { p.Generation = 2 }},
		"unknown": {want: 3,
			change: func(_ *driftv1alpha1.CloudAccount, p *driftv1alpha1.CloudProvisioned) {
				verdict(p, objects.Unknown(driftv1alpha1.ReasonFixFieldsUnseen, "backups"))
			}},
		"not declared, which is nobody's fault":   {want: 0, change: undeclared},
		"not declared, where that is asked about": {args: []string{"--strict"}, want: 3, change: undeclared},
		"a kind that could not be listed": {args: []string{"--strict"}, want: 3,
			change: func(a *driftv1alpha1.CloudAccount, _ *driftv1alpha1.CloudProvisioned) {
				a.Status.Kinds[0].BehindSince = ago(time.Hour)
			}},
		"not declared, but looked after by something else": {args: []string{"--strict"}, want: 0,
			change: func(a *driftv1alpha1.CloudAccount, p *driftv1alpha1.CloudProvisioned) {
				undeclared(a, p)
				a.Status.Kinds[0].Unmanaged, a.Status.Kinds[0].Owned = ptr.To(int32(0)), ptr.To(int32(1))
			}},
		"not declared, of an operator that does not tell what is unmanaged": {args: []string{"--strict"}, want: 3,
			change: func(a *driftv1alpha1.CloudAccount, p *driftv1alpha1.CloudProvisioned) {
				undeclared(a, p)
				a.Status.Kinds[0].Unmanaged, a.Status.Kinds[0].Owned = nil, nil
			}},
		"more differs than may be told in a minute": {want: 3,
			change: func(a *driftv1alpha1.CloudAccount, _ *driftv1alpha1.CloudProvisioned) {
				objects.True(driftv1alpha1.ReasonLimitReached, "3 more").Set(&a.Status.Conditions, driftv1alpha1.ConditionDriftsWithheld, 1, *ago(0))
			}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlugin(t, calm(c.change)...)
			if r := p.run(append([]string{"check"}, c.args...)...); r.code != c.want {
				t.Errorf("exit code %d, want %d\n%s%s", r.code, c.want, r.out, r.err)
			}
		})
	}
	newPlugin(t, calm(nil)...).goldens(map[string]string{"check-in-sync": "check", "check-in-sync-markdown": "check -o markdown"})
}

func undeclared(a *driftv1alpha1.CloudAccount, _ *driftv1alpha1.CloudProvisioned) {
	a.Status.Kinds[0].Resources, a.Status.Kinds[0].Unmanaged = ptr.To(int32(2)), ptr.To(int32(1))
}

// What programs read can be read by them, whatever is in it.
func TestCheckIsWellFormed(t *testing.T) {
	p := declared("web", "Droplet", "1", map[string]any{"name": "web"})
	d := opened(p, "name", 1, "web", "\x1b]0;`|<b>&\u202e]]>\x00", time.Hour)
	plugin := newPlugin(t, account(), p, d)
	var into any
	for _, format := range []string{"json", "sarif"} {
		if err := json.Unmarshal([]byte(plugin.run("check", "-o", format).out), &into); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
	var suite junitSuite
	if err := xml.Unmarshal([]byte(plugin.run("check", "-o", "junit").out), &suite); err != nil || suite.Failures != 1 {
		t.Errorf("junit: %v: %+v", err, suite)
	}
	golden(t, "check-markdown-hostile", "check -o markdown", plugin.run("check", "-o", "markdown"))
}

func TestASnoozedDriftCountsAgainByItself(t *testing.T) {
	stored := calm(nil)
	p, _ := stored[1].(*driftv1alpha1.CloudProvisioned)
	verdict(p, objects.False(driftv1alpha1.ReasonDrifted, "name"))
	plugin := newPlugin(t, append(stored, asleep(opened(p, "name", 1, "web", "wbe", time.Hour), 10*time.Minute, "dana", ""))...)
	if r := plugin.run("check", "--strict"); r.code != exitOK {
		t.Errorf("snoozed: exit code %d\n%s", r.code, r.out)
	}
	plugin.clock.Step(10 * time.Minute)
	if r := plugin.run("check"); r.code != exitDrift {
		t.Errorf("its time has come: exit code %d\n%s", r.code, r.out)
	}
}
