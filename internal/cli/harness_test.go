package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	eventsv1 "k8s.io/api/events/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	testingclock "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var update = flag.Bool("update", false, "write the golden files anew")

// noon is when these tests take place.
var noon = objectstest.Noon

// plugin is the plugin in a test: a cluster in memory, streams and a clock.
type plugin struct {
	t        *testing.T
	cluster  client.WithWatch
	clock    *testingclock.FakeClock
	terminal Terminal
	typed    string // what is typed
}

// newPlugin has a cluster in memory that holds these.
func newPlugin(t *testing.T, stored ...client.Object) *plugin {
	t.Helper()
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	t.Setenv("KUBECONFIG", kubeconfig(t, "infra"))
	return &plugin{t: t, cluster: memory(interceptor.Funcs{}, stored...), clock: testingclock.NewFakeClock(noon)}
}

// kubeconfig is a file that names a cluster and a namespace. Nobody connects to it.
func kubeconfig(t *testing.T, namespace string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := `{apiVersion: v1, kind: Config, current-context: test, clusters: [{name: test, cluster: {server: "https://127.0.0.1:1"}}],
users: [{name: alice, user: {}}], contexts: [{name: test, context: {cluster: test, user: alice, namespace: ` + namespace + `}}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// memory is an API server in memory, which chooses by fields as the real one does, and
// whose user is alice.
func memory(funcs interceptor.Funcs, stored ...client.Object) client.WithWatch {
	create := funcs.Create
	funcs.Create = func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.CreateOption) error {
		if review, ok := o.(*authenticationv1.SelfSubjectReview); ok {
			review.Status.UserInfo.Username = "alice"
			return nil
		}
		if review, ok := o.(*authorizationv1.SelfSubjectAccessReview); ok && create == nil {
			review.Status.Allowed = true
			return nil
		}
		if create != nil {
			return create(ctx, c, o, options...)
		}
		return c.Create(ctx, o, options...)
	}
	b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(stored...).WithInterceptorFuncs(funcs).
		WithStatusSubresource(&driftv1alpha1.CloudAccount{}, &driftv1alpha1.CloudProvisioned{}, &driftv1alpha1.CloudDrift{})
	for field, of := range map[string]func(d *driftv1alpha1.CloudDrift) string{
		"status.state":             func(d *driftv1alpha1.CloudDrift) string { return string(d.Status.State) },
		"spec.field":               func(d *driftv1alpha1.CloudDrift) string { return d.Spec.Field },
		"spec.provisionedRef.name": func(d *driftv1alpha1.CloudDrift) string { return d.Spec.ProvisionedRef.Name },
		"spec.resourceRef.name":    func(d *driftv1alpha1.CloudDrift) string { return d.Spec.ResourceRef.Name },
	} {
		b.WithIndex(&driftv1alpha1.CloudDrift{}, field, func(o client.Object) []string {
			return []string{of(o.(*driftv1alpha1.CloudDrift))}
		})
	}
	b.WithIndex(&eventsv1.Event{}, "regarding.name", func(o client.Object) []string { return []string{o.(*eventsv1.Event).Regarding.Name} })
	return b.Build()
}

// result is what a run of the plugin left.
type result struct {
	code     int
	out, err string
}

// env is an environment for one run.
func (p *plugin) env(out, errOut *bytes.Buffer) *Env {
	e := NewEnv(genericiooptions.IOStreams{In: strings.NewReader(p.typed), Out: out, ErrOut: errOut}, "test")
	e.Clock, e.Terminal = p.clock, p.terminal
	e.Connect = func() (client.WithWatch, error) { return p.cluster, nil }
	return e
}

// run runs a command line.
func (p *plugin) run(args ...string) result {
	p.t.Helper()
	var out, errOut bytes.Buffer
	code := p.env(&out, &errOut).Run(p.t.Context(), args)
	return result{code: code, out: out.String(), err: errOut.String()}
}

// onTerminal has a person at it.
func (p *plugin) onTerminal(width int, typed string) *plugin {
	p.terminal = Terminal{Asks: true, Shows: true, Width: width}
	p.typed = typed
	return p
}

// golden holds what a run left against testdata/<name>.golden.
func golden(t *testing.T, name string, command string, r result) {
	t.Helper()
	text := "$ kubectl drift " + command + "\n" + r.out
	if r.err != "" {
		text += "--- stderr\n" + r.err
	}
	if r.code != 0 {
		text += "--- exit code " + string(rune('0'+r.code%10)) + "\n"
	}
	text = strings.ReplaceAll(text, "\x1b", "␛")
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("kubectl drift %s (-want +have; go test ./internal/cli -update writes it anew):\n%s", command, diff)
	}
}

// goldens runs each command line and holds it against the file of its name.
func (p *plugin) goldens(lines map[string]string) {
	p.t.Helper()
	for name, line := range lines {
		golden(p.t, name, line, p.run(fieldsOf(line)...))
	}
}

// fieldsOf splits a command line at spaces, but for those within single quotes.
func fieldsOf(line string) []string {
	var out []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			if n := len(out) - 1; n >= 0 && strings.HasSuffix(out[n], "=") {
				out[n] += part
			} else {
				out = append(out, part)
			}
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

// ago is a time before noon.
func ago(d time.Duration) *metav1.Time { return ptr.To(metav1.NewTime(noon.Add(-d))) }

func jsonOf(value any) apiextensionsv1.JSON {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return apiextensionsv1.JSON{Raw: raw}
}

// declared is a CloudProvisioned of the account production.
func declared(name, kind, id string, desired map[string]any) *driftv1alpha1.CloudProvisioned {
	p := &driftv1alpha1.CloudProvisioned{
		ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: name, UID: types.UID(name), Generation: 1, CreationTimestamp: *ago(240 * time.Hour)},
		Spec: driftv1alpha1.CloudProvisionedSpec{
			AccountRef: driftv1alpha1.LocalReference{Name: "production"},
			Resource:   driftv1alpha1.ResourceSelector{Kind: kind, ID: id},
			Desired:    map[string]apiextensionsv1.JSON{},
		},
		Status: driftv1alpha1.CloudProvisionedStatus{ObservedGeneration: 1, SpecVersion: 1, ResourceID: id},
	}
	for field, value := range desired {
		p.Spec.Desired[field] = jsonOf(value)
	}
	return p
}

// verdict sets a condition.
func verdict(p *driftv1alpha1.CloudProvisioned, v objects.Verdict) *driftv1alpha1.CloudProvisioned {
	v.Set(&p.Status.Conditions, driftv1alpha1.ConditionInSync, p.Generation, *ago(time.Hour))
	objects.True(driftv1alpha1.ReasonBound, "bound").Set(&p.Status.Conditions, driftv1alpha1.ConditionReady, p.Generation, *ago(time.Hour))
	return p
}

// opened is a drift of a declaration, as the operator opens it.
func opened(p *driftv1alpha1.CloudProvisioned, field string, episode int64, expected, actual any, since time.Duration) *driftv1alpha1.CloudDrift {
	kind, id := p.Spec.Resource.Kind, p.Spec.Resource.ID
	expected, actual = plainly(expected), plainly(actual)
	d := &driftv1alpha1.CloudDrift{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: p.Namespace, Name: drift.Subject{Account: "production", Ref: resource.Ref{Kind: kind, ID: id}}.Name(field, episode),
			CreationTimestamp: *ago(since),
			Labels: map[string]string{driftv1alpha1.AccountLabel: "production", driftv1alpha1.KindLabel: kind,
				driftv1alpha1.ProvisionedLabel: p.Name},
		},
		Spec: driftv1alpha1.CloudDriftSpec{
			AccountRef:     driftv1alpha1.LocalReference{Name: "production"},
			ProvisionedRef: driftv1alpha1.LocalReference{Name: p.Name},
			ResourceRef: driftv1alpha1.ResourceReference{Kind: kind, ID: id,
				Name: objects.CloudResourceName("production", resource.Ref{Kind: kind, ID: id})},
			Field: field, Episode: episode,
		},
		Status: driftv1alpha1.CloudDriftStatus{
			State: driftv1alpha1.DriftOpen, Expected: jsonOf(expected), Actual: jsonOf(actual),
			Observation: drift.Observation(field, expected, actual), DetectedAt: ago(since), ChangedAt: ago(since),
		},
	}
	d.Status.Rendered.Expected, d.Status.Rendered.Actual = resource.ShortPair(expected, actual, objects.RenderLimit)
	return d
}

// plainly is a value as JSON decodes it.
func plainly(value any) any {
	out, err := resource.Decode(jsonOf(value).Raw)
	if err != nil {
		panic(err)
	}
	return out
}

// resolved ends a drift.
func resolved(d *driftv1alpha1.CloudDrift, state driftv1alpha1.DriftState, by, reason string, since time.Duration) *driftv1alpha1.CloudDrift {
	d.Status.State, d.Status.ResolvedAt, d.Status.ResolvedBy = state, ago(since), by
	if state == driftv1alpha1.DriftAccepted {
		d.Status.Resolution = &driftv1alpha1.Resolution{Verb: driftv1alpha1.VerbAccept, User: by, Observation: d.Status.Observation,
			Value: d.Status.Actual, Reason: reason, StartedAt: *ago(since)}
	}
	return d
}

// infra is a namespace in which things have happened.
func infra(t *testing.T, more ...client.Object) []client.Object {
	t.Helper()
	web1 := verdict(declared("web-1", "Droplet", "3164444", map[string]any{"region": "nyc3", "size_slug": "s-2vcpu-4gb", "tags": []any{"web", "prod"}}),
		objects.False(driftv1alpha1.ReasonDrifted, "size_slug, tags"))
	web2 := verdict(declared("web-2", "Droplet", "3164446", map[string]any{"region": "nyc3", "size_slug": "s-2vcpu-4gb"}),
		objects.False(driftv1alpha1.ReasonDrifted, "size_slug"))
	rule := func(port string, from ...any) map[string]any {
		return map[string]any{"protocol": "tcp", "ports": port, "sources": map[string]any{"addresses": from}}
	}
	firewall := verdict(declared("web-firewall", "Firewall", "158ed8a0-92e0-4647-8959-5a8ea942534e",
		map[string]any{"name": "web", "inbound_rules": []any{rule("443", "0.0.0.0/0"), rule("22", "192.0.2.0/24")}}),
		objects.False(driftv1alpha1.ReasonDrifted, "inbound_rules"))
	gone := verdict(declared("db-old", "Droplet", "3164400", map[string]any{"region": "nyc3"}),
		objects.False(driftv1alpha1.ReasonResourceMissing, "Droplet 3164400 is gone"))
	unsure := verdict(declared("data", "Volume", "506f78a4-e098-11e5-ad9f-000f53306ae1", map[string]any{"size_gigabytes": 100}),
		objects.Unknown(driftv1alpha1.ReasonInventoryStale, "the latest sync brought no complete listing of Volume: 503"))
	live := func(kind, id, name string, values map[string]any) client.Object {
		r := objectstest.Live(t, kind, id, name, values, nil)
		return &r
	}
	stored := []client.Object{
		account(), web1, web2, firewall, gone, unsure,
		live("Droplet", "3164444", "web-1", map[string]any{"region": "nyc3", "size_slug": "s-4vcpu-8gb", "tags": []any{"web", "load-test"}}),
		live("Droplet", "3164446", "web-2", map[string]any{"region": "nyc3", "size_slug": "s-4vcpu-8gb"}),
		live("Firewall", "158ed8a0-92e0-4647-8959-5a8ea942534e", "web",
			map[string]any{"inbound_rules": []any{rule("443", "0.0.0.0/0"), rule("22", "192.0.2.0/24"), rule("5432", "0.0.0.0/0")}}),
		opened(web1, "size_slug", 3, "s-2vcpu-4gb", "s-4vcpu-8gb", 5*time.Minute),
		resolved(opened(web1, "size_slug", 1, "s-1vcpu-1gb", "s-2vcpu-4gb", 100*time.Hour), driftv1alpha1.DriftAccepted, "dana", "the launch needs it", 99*time.Hour),
		resolved(opened(web1, "size_slug", 2, "s-2vcpu-4gb", "s-8vcpu-16gb", 50*time.Hour), driftv1alpha1.DriftStale, driftv1alpha1.OperatorUser, "", 48*time.Hour),
		opened(web1, "tags", 1, []any{"web", "prod"}, []any{"web", "load-test"}, 3*time.Hour),
		opened(web2, "size_slug", 1, "s-2vcpu-4gb", "s-4vcpu-8gb", 6*time.Minute),
		opened(firewall, `inbound_rules["tcp/5432"]`, 1, nil, rule("5432", "0.0.0.0/0"), 49*time.Hour),
		opened(gone, drift.Existence, 1, "present", "absent", 26*time.Hour),
	}
	return append(stored, more...)
}

// account is the account production, which was synced 17 minutes before noon.
func account() *driftv1alpha1.CloudAccount {
	a := &driftv1alpha1.CloudAccount{
		ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "production", UID: "production", Generation: 1, CreationTimestamp: *ago(2400 * time.Hour)},
		Spec:       driftv1alpha1.CloudAccountSpec{SyncSchedule: "15 * * * *", DetectionSchedule: "20 * * * *"},
		Status: driftv1alpha1.CloudAccountStatus{
			ObservedGeneration: 1, TeamName: "arcadia", TeamUUID: "5df3e3004a17e242b7c20ca6c9fc25b701a47ece",
			LastSyncTime: ago(44 * time.Minute), NextSyncTime: ago(-16 * time.Minute), LastDetectionTime: ago(39 * time.Minute), LastSyncSeconds: ptr.To(int32(4)),
			Resources: ptr.To(int32(41)), Managed: ptr.To(int32(5)), Unmanaged: ptr.To(int32(31)), Owned: ptr.To(int32(5)),
			Coverage: "5 of 36 (13%)", OpenDrifts: ptr.To(int32(5)), Ignored: ptr.To(int32(2)),
			RateLimit: driftv1alpha1.RateLimitStatus{Limit: ptr.To(int32(5000)), Remaining: ptr.To(int32(4870))},
			Kinds: []driftv1alpha1.KindStatus{
				{Kind: "Droplet", ObservedAt: ago(44 * time.Minute), Resources: ptr.To(int32(30)), Managed: ptr.To(int32(3)), Unmanaged: ptr.To(int32(22)), Owned: ptr.To(int32(5)),
					OpenDrifts: ptr.To(int32(4)), Ignored: ptr.To(int32(2))},
				{Kind: "Firewall", ObservedAt: ago(44 * time.Minute), Resources: ptr.To(int32(1)), Managed: ptr.To(int32(1)), Unmanaged: ptr.To(int32(0)), Owned: ptr.To(int32(0)), OpenDrifts: ptr.To(int32(1))},
				{Kind: "Volume", ObservedAt: ago(164 * time.Minute), Resources: ptr.To(int32(10)), Managed: ptr.To(int32(1)), Unmanaged: ptr.To(int32(9)), Owned: ptr.To(int32(0)), OpenDrifts: ptr.To(int32(0)),
					Reason: driftv1alpha1.ReasonServerError, Message: "listing volumes: 503 Service Unavailable", BehindSince: ago(104 * time.Minute), MissedSyncs: 2},
			},
		},
	}
	objects.True(driftv1alpha1.ReasonReady, "all is well").Set(&a.Status.Conditions, driftv1alpha1.ConditionReady, 1, *ago(time.Hour))
	objects.False(driftv1alpha1.ReasonKindsBehind, "Volume since 10:16: listing volumes: 503 Service Unavailable").
		Set(&a.Status.Conditions, driftv1alpha1.ConditionSynced, 1, *ago(time.Hour))
	return a
}

// nameOf is the name of the one drift in infra of this declaration's field and episode.
func nameOf(t *testing.T, stored []client.Object, provisioned, field string, episode int64) string {
	t.Helper()
	i := slices.IndexFunc(stored, func(o client.Object) bool {
		d, ok := o.(*driftv1alpha1.CloudDrift)
		return ok && d.Spec.ProvisionedRef.Name == provisioned && d.Spec.Field == field && d.Spec.Episode == episode
	})
	if i < 0 {
		t.Fatalf("no drift of %s, %s, episode %d", provisioned, field, episode)
	}
	return stored[i].GetName()
}
