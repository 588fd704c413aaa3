package drift

import (
	"slices"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func rulesOf(t *testing.T, texts ...string) []resource.Path {
	t.Helper()
	var out []resource.Path
	for _, text := range texts {
		out = append(out, path(t, text))
	}
	return out
}

var ignoreSchema = Schema{Kind: "Thing", Fields: []Field{
	{Path: "name", Compare: Loose},
	{Path: "tags", Compare: SetFoldCase},
	{Path: "labels", Compare: Loose, Members: Members{AnyName: {}}},
	{Path: "policy.plan", Compare: Loose},
	{Path: "policy.hour", Compare: Number},
	{Path: "image", Compare: Alias("id", "slug"), Members: Named("id", "slug")},
	{Path: "rules", Key: func(e any) string { o, _ := e.(map[string]any); s, _ := scalarText(o["key"]); return s },
		Elements: []Field{{Path: "key", Compare: Loose}, {Path: "port", Compare: Number}}},
}}

func TestIgnoring(t *testing.T) {
	const matches, nothing, undecided = IgnoreMatches, IgnoreMatchesNothing, IgnoreUndecided
	for name, tt := range map[string]struct {
		desired, observed string
		unseen            []string
		ignore            []string
		differ            []string
		ignored           int
		uses              []IgnoreUse
	}{
		"a field": {desired: `{"name":"a","tags":["b"]}`, observed: `{"name":"x","tags":["b"]}`,
			ignore: []string{"name"}, ignored: 1, uses: []IgnoreUse{matches}},
		"a field that does not differ": {desired: `{"name":"a"}`, observed: `{"name":"a"}`,
			ignore: []string{"name"}, uses: []IgnoreUse{matches}},
		"a field that nobody declares": {desired: `{"name":"a"}`, observed: `{"name":"a","tags":["b"]}`,
			ignore: []string{"tags"}, uses: []IgnoreUse{nothing}},
		"elements of a set": {desired: `{"tags":["web"]}`, observed: `{"tags":["web","K8S:1","k8s:2"]}`,
			ignore: []string{`tags["k8s:*"]`}, ignored: 1, uses: []IgnoreUse{matches}},
		"elements of a set, of which another differs too": {desired: `{"tags":["web"]}`, observed: `{"tags":["db","k8s:1"]}`,
			ignore: []string{`tags["k8s:*"]`}, differ: []string{`tags ["web"] ["db"]`}, uses: []IgnoreUse{matches}},
		"an element that is declared and gone": {desired: `{"tags":["web","k8s:1"]}`, observed: `{"tags":["web"]}`,
			ignore: []string{`tags["k8s:1"]`}, ignored: 1, uses: []IgnoreUse{matches}},
		"what is expected stays as it is declared": {desired: `{"tags":["web","k8s:1"]}`, observed: `{"tags":["db","k8s:2"]}`,
			ignore: []string{`tags["k8s:*"]`}, differ: []string{`tags ["web","k8s:1"] ["db"]`}, uses: []IgnoreUse{matches}},
		"one value that stands for a list": {desired: `{"tags":"k8s:1"}`, observed: `{"tags":[]}`,
			ignore: []string{`tags["k8s:*"]`}, ignored: 1, uses: []IgnoreUse{matches}},
		"all elements": {desired: `{"tags":["web"]}`, observed: `{"tags":["db"]}`,
			ignore: []string{`tags["*"]`}, ignored: 1, uses: []IgnoreUse{matches}},
		"no such element": {desired: `{"tags":["web"]}`, observed: `{"tags":["web","k8s-worker"]}`,
			ignore: []string{`tags["k8s:*"]`}, differ: []string{`tags ["web"] ["k8s-worker","web"]`}, uses: []IgnoreUse{nothing}},
		"elements of a set that can't be seen": {desired: `{"tags":["web"]}`, observed: `{}`, unseen: []string{"tags"},
			ignore: []string{`tags["k8s:*"]`}, uses: []IgnoreUse{undecided}},
		"a scalar is no list": {desired: `{"name":"a"}`, observed: `{"name":"b"}`,
			ignore: []string{`name["*"]`}, differ: []string{`name "a" "b"`}, uses: []IgnoreUse{nothing}},
		"an element by its key": {desired: `{"rules":[{"key":"a/1","port":1}]}`, observed: `{"rules":[{"key":"a/1","port":2},{"key":"b/1"}]}`,
			ignore: []string{`rules["b/*"]`}, differ: []string{`rules["a/1"].port 1 2`}, ignored: 1, uses: []IgnoreUse{matches}},
		"a field of an element": {desired: `{"rules":[{"key":"a","port":1}]}`, observed: `{"rules":[{"key":"a","port":2}]}`,
			ignore: []string{`rules["*"].port`}, ignored: 1, uses: []IgnoreUse{matches}},
		"an element that is equal on both sides": {desired: `{"rules":[{"key":"a","port":1}]}`, observed: `{"rules":[{"key":"a","port":1}]}`,
			ignore: []string{`rules["a"]`, `rules.a.port`, `rules["b"]`, `rules["a"].colour`}, uses: []IgnoreUse{matches, matches, nothing, nothing}},
		"a member of an object": {desired: `{"labels":{"a":"1","b/c":"2"}}`, observed: `{"labels":{"a":"2","b/c":"3"}}`,
			ignore: []string{`labels["b/*"]`}, differ: []string{`labels.a "1" "2"`}, ignored: 1, uses: []IgnoreUse{matches}},
		"a member that is equal": {desired: `{"labels":{"a":"1"}}`, observed: `{"labels":{"a":"1","b":"2"}}`,
			ignore: []string{`labels.a`, `labels.c`}, uses: []IgnoreUse{matches, nothing}},
		"an object of fields": {desired: `{"policy":{"plan":"a","hour":1}}`, observed: `{"policy":{"plan":"b","hour":2}}`,
			ignore: []string{"policy"}, ignored: 2, uses: []IgnoreUse{matches}},
		"a misspelt name, which is not reported then": {desired: `{"nmae":"a"}`, observed: `{}`,
			ignore: []string{"nmae"}, uses: []IgnoreUse{matches}},
		"something in what is misspelt": {desired: `{"image":{"slog":"a"}}`, observed: `{"image":{"slug":"b"}}`,
			ignore: []string{"image.slug"}, uses: []IgnoreUse{undecided}},
	} {
		t.Run(name, func(t *testing.T) {
			observed := resource.Resource{Values: object(t, tt.observed), Unseen: tt.unseen}
			desired := object(t, tt.desired)
			got := Differences(ignoreSchema, desired, observed, rulesOf(t, tt.ignore...))
			var differ []string
			for _, d := range got.Differences {
				differ = append(differ, d.Path.String()+" "+string(resource.Canonical(d.Expected))+" "+string(resource.Canonical(d.Actual)))
			}
			if !slices.Equal(differ, tt.differ) {
				t.Errorf("it differs in %q, want %q", differ, tt.differ)
			}
			if got.Ignored != tt.ignored || !slices.Equal(got.IgnoreUses, tt.uses) {
				t.Errorf("%d are ignored by %v, want %d by %v", got.Ignored, got.IgnoreUses, tt.ignored, tt.uses)
			}
			adoptAll(t, desired, observed, got.Differences, rulesOf(t, tt.ignore...))
		})
	}
}

// adoptAll accepts each difference from what is recorded of it alone, as an accept does.
func adoptAll(t *testing.T, desired map[string]any, observed resource.Resource, all []Difference, ignore []resource.Path) {
	t.Helper()
	for _, d := range all {
		expected, differs := Expected(ignoreSchema, desired, d.Actual, d.Path)
		if !differs || resource.Hash(expected) != resource.Hash(d.Expected) {
			t.Errorf("%s: %v is expected (%v), want %v", d.Path, expected, differs, d.Expected)
		}
		adopted, err := Adopt(ignoreSchema, desired, d.Actual, d.Path)
		if err != nil {
			t.Fatal(err)
		}
		desired = adopted
	}
	if left := Differences(ignoreSchema, desired, observed, ignore).Differences; len(left) > 0 {
		t.Errorf("with all of them accepted, %v still differ", left)
	}
}

func TestPatterns(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		stands        bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"*", "", true}, {"*", "a/b", true}, {"a*", "ab", true}, {"a*", "ba", false},
		{"*a", "ba", true}, {"a*a", "a", false}, {"a*a", "aa", true}, {"a*b*c", "axbxc", true}, {"a*b*c", "axcxb", false}, {"**", "x", true},
	} {
		if got := stands(tt.pattern, tt.text); got != tt.stands {
			t.Errorf("%q stands for %q: %v", tt.pattern, tt.text, got)
		}
	}
}

func TestKnows(t *testing.T) {
	for text, meant := range map[string]string{
		"name": "", "policy": "", "policy.plan": "", "tags": "", `tags["k8s:*"]`: "", "rules.a.port": "", `image.slug`: "", "labels.any": "", `policy["*"]`: "", `policy["h*"]`: "", `rules["*"].port`: "",
		"nmae": "name", "polcy": "policy", "image.slog": "image.slug", "teapot": "?", `["*"]`: "?", `["pol*"].plan`: "?", `policy["x*"]`: "?",
	} {
		unknown, known := ignoreSchema.Knows(path(t, text))
		if known != (meant == "") {
			t.Errorf("%s is known: %v", text, known)
		}
		if !known && meant != "?" && unknown.Nearest != meant {
			t.Errorf("%s: did you mean %q? want %q", text, unknown.Nearest, meant)
		}
	}
}
