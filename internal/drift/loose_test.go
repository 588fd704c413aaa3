package drift

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// comparing is one case of a comparison: which places differ, and why that is so.
type comparing struct {
	why               string
	desired, observed string
	differs           []string
}

func tryComparing(t *testing.T, comparison Comparison, cases []comparing) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got := pathsOf(differences(comparison, value(t, c.desired), value(t, c.observed)))
			want := c.differs
			if want == nil {
				want = []string{}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("desired %s, observed %s: -want +got:\n%s", c.desired, c.observed, diff)
			}
		})
	}
}

func TestLoose(t *testing.T) {
	here := []string{"."}
	tryComparing(t, Loose, []comparing{
		{"YAML has numbers where the API has strings", `8`, `"8"`, nil},
		{"and the other way round", `"8"`, `8`, nil},
		{"8.0 is 8", `8.0`, `8`, nil},
		{"8.0 is \"8\"", `8.0`, `"8"`, nil},
		{"an exponent is only a spelling", `8e0`, `8`, nil},
		{"9 is not 8", `9`, `"8"`, here},
		{"a fraction counts", `8.5`, `8`, here},
		{"versions as strings are not numbers", `"1.10"`, `"1.1"`, here},
		{"nor are codes with zeros in front", `"007"`, `7`, here},
		{"ids beyond a float's precision", `9007199254740993`, `9007199254740992`, here},
		{"true is \"true\"", `true`, `"true"`, nil},
		{"true is not false", `true`, `false`, here},
		{"true is not 1", `true`, `1`, here},
		{"false is a value, not empty", `false`, `null`, here},
		{"so is 0", `0`, `null`, here},
		{"case matters", `"Web"`, `"web"`, here},
		{"space matters", `"web "`, `"web"`, here},

		{"null and missing are one to JSON, and empty is like them", `null`, `""`, nil},
		{"null, an empty list", `null`, `[]`, nil},
		{"an empty string, an empty object", `""`, `{}`, nil},
		{"an empty list, an empty object", `[]`, `{}`, nil},
		{"an object of nothing but empty values", `{"a":null,"b":{"c":[]}}`, `null`, nil},
		{"nothing desired, something there", `null`, `"x"`, here},
		{"an empty list desired, something there", `[]`, `["x"]`, here},
		{"an empty object desired, something there", `{}`, `{"plan":"daily"}`, here},
		{"something desired, nothing there", `"x"`, `null`, here},
		{"a list of nothing is an empty list", `[null,""]`, `[]`, nil},

		{"lists are sets: order", `["a","b"]`, `["b","a"]`, nil},
		{"lists are sets: repetition", `["a","a"]`, `["a"]`, nil},
		{"one more", `["a"]`, `["a","b"]`, here},
		{"one less", `["a","b"]`, `["a"]`, here},
		{"one other", `["a"]`, `["b"]`, here},
		{"elements are loose too", `[1,"2"]`, `["2","1"]`, nil},
		{"two elements are not one that looks like both", `["a","b"]`, `["a1:=b"]`, here},
		{"a list of one is not its element", `["a"]`, `"a"`, here},
		{"but one value may be declared for a list of one", `"a"`, `["a"]`, nil},
		{"below an object too", `{"v4":"1.2.3.4"}`, `{"v4":["1.2.3.4"]}`, nil},
		{"in any spelling of it", `5`, `["5"]`, nil},
		{"and not for a list of more", `"a"`, `["a","b"]`, here},
		{"nor for one of another", `"a"`, `["b"]`, here},
		{"nor for none", `"a"`, `[]`, here},
		{"an object is no list of it", `{"a":1}`, `[{"a":1}]`, here},
		{"lists within lists", `[["a","b"],["c"]]`, `[["c"],["b","a"]]`, nil},
		{"a nested list that lacks one", `[["a","b"]]`, `[["a"]]`, here},

		{"objects are compared leaf by leaf", `{"plan":"daily","hour":4}`, `{"plan":"weekly","hour":8}`, []string{"hour", "plan"}},
		{"what is not named is not compared", `{"plan":"daily"}`, `{"plan":"daily","hour":4}`, nil},
		{"a leaf that is not there", `{"plan":"daily"}`, `{}`, []string{"plan"}},
		{"an object that is not there at all", `{"plan":"daily","day":{"of":"week"}}`, `null`, []string{"day.of", "plan"}},
		{"a leaf declared empty", `{"plan":null}`, `{"plan":"daily"}`, []string{"plan"}},
		{"an object is no scalar", `{"plan":"daily"}`, `"daily"`, here},
		{"nor a list", `{"plan":"daily"}`, `["daily"]`, here},
		{"keys that need quotes", `{"a.b/c":1}`, `{"a.b/c":2}`, []string{`["a.b/c"]`}},

		{"an element need not name everything", `[{"ip":"1"}]`, `[{"ip":"1","type":"public"}]`, nil},
		{"but one can't stand for two", `[{"type":"public"}]`, `[{"type":"public","ip":"1"},{"type":"public","ip":"2"}]`, here},
		{"each needs its own, whatever the order they are tried in",
			`[{"type":"public"},{"type":"public","ip":"1"}]`, `[{"type":"public","ip":"1"},{"type":"public","ip":"2"}]`, nil},
		{"and finds it where a first choice has to give way",
			`[{"t":1},{"t":1,"i":1},{"t":1,"i":2}]`, `[{"t":1,"i":1},{"t":1,"i":2},{"t":1,"i":3}]`, nil},
		{"two that want the same one", `[{"i":1},{"i":"1","t":1}]`, `[{"i":1,"t":1},{"i":2,"t":1}]`, here},
	})
}

func TestLooseReportsWhatIsThere(t *testing.T) {
	got := differences(Loose, value(t, `{"a":{"b":[1,2]}}`), value(t, `{"a":{"b":["3","2"]}}`))
	want := []Difference{{Path: path(t, "a.b"), Expected: value(t, `[1,2]`), Actual: value(t, `["2","3"]`)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestForms(t *testing.T) {
	here := []string{"."}
	t.Run("FoldCase", func(t *testing.T) {
		tryComparing(t, FoldCase, []comparing{
			{"slugs have no case", `"NYC3"`, `"nyc3"`, nil},
			{"nor the elements of a list", `["Web","PROD"]`, `["prod","web"]`, nil},
			{"two spellings in a list are one", `["web","WEB"]`, `["web"]`, nil},
			{"other letters are another slug", `"nyc3"`, `"nyc1"`, here},
			{"YAML's folded strings end in a line break", `"nyc3\n"`, `"nyc3"`, nil},
		})
	})
	t.Run("Text", func(t *testing.T) {
		tryComparing(t, Text, []comparing{
			{"a block scalar ends in a line break", `"For the shop\n"`, `"For the shop"`, nil},
			{"line ends of another system", `"a\r\nb"`, `"a\nb"`, nil},
			{"space within counts", `"a  b"`, `"a b"`, here},
			{"case counts", `"Shop"`, `"shop"`, here},
			{"nothing but space is nothing", `" \n"`, `null`, nil},
		})
	})
	t.Run("Number", func(t *testing.T) {
		tryComparing(t, Number, []comparing{
			{"by value, also as strings", `"8.0"`, `"8"`, nil},
			{"a string with space", `" 8"`, `8`, nil},
			{"another number", `"8"`, `"80"`, here},
			{"sets of ids", `["3","1"]`, `[1,3.0]`, nil},
			{"what is no number is compared as it is", `"8GB"`, `8`, here},
		})
	})
	t.Run("Addresses", func(t *testing.T) {
		tryComparing(t, Addresses, []comparing{
			{"IPv6 has many spellings", `"2001:0DB8:0::0001"`, `"2001:db8::1"`, nil},
			{"any", `"0::0/0"`, `"::/0"`, nil},
			{"one address is a network of one", `"1.2.3.4/32"`, `"1.2.3.4"`, nil},
			{"in IPv6 too", `"2001:db8::1/128"`, `"2001:DB8::1"`, nil},
			{"host bits do not change a network", `"10.1.2.3/16"`, `"10.1.0.0/16"`, nil},
			{"another mask does", `"10.1.0.0/16"`, `"10.1.0.0/17"`, here},
			{"another address", `"1.2.3.4"`, `"1.2.3.5"`, here},
			{"any IPv4 is not any IPv6", `"0.0.0.0/0"`, `"::/0"`, here},
			{"an IPv4 address in IPv6 is another family", `"::ffff:1.2.3.4"`, `"1.2.3.4"`, here},
			{"zeros in front are read as octal by some: not the same", `"010.0.0.1"`, `"10.0.0.1"`, here},
			{"what is no address is compared without case", `"Public"`, `"public"`, nil},
		})
	})
	t.Run("Time", func(t *testing.T) {
		tryComparing(t, Time, []comparing{
			{"one instant in two zones", `"2020-07-21T18:37:44Z"`, `"2020-07-21T20:37:44+02:00"`, nil},
			{"a fraction of nothing", `"2020-07-21T18:37:44.000Z"`, `"2020-07-21T18:37:44Z"`, nil},
			{"a second later", `"2020-07-21T18:37:45Z"`, `"2020-07-21T18:37:44Z"`, here},
			{"what is no time is compared as it is", `"today"`, `"Today"`, here},
		})
	})
}

func TestComparisons(t *testing.T) {
	here := []string{"."}
	t.Run("Alias", func(t *testing.T) {
		tryComparing(t, Alias("id", "slug"), []comparing{
			{"by slug", `"ubuntu"`, `{"id":1,"slug":"ubuntu"}`, nil},
			{"by slug without case", `"Ubuntu"`, `{"id":1,"slug":"ubuntu"}`, nil},
			{"by id", `1`, `{"id":1,"slug":"ubuntu"}`, nil},
			{"by id as a string", `"1"`, `{"id":1,"slug":"ubuntu"}`, nil},
			{"another slug", `"debian"`, `{"id":1,"slug":"ubuntu"}`, here},
			{"another id", `2`, `{"id":1,"slug":"ubuntu"}`, here},
			{"any other key is no name", `"x"`, `{"id":1,"name":"x"}`, here},
			{"an object by what it names", `{"slug":"ubuntu"}`, `{"id":1,"slug":"ubuntu"}`, nil},
			{"and each of it", `{"slug":"ubuntu","id":2}`, `{"id":1,"slug":"ubuntu"}`, []string{"id"}},
			{"an object for what is shown by its slug", `{"slug":"nyc3","name":"New York 3"}`, `"nyc3"`, nil},
			{"another object", `{"slug":"nyc1"}`, `"nyc3"`, here},
			{"another object, beside what can't be told", `{"slug":"nyc1","name":"New York 3"}`, `"nyc3"`, here},
			{"an object of which nothing can be told", `{"name":"New York 3"}`, `"nyc3"`, nil},
			{"an empty object", `{}`, `"nyc3"`, here},
			{"an object of nothing", `{"slug":null}`, `"nyc3"`, here},
			{"an object of two names, one of which is shown", `{"slug":"nyc3","id":3}`, `"nyc3"`, nil},
			{"nothing, an object of nothing", `null`, `{"id":null}`, nil},
			{"nothing there", `"ubuntu"`, `null`, here},
			{"nothing desired", `null`, `{"id":1}`, here},
		})
	})
	t.Run("Subset", func(t *testing.T) {
		tryComparing(t, Subset(Fold), []comparing{
			{"others may be there", `["a"]`, `["b","A"]`, nil},
			{"a declared one may not be gone", `["a","c"]`, `["b","a"]`, here},
			{"all gone", `["a"]`, `null`, here},
			{"nothing declared", `[]`, `["b"]`, nil},
			{"null declared", `null`, `["b"]`, nil},
			{"one value declared for a list of one", `"a"`, `["b","A"]`, nil},
			{"and gone", `"a"`, `["b"]`, here},
			{"no list declared", `{"a":1}`, `["a"]`, here},
			{"no list there", `["a"]`, `"a"`, here},
		})
	})
	t.Run("Tolerating", func(t *testing.T) {
		tryComparing(t, Tolerating(SetFoldCase, "agent"), []comparing{
			{"the agent puts itself there", `["ipv6"]`, `["ipv6","Agent"]`, nil},
			{"alone", `[]`, `["agent"]`, nil},
			{"declared, it has to be there", `["ipv6","agent"]`, `["ipv6"]`, here},
			{"others count", `["ipv6"]`, `["ipv6","backups"]`, here},
			{"no list", `"ipv6"`, `"ipv6"`, nil},
			{"one value for a list of one", `"ipv6"`, `["ipv6","agent"]`, nil},
			{"the agent as that value", `"agent"`, `["agent"]`, nil},
			{"and gone", `"agent"`, `[]`, here},
		})
	})
	t.Run("Default", func(t *testing.T) {
		tryComparing(t, Default(value(t, "60"), Number), []comparing{
			{"declared as the default, not shown", `60`, `null`, nil},
			{"declared empty, shown as the default", `null`, `60`, nil},
			{"not shown is not another value", `30`, `""`, here},
			{"declared empty, another value", `[]`, `30`, here},
			{"neither", `{}`, `null`, nil},
			{"as any other", `30`, `30`, nil},
		})
	})
	t.Run("Unset", func(t *testing.T) {
		tryComparing(t, Unset(Loose), []comparing{
			{"left to DigitalOcean", `null`, `"vpc"`, nil},
			{"an empty string too", `""`, `"vpc"`, nil},
			{"chosen", `"a"`, `"b"`, here},
			{"chosen and gone", `"a"`, `null`, here},
		})
		tryComparing(t, Unset(Default(value(t, "0"), Number)), []comparing{
			{"what is as good as nothing is left to DigitalOcean too", `0`, `1800`, nil},
			{"in any spelling", `"0.0"`, `1800`, nil},
			{"another number is chosen", `300`, `1800`, here},
			{"chosen and gone", `300`, `null`, here},
		})
	})
	t.Run("Also", func(t *testing.T) {
		tryComparing(t, Also(FoldCase, swap("www", "www.example.com")), []comparing{
			{"as it stands", `"www"`, `"WWW"`, nil},
			{"in its other reading", `"www"`, `"www.example.com"`, nil},
			{"what is observed has one reading only", `"www.example.com"`, `"www"`, here},
			{"in neither", `"www"`, `"web.example.com"`, here},
			{"what has no other reading", `["www"]`, `["www.example.com"]`, here},
		})
	})
	t.Run("Version", func(t *testing.T) {
		tryComparing(t, Version(), []comparing{
			{"a part of it is any of it", `"1.33"`, `"1.33.4-do.2"`, nil},
			{"a number in YAML", `16`, `"16.4"`, nil},
			{"another minor version", `"1.33"`, `"1.34.0-do.0"`, here},
			{"another patch", `"1.33.4-do.2"`, `"1.33.5-do.0"`, here},
			{"less than is declared", `"1.33.4"`, `"1.33"`, here},
			{"the beginning of a number is not a part", `"1.3"`, `"1.33"`, here},
		})
		tryComparing(t, Upgraded(2), []comparing{
			{"a newer patch came by itself", `"1.31.1-do.0"`, `"1.31.4-do.2"`, nil},
			{"ten is more than nine", `"1.31.9"`, `"1.31.10"`, nil},
			{"an older one did not", `"1.31.4"`, `"1.31.1"`, here},
			{"nor a later minor version", `"1.31.4"`, `"1.32.0"`, here},
			{"nothing there", `"1.31"`, `null`, here},
		})
	})
	t.Run("Between", func(t *testing.T) {
		tryComparing(t, Between(2, 5), []comparing{
			{"the autoscaler moves it between the bounds", `2`, `3`, nil},
			{"the bounds belong to it", `"2"`, `5`, nil},
			{"below", `2`, `1`, here},
			{"above", `2`, `"6"`, here},
			{"above, as declared", `6`, `6.0`, nil},
			{"nothing declared", `null`, `3`, here},
		})
	})
	t.Run("Ordered", func(t *testing.T) {
		tryComparing(t, Ordered(FoldCase), []comparing{
			{"each in its place", `["a","B"]`, `["A","b"]`, nil},
			{"the same in another order", `["a","b"]`, `["b","a"]`, here},
			{"twice is not once", `["a","a"]`, `["a"]`, here},
			{"none", `null`, `[]`, nil},
			{"one value for a list of it", `"a"`, `["a"]`, nil},
			{"an object by what it names", `[{"path":"/"},{"path":"/b"}]`, `[{"path":"/","ttl":1},{"path":"/B"}]`, nil},
		})
	})
	t.Run("Elements", func(t *testing.T) {
		tryComparing(t, services(), []comparing{
			{"by key, whatever the order, and only what is named", `[{"id":"a","size":1}]`, `[{"id":"a","size":"1.0","url":"x"}]`, nil},
			{"one field of one element", `[{"id":"a","size":1},{"id":"b"}]`, `[{"id":"b"},{"id":"a","size":2}]`, []string{"a.size"}},
			{"a list within an element", `[{"id":"a","envs":[{"id":"K","value":"1"},{"id":"L"}]}]`, `[{"id":"a","envs":[{"id":"K","value":"2"}]}]`,
				[]string{"a.envs.K.value", "a.envs.L"}},
			{"one that is missing, one that nobody declared", `[{"id":"a"}]`, `[{"id":"b"}]`, []string{"a", "b"}},
			{"none at all", `[{"id":"a"}]`, `null`, []string{"a"}},
			{"a list whose order counts", `[{"id":"a","routes":["/a","/b"]}]`, `[{"id":"a","routes":["/b","/a"]}]`, []string{"a.routes"}},
			{"two with one key, whatever their order", `[{"id":"a","size":1},{"id":"a","size":2}]`, `[{"id":"a","size":2},{"id":"a","size":1}]`, nil},
			{"an empty element is none", `[{"id":"","a":{}}]`, `null`, nil},
			{"what is no list", `[{"id":"a"}]`, `"x"`, here},
			{"elements that are no objects", `["a"]`, `["b"]`, here},
		})
	})
	t.Run("With", func(t *testing.T) {
		folded := With(func(r resource.Resource) Comparison {
			if r.ID == "folded" {
				return FoldCase
			}
			return Loose
		})
		tryComparing(t, folded, []comparing{{"without a resource it is strict", `"a"`, `"A"`, here}})
		if !folded.Compare("a", Live{Value: "A", Of: resource.Resource{Ref: resource.Ref{ID: "folded"}}}).Equal() {
			t.Error("with one it depends")
		}
	})
}

func TestKeyed(t *testing.T) {
	tryComparing(t, Keyed(elementKey, same, both), []comparing{
		{"the order does not matter", `[{"id":1,"a":"x"},{"id":2}]`, `[{"id":"2"},{"id":1,"a":"x"}]`, nil},
		{"one changed", `[{"id":1,"a":"x"},{"id":2}]`, `[{"id":1,"a":"y"},{"id":2}]`, []string{"1"}},
		{"one added", `[{"id":1}]`, `[{"id":1},{"id":2}]`, []string{"2"}},
		{"one gone, one added", `[{"id":"a/b"}]`, `[{"id":2}]`, []string{"2", `["a/b"]`}},
		{"what a desired element does not name has to be empty", `[{"id":1}]`, `[{"id":1,"open":"all"}]`, []string{"1"}},
		{"empty is like missing", `[{"id":1,"a":[]}]`, `[{"id":1,"a":null}]`, nil},
		{"all gone", `[{"id":1},{"id":2}]`, `null`, []string{"1", "2"}},
		{"none desired", `null`, `[{"id":1},{"id":2}]`, []string{"1", "2"}},
		{"two of one key are merged", `[{"id":1,"x":1},{"id":1,"x":2}]`, `[{"id":1,"x":1}]`, []string{"1"}},
		{"two that are alike are one", `[{"id":1},{"id":1}]`, `[{"id":1}]`, nil},
		{"no list desired", `{"id":1}`, `[{"id":1}]`, []string{"."}},
		{"no list there", `[{"id":1}]`, `"x"`, []string{"."}},
		{"what has no key is known by itself", `["x"]`, `["y"]`, []string{`["\"x\""]`, `["\"y\""]`}},
	})
}
