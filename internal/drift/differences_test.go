package drift

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func live(t testing.TB) resource.Resource {
	return resource.Resource{
		Ref: resource.Ref{Kind: "Thing", ID: "1"},
		Values: object(t, `{"name":"web-1","size_slug":"s-4vcpu-8gb","tags":["prod","web"],
			"image":{"id":1,"slug":"ubuntu"},
			"backup_policy":{"plan":"daily","hour":4},
			"rules":[{"id":"tcp/22","from":["1.2.3.4"]}],
			"networks":{"v4":["1.2.3.4"],"other":{"deep":1}},
			"zone":"A"}`),
	}
}

// endless is a name that no field of the API server's has room for.
var endless = strings.Repeat("x", 2000)

func TestDifferences(t *testing.T) {
	type result struct {
		Differs, Unknown, Unseen []string
		Fields                   int
	}
	cases := []struct {
		why     string
		desired string
		ignore  []string
		unseen  []string
		want    result
	}{
		{why: "the tables' own smoke test: a wrong size, a right name", desired: `{"size_slug":"s-2vcpu-4gb","name":"web-1"}`,
			want: result{Differs: []string{"size_slug"}, Fields: 2}},
		{why: "what is not declared is not compared", desired: `{}`, want: result{}},
		{why: "the top level, then the attributes, leaf by leaf, sorted", want: result{
			Differs: []string{"backup_policy.hour", "backup_policy.plan", `rules["tcp/22"]`, `rules["udp/53"]`, "tags"}, Fields: 5},
			desired: `{"tags":["web"],"backup_policy":{"plan":"weekly","hour":8},"rules":[{"id":"udp/53"}],"name":"web-1"}`},
		{why: "an object that the schema knows, declared as none", desired: `{"backup_policy":null}`,
			want: result{Differs: []string{"backup_policy"}, Fields: 1}},
		{why: "and as a scalar", desired: `{"backup_policy":"daily"}`, want: result{Differs: []string{"backup_policy"}, Fields: 1}},
		{why: "below a field the schema need not name everything", desired: `{"networks":{"v4":["1.2.3.4/32"],"other":{"deep":2}}}`,
			want: result{Differs: []string{"networks.other.deep"}, Fields: 2}},
		{why: "below an object it has to", desired: `{"backup_policy":{"plna":"daily"}}`,
			want: result{Unknown: []string{"backup_policy.plna: backup_policy.plan"}}},
		{why: "a misspelt name is no drift", desired: `{"sise_slug":"x","size":"y","Tags":[]}`,
			want: result{Unknown: []string{"Tags: tags", "sise_slug: size_slug", "size: size_slug"}}},
		{why: "a name that is too long for a drift's field is no name of DigitalOcean's", desired: `{"networks":{"` + endless + `":1,"other":{"deep":1}}}`,
			want: result{Unknown: []string{"networks." + endless + ": networks"}, Fields: 2}},
		{why: "nor is an object that goes too deep", desired: `{"networks":{"other":` + strings.Repeat(`{"a":`, 600) + `1` + strings.Repeat(`}`, 600) + `}}`,
			want: result{Unknown: []string{"networks.other" + strings.Repeat(".a", 600) + ": networks"}, Fields: 1}},
		{why: "characters count, not bytes", desired: `{"networks":{"` + strings.Repeat("é", 1000) + `":1}}`,
			want: result{Differs: []string{`networks["` + strings.Repeat("é", 1000) + `"]`}, Fields: 1}},
		{why: "and as they are written", desired: `{"networks":{"` + strings.Repeat("\u202e", 200) + `":1}}`,
			want: result{Unknown: []string{`networks["` + strings.Repeat(`\u202e`, 200) + `"]: networks`}, Fields: 1}},
		{why: "a long name that is ignored is not mentioned", desired: `{"networks":{"` + endless + `":1}}`, ignore: []string{"networks"}, want: result{}},
		{why: "an element whose key is too long", desired: `{"rules":[{"id":"` + endless + `"}]}`,
			want: result{Differs: []string{`rules["tcp/22"]`}, Unknown: []string{"rules." + endless + ": rules"}, Fields: 1}},
		{why: "a comparison may depend on the resource", desired: `{"zone":"a"}`, want: result{Differs: []string{"zone"}, Fields: 1}},

		{why: "ignored", desired: `{"size_slug":"x","tags":[]}`, ignore: []string{"tags"}, want: result{Differs: []string{"size_slug"}, Fields: 1}},
		{why: "a leaf ignored", desired: `{"backup_policy":{"plan":"x","hour":1}}`, ignore: []string{"backup_policy.hour"},
			want: result{Differs: []string{"backup_policy.plan"}, Fields: 1}},
		{why: "an object ignored", desired: `{"backup_policy":{"plan":"x","hour":1}}`, ignore: []string{"backup_policy"}, want: result{}},
		{why: "a leaf below a field ignored", desired: `{"networks":{"other":{"deep":2}}}`, ignore: []string{"networks.other.deep"}, want: result{}},
		{why: "an element ignored", desired: `{"rules":[{"id":"udp/53"}]}`, ignore: []string{`rules["udp/53"]`},
			want: result{Differs: []string{`rules["tcp/22"]`}, Fields: 1}},
		{why: "an unknown name that is ignored is not mentioned", desired: `{"sise":1}`, ignore: []string{"sise"}, want: result{}},
		{why: "a name that begins like an ignored one is not", desired: `{"name":"x"}`, ignore: []string{"na"},
			want: result{Differs: []string{"name"}, Fields: 1}},

		{why: "unseen is never drift", desired: `{"image":"debian","name":"web-1"}`, unseen: []string{"image"},
			want: result{Unseen: []string{"image"}, Fields: 1}},
		{why: "nor is what is below it", desired: `{"backup_policy":{"plan":"x"}}`, unseen: []string{"backup_policy"},
			want: result{Unseen: []string{"backup_policy.plan"}}},
		{why: "beside it there may be", desired: `{"backup_policy":{"plan":"x","hour":1}}`, unseen: []string{"backup_policy.hour"},
			want: result{Differs: []string{"backup_policy.plan"}, Unseen: []string{"backup_policy.hour"}, Fields: 1}},
		{why: "a value seen in part can't be compared whole", desired: `{"image":"debian"}`, unseen: []string{"image.slug"},
			want: result{Unseen: []string{"image"}}},
		{why: "also below a field", desired: `{"networks":{"v4":["9.9.9.9"],"other":{"deep":2}}}`, unseen: []string{"networks.other"},
			want: result{Differs: []string{"networks.v4"}, Unseen: []string{"networks.other.deep"}, Fields: 1}},
		{why: "unseen and declared empty is not in sync", desired: `{"image":null}`, unseen: []string{"image"}, want: result{Unseen: []string{"image"}}},
		{why: "unseen rules neither come nor go", desired: `{"rules":[{"id":"udp/53"}]}`, unseen: []string{"rules"},
			want: result{Unseen: []string{"rules"}}},
		{why: "unseen but ignored", desired: `{"image":"debian"}`, unseen: []string{"image"}, ignore: []string{"image"}, want: result{}},
		{why: "unseen but not declared", desired: `{"name":"web-1"}`, unseen: []string{"image"}, want: result{Fields: 1}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			observed := live(t)
			observed.Unseen = c.unseen
			var ignore []resource.Path
			for _, text := range c.ignore {
				ignore = append(ignore, path(t, text))
			}
			outcome := Differences(dropletLike, object(t, c.desired), observed, ignore)
			got := result{Fields: outcome.Fields}
			for _, difference := range outcome.Differences {
				got.Differs = append(got.Differs, difference.Path.String())
			}
			for _, unknown := range outcome.Unknown {
				got.Unknown = append(got.Unknown, unknown.Path.String()+": "+unknown.Nearest)
			}
			for _, unseen := range outcome.Unseen {
				got.Unseen = append(got.Unseen, unseen.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestContextReachesTheComparison(t *testing.T) {
	observed := live(t)
	observed.ID = "folded"
	if got := Differences(dropletLike, object(t, `{"zone":"a"}`), observed, nil); len(got.Differences) > 0 {
		t.Errorf("got %v", got.Differences)
	}
}

type doubtful struct{ Comparison }

func (d doubtful) Compare(desired any, live Live) Outcome {
	if live.Value == "either" {
		return undecided
	}
	return d.Comparison.Compare(desired, live)
}

func TestUnknownIsNotObserved(t *testing.T) {
	schema := Schema{Fields: []Field{{Path: "a", Compare: doubtful{Loose}}}}
	for observed, want := range map[string][2]int{"either": {0, 1}, "other": {1, 0}, "wanted": {0, 0}} {
		got := Differences(schema, map[string]any{"a": "wanted"}, resource.Resource{Values: map[string]any{"a": observed}}, nil)
		if counts := [2]int{len(got.Differences), len(got.Unseen)}; counts != want {
			t.Errorf("%s: differences and unseen are %v, want %v", observed, counts, want)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"name", "region", "size_slug", "status", "tags", "image", "vpc_uuid", "backups", "backup_policy.plan", "memory"}
	for wrote, want := range map[string]string{
		"size": "size_slug", "sizeSlug": "size_slug", "size-slug": "size_slug", "tag": "tags", "vpc": "vpc_uuid",
		"image_id": "image", "Region": "region", "regoin": "region", "backup": "backups", "backup_policy.pln": "backup_policy.plan",
		"nmae": "name", "mem": "memory", "plan": "backup_policy.plan",
	} {
		if got := Nearest(wrote, names); got != want {
			t.Errorf("%s: got %s, want %s", wrote, got, want)
		}
	}
	if got := Nearest("x", nil); got != "" {
		t.Errorf("of no names: %q", got)
	}
}
