package binding

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// snapshotOf is a snapshot with these resources of one kind, all of them recorded.
func snapshotOf(t *testing.T, kind string, live ...driftv1alpha1.CloudResource) *Snapshot {
	t.Helper()
	out := NewSnapshot(objectstest.Recorded(kind), nil, nil)
	for i := range live { // every name is asked for
		out.byName[kindAndName{kind, objects.CanonicalName(kind, objects.LiveName(&live[i]))}] = nil
	}
	out.takeResources(live)
	return out
}

func liveRecord(t *testing.T, id int, name, recordType, data string) driftv1alpha1.CloudResource {
	t.Helper()
	return objectstest.Live(t, "DomainRecord", fmt.Sprintf("example.com/%d", id), name, nil,
		map[string]any{"type": recordType, "data": data, "ttl": json.Number("1800")})
}

func bindIn(t *testing.T, v *Snapshot, p *driftv1alpha1.CloudProvisioned) Binding {
	t.Helper()
	out, err := Binder{In: v, Now: objectstest.Noon.Add(2 * time.Hour)}.Bind(t.Context(), p, v.owner)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The first sync writes the resources one by one, and each has its declarations
// compared. Whichever comes first is not the only one.
func TestNameIsBoundToNoneOfSeveralInEitherOrder(t *testing.T) {
	one := objectstest.Live(t, "Droplet", "1", "web-1", map[string]any{"size_slug": "s-2"}, nil)
	two := objectstest.Live(t, "Droplet", "2", "web-1", map[string]any{"size_slug": "s-2"}, nil)
	for name, order := range map[string][]driftv1alpha1.CloudResource{"1, 2": {one, two}, "2, 1": {two, one}} {
		t.Run(name, func(t *testing.T) {
			p := objectstest.Named("Droplet", "web-1", nil, map[string]string{"size_slug": `"s-1"`})
			for written := 1; written <= len(order); written++ {
				v := snapshotOf(t, "Droplet", order[:written]...)
				v.owner.Status.Kinds = nil
				if got := bindIn(t, v, p); got.ID != "" || got.Ready.Status != metav1.ConditionUnknown || got.Ready.Reason != driftv1alpha1.ReasonAwaitingInventory {
					t.Errorf("after %d of 2 writes: bound to %q, %+v", written, got.ID, got.Ready)
				}
			}
			if got := bindIn(t, snapshotOf(t, "Droplet", order...), p); got.ID != "" || got.Ready.Reason != driftv1alpha1.ReasonFixAmbiguousName {
				t.Errorf("after the sync: bound to %q, %+v", got.ID, got.Ready)
			}
		})
	}
}

// A later sync writes one by one as well: what it has written since all of the last
// one was recorded binds nothing and takes nothing away.
func TestNameIsBoundAnewOnlyToWhatIsRecorded(t *testing.T) {
	old := objectstest.Live(t, "Droplet", "1", "web-1", nil, nil)
	renamed := objectstest.Live(t, "Droplet", "1", "web-0", nil, nil)
	next := objectstest.Live(t, "Droplet", "2", "web-1", nil, nil)
	next.Observed.ObservedAt = metav1.NewMicroTime(objectstest.Noon.Add(time.Hour))
	p := objectstest.Named("Droplet", "web-1", nil, nil)
	if got := bindIn(t, snapshotOf(t, "Droplet", next), p); got.Ready.Reason != driftv1alpha1.ReasonAwaitingInventory {
		t.Errorf("unbound: %+v", got.Ready)
	}
	p.Status.ResourceID = "1"
	for name, v := range map[string]*Snapshot{"the bound one has the name": snapshotOf(t, "Droplet", old, next),
		"the bound one has another name": snapshotOf(t, "Droplet", renamed, next)} {
		if got := bindIn(t, v, p); got.ID != "1" || got.Ready.Reason != driftv1alpha1.ReasonBound {
			t.Errorf("%s: bound to %q, %+v", name, got.ID, got.Ready)
		}
	}
	next.Observed.ObservedAt = metav1.NewMicroTime(objectstest.Noon)
	if got := bindIn(t, snapshotOf(t, "Droplet", renamed, next), p); got.ID != "2" || got.ReboundFrom != "1" {
		t.Errorf("recorded: bound to %q from %q, %+v", got.ID, got.ReboundFrom, got.Ready)
	}
}

// After a clock was set back, what was observed before bears a time that has yet to come:
// it was recorded all the same, and its name must not stay unbound until then.
func TestNameIsBoundAfterTheClockWasSetBack(t *testing.T) {
	ahead := objectstest.Live(t, "Droplet", "1", "web-1", nil, nil)
	ahead.Observed.ObservedAt = metav1.NewMicroTime(objectstest.Noon.Add(24 * time.Hour))
	if got := bindIn(t, snapshotOf(t, "Droplet", ahead), objectstest.Named("Droplet", "web-1", nil, nil)); got.ID != "1" || got.Ready.Reason != driftv1alpha1.ReasonBound {
		t.Errorf("bound to %q, %+v", got.ID, got.Ready)
	}
}

// Nothing is known of a resource whose absence waits for a person: it neither is the
// one of its name nor one of several.
func TestNameIsNotDecidedByWhatMayBeGone(t *testing.T) {
	gone := objectstest.Live(t, "Droplet", "1", "web-1", nil, nil)
	since := metav1.NewTime(objectstest.Noon)
	gone.Observed.WithheldSince = &since
	there := objectstest.Live(t, "Droplet", "2", "web-1", nil, nil)
	third := objectstest.Live(t, "Droplet", "3", "web-1", nil, nil)
	for name, c := range map[string]struct {
		live   []driftv1alpha1.CloudResource
		reason string
		status metav1.ConditionStatus
	}{
		"the only one may be gone":         {[]driftv1alpha1.CloudResource{gone}, driftv1alpha1.ReasonFixMassDisappearance, metav1.ConditionUnknown},
		"one is there and one may be gone": {[]driftv1alpha1.CloudResource{gone, there}, driftv1alpha1.ReasonFixMassDisappearance, metav1.ConditionUnknown},
		"two are there and one may be gone": {[]driftv1alpha1.CloudResource{gone, there, third},
			driftv1alpha1.ReasonFixAmbiguousName, metav1.ConditionFalse},
	} {
		v := snapshotOf(t, "Droplet", c.live...)
		v.owner.Status.Kinds[0].Reason = driftv1alpha1.ReasonFixMassDisappearance
		v.owner.Status.Kinds[0].Message = "confirm it"
		got := bindIn(t, v, objectstest.Named("Droplet", "web-1", nil, nil))
		if got.ID != "" || got.Ready.Reason != c.reason || got.Ready.Status != c.status {
			t.Errorf("%s: bound to %q, %+v", name, got.ID, got.Ready)
		}
		if c.status == metav1.ConditionUnknown && !strings.Contains(got.Ready.Message, "confirm it") {
			t.Errorf("%s: the message does not say how to go on: %s", name, got.Ready.Message)
		}
	}
}

var suggestion = regexp.MustCompile(`where: (\{.*?\}) for (\S+?)(?:, or |; |$)`)

// Whatever a message suggests can be copied into a manifest and binds to what it says.
func TestSuggestedWhereBindsToWhatItNames(t *testing.T) {
	key := strings.Repeat("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A", 6)
	droplet := func(id, region, size, status string) driftv1alpha1.CloudResource {
		return objectstest.Live(t, "Droplet", id, "web-1", map[string]any{"region": region, "size_slug": size, "status": status}, nil)
	}
	for name, c := range map[string]struct {
		live []driftv1alpha1.CloudResource
		want []string // of the message; none: by id
	}{
		"by type": {[]driftv1alpha1.CloudResource{
			liveRecord(t, 1, "api.example.com", "A", "203.0.113.12"), liveRecord(t, 2, "api.example.com", "TXT", "heritage=external-dns,external-dns/owner=x")},
			[]string{"{type: A}", "{type: TXT}"}},
		"by type, and those of one type by data": {[]driftv1alpha1.CloudResource{
			liveRecord(t, 1, "api.example.com", "A", "203.0.113.9"), liveRecord(t, 2, "api.example.com", "A", "203.0.113.10"), liveRecord(t, 3, "api.example.com", "TXT", "x")},
			[]string{"{type: A, data: 203.0.113.9}", "{type: A, data: 203.0.113.10}", "{type: TXT}"}},
		"by text that YAML would take for something else": {[]driftv1alpha1.CloudResource{
			liveRecord(t, 1, "api.example.com", "TXT", "a: b, c} # d"), liveRecord(t, 2, "api.example.com", "TXT", "yes"), liveRecord(t, 3, "api.example.com", "TXT", `say "it"`)},
			[]string{`data: "a: b, c} # d"`}},
		"by text that is long, and alike at the beginning": {[]driftv1alpha1.CloudResource{
			liveRecord(t, 1, "api.example.com", "TXT", key+"A"), liveRecord(t, 2, "api.example.com", "TXT", key+"B")}, nil},
		"text that is long, beside one that is not": {[]driftv1alpha1.CloudResource{
			liveRecord(t, 1, "api.example.com", "TXT", key), liveRecord(t, 2, "api.example.com", "TXT", "short")}, []string{"data: short"}},
		"by region":          {[]driftv1alpha1.CloudResource{droplet("1", "fra1", "s-1", "active"), droplet("2", "nyc3", "s-1", "active")}, []string{"{region: fra1}", "{region: nyc3}"}},
		"not by what passes": {[]driftv1alpha1.CloudResource{droplet("1", "fra1", "s-1", "active"), droplet("2", "fra1", "s-1", "off")}, nil},
		"by nothing":         {[]driftv1alpha1.CloudResource{droplet("1", "fra1", "s-1", "active"), droplet("2", "fra1", "s-1", "active")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			kind, declared := c.live[0].Spec.Kind, objects.LiveName(&c.live[0])
			v := snapshotOf(t, kind, c.live...)
			got := bindIn(t, v, objectstest.Named(kind, declared, nil, nil))
			if got.Ready.Reason != driftv1alpha1.ReasonFixAmbiguousName {
				t.Fatalf("%+v", got.Ready)
			}
			for _, want := range c.want {
				if !strings.Contains(got.Ready.Message, want) {
					t.Errorf("%s\nhas no %s", got.Ready.Message, want)
				}
			}
			for i := range c.live {
				if !strings.Contains(got.Ready.Message, c.live[i].Spec.ID) {
					t.Errorf("%s\ndoes not name %s", got.Ready.Message, c.live[i].Spec.ID)
				}
			}
			suggested := suggestion.FindAllStringSubmatch(got.Ready.Message, -1)
			if (len(suggested) == 0) != (len(c.want) == 0) {
				t.Errorf("%s\nsuggests %d", got.Ready.Message, len(suggested))
			}
			for _, s := range suggested {
				var where map[string]intstr.IntOrString
				if err := yaml.Unmarshal([]byte(s[1]), &where); err != nil {
					t.Errorf("%s is no where: %v", s[1], err)
					continue
				}
				if bound := bindIn(t, v, objectstest.Named(kind, declared, where, nil)); bound.ID != s[2] {
					t.Errorf("where %s is bound to %q, not %s: %+v", s[1], bound.ID, s[2], bound.Ready)
				}
			}
		})
	}
}

// A suggestion holds what is asked for already: where can't be changed, only written anew.
func TestSuggestedWhereHoldsWhatIsAskedForAlready(t *testing.T) {
	v := snapshotOf(t, "DomainRecord", liveRecord(t, 1, "api.example.com", "A", "203.0.113.9"), liveRecord(t, 2, "api.example.com", "A", "203.0.113.10"))
	where := map[string]intstr.IntOrString{"type": intstr.FromString("a"), "ttl": intstr.FromInt32(1800)}
	got := bindIn(t, v, objectstest.Named("DomainRecord", "api.example.com", where, nil))
	if want := "where: {ttl: 1800, type: a, data: 203.0.113.9} for example.com/1"; !strings.Contains(got.Ready.Message, want) {
		t.Errorf("%+v\nhas no %s", got.Ready, want)
	}
}

// A field of where that can't be seen binds nothing, and takes no binding away.
func TestWhereThatIsUnseen(t *testing.T) {
	hidden := liveRecord(t, 1, "api.example.com", "A", "203.0.113.9")
	hidden.Observed.Unseen = []string{"data"}
	seen := liveRecord(t, 2, "api.example.com", "A", "203.0.113.10")
	where := map[string]intstr.IntOrString{"data": intstr.FromString("203.0.113.10")}
	p := objectstest.Named("DomainRecord", "api.example.com", where, nil)
	v := snapshotOf(t, "DomainRecord", hidden, seen)
	if got := bindIn(t, v, p); got.ID != "" || got.Ready.Reason != driftv1alpha1.ReasonFixFieldsUnseen || !strings.HasPrefix(got.Ready.Message, "data can't be seen") {
		t.Errorf("unbound: bound to %q, %+v", got.ID, got.Ready)
	}
	p.Status.ResourceID = "example.com/1"
	if got := bindIn(t, v, p); got.ID != "example.com/1" || got.Ready.Reason != driftv1alpha1.ReasonBound {
		t.Errorf("bound: bound to %q, %+v", got.ID, got.Ready)
	}
}

// The same candidates in another order are no news: a condition that says the same is not
// written again.
func TestNamesakesAreNamedInOneOrder(t *testing.T) {
	live := []driftv1alpha1.CloudResource{
		liveRecord(t, 1, "api.example.com", "A", "203.0.113.9"), liveRecord(t, 2, "api.example.com", "A", "203.0.113.10"), liveRecord(t, 3, "api.example.com", "TXT", "x")}
	for _, where := range []map[string]intstr.IntOrString{nil, {"type": intstr.FromString("MX")}} {
		p := objectstest.Named("DomainRecord", "api.example.com", where, nil)
		first := bindIn(t, snapshotOf(t, "DomainRecord", live...), p).Ready
		if second := bindIn(t, snapshotOf(t, "DomainRecord", live[2], live[0], live[1]), p).Ready; first != second {
			t.Errorf("%+v\nthen %+v", first, second)
		}
	}
}

// However many there are, saying so takes work that grows no faster than they do, and a
// bounded message.
func TestManyNamesakes(t *testing.T) {
	p := objectstest.Named("Droplet", "web", nil, nil)
	bind := func(n int) (got Binding, allocations float64) {
		var live []driftv1alpha1.CloudResource
		for i := range n {
			live = append(live, objectstest.Live(t, "Droplet", fmt.Sprint(i+1), "web", map[string]any{"region": fmt.Sprintf("r%d", i)}, nil))
		}
		v := snapshotOf(t, "Droplet", live...)
		allocations = testing.AllocsPerRun(1, func() { got = bindIn(t, v, p) })
		return got, allocations
	}
	_, few := bind(300)
	got, many := bind(3000)
	if many > 20*few {
		t.Errorf("%v allocations for 300, %v for 3000", few, many)
	}
	if got.Ready.Reason != driftv1alpha1.ReasonFixAmbiguousName || len(got.Ready.Message) > objects.MessageLimit || !strings.Contains(got.Ready.Message, "3000 resources") {
		t.Errorf("%+v", got.Ready)
	}
}

// What can't be asked for is said, in the words of who asked.
func TestWhereSaysWhatIsWrong(t *testing.T) {
	v := snapshotOf(t, "DomainRecord", liveRecord(t, 1, "api.example.com", "TXT", "x"))
	text := func(s string) intstr.IntOrString { return intstr.FromString(s) }
	for name, c := range map[string]struct {
		where   map[string]intstr.IntOrString
		desired map[string]string
		reason  string
		message string
	}{
		"a field that there is not": {map[string]intstr.IntOrString{"typ": text("A")}, nil, driftv1alpha1.ReasonFixReference, "resource.where: DomainRecord has no field typ; did you mean type?"},
		"no path":                   {map[string]intstr.IntOrString{"a..b": text("A")}, nil, driftv1alpha1.ReasonFixReference, "resource.where: "},
		"one field twice":           {map[string]intstr.IntOrString{"type": text("TXT"), "type.x": text("A")}, nil, driftv1alpha1.ReasonFixReference, "resource.where: "},
		"another value in where":    {map[string]intstr.IntOrString{"type": text("A")}, nil, driftv1alpha1.ReasonResourceNotFound, "resource.where"},
		"another value in desired":  {nil, map[string]string{"type": `"A"`}, driftv1alpha1.ReasonResourceNotFound, "desired.type"},
		"where goes before desired": {map[string]intstr.IntOrString{"type": text("TXT")}, map[string]string{"type": `"A"`}, driftv1alpha1.ReasonBound, ""},
	} {
		for range 20 { // maps have no order
			got := bindIn(t, v, objectstest.Named("DomainRecord", "api.example.com", c.where, c.desired))
			if got.Ready.Reason != c.reason || !strings.Contains(got.Ready.Message, c.message) {
				t.Errorf("%s: %+v", name, got.Ready)
				break
			}
		}
	}
}

// makeTooLarge makes a declaration what the cache holds of one that is too large.
func makeTooLarge(t *testing.T, p *driftv1alpha1.CloudProvisioned) {
	t.Helper()
	p.Spec.Desired = map[string]apiextensionsv1.JSON{"user_data": {Raw: fmt.Appendf(nil, "%q", strings.Repeat("x", resource.Most.Bytes))}}
	if _, err := objects.CacheTransform()(p); err != nil || objects.TooLarge(p) == "" {
		t.Fatalf("it is not too large: %v", err)
	}
}

// A declaration that was never bound, and can't be, stands in nobody's way.
func TestDuplicateIsDecidedByWhatIsBound(t *testing.T) {
	live := objectstest.Live(t, "Droplet", "3164444", "web-1", nil, nil)
	for name, c := range map[string]struct {
		older func(*driftv1alpha1.CloudProvisioned)
		want  string
	}{
		"bound": {func(*driftv1alpha1.CloudProvisioned) {}, driftv1alpha1.ReasonFixDuplicate},
		"too large": {func(p *driftv1alpha1.CloudProvisioned) {
			makeTooLarge(t, p)
		}, driftv1alpha1.ReasonBound},
		"too large since it was bound": {func(p *driftv1alpha1.CloudProvisioned) {
			makeTooLarge(t, p)
			p.Status.ResourceID = "3164444" // its drifts stay open
		}, driftv1alpha1.ReasonFixDuplicate},
		"no longer the one of its name": {func(p *driftv1alpha1.CloudProvisioned) {
			p.Spec.Resource = driftv1alpha1.ResourceSelector{Kind: "Droplet", Name: "web-9"}
			p.Status.ResourceID = "3164444"
			objects.False(driftv1alpha1.ReasonFixAmbiguousName, "").Set(&p.Status.Conditions, driftv1alpha1.ConditionReady, 1, metav1.NewTime(objectstest.Noon))
		}, driftv1alpha1.ReasonBound},
	} {
		older := objectstest.Named("Droplet", "", nil, nil)
		older.Name, older.UID, older.CreationTimestamp = "older", "older", metav1.NewTime(objectstest.Noon.Add(-time.Hour))
		older.Spec.Resource = driftv1alpha1.ResourceSelector{Kind: "Droplet", ID: "3164444"}
		c.older(older)
		younger := objectstest.Named("Droplet", "", nil, nil)
		younger.CreationTimestamp = metav1.NewTime(objectstest.Noon)
		younger.Spec.Resource = driftv1alpha1.ResourceSelector{Kind: "Droplet", ID: "3164444"}
		v := snapshotOf(t, "Droplet", live)
		v.Declared = []driftv1alpha1.CloudProvisioned{*older, *younger}
		v.takeDeclared()
		if got := bindIn(t, v, younger); got.Ready.Reason != c.want {
			t.Errorf("%s: %+v", name, got.Ready)
		}
	}
}

// Every field that identifies is a plain field of its kind.
func TestIdentifyingFieldsExist(t *testing.T) {
	for _, kind := range kinds.All() {
		for _, field := range kind.Identifying {
			if wrong := checkWhere(kind, map[string]intstr.IntOrString{field: intstr.FromString("x")}); wrong != "" {
				t.Errorf("%s: %s", kind.Schema.Kind, wrong)
			}
		}
	}
}

// What has no name is not looked for by one.
func TestAKindWithoutNames(t *testing.T) {
	p := objectstest.Named("DatabaseFirewall", "backend", nil, map[string]string{"rules": "null"})
	got := bindIn(t, snapshotOf(t, "DatabaseFirewall"), p)
	if got.Ready.Reason != driftv1alpha1.ReasonFixReference || !strings.Contains(got.Ready.Message, "has no name") {
		t.Errorf("%+v", got.Ready)
	}
}
