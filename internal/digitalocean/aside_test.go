package digitalocean

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// twofold is a kind two of whose fields are told by an endpoint each.
func twofold(t *testing.T) *kind {
	t.Helper()
	k := *registry["Volume"]
	k.Name = "Twofold"
	for _, path := range []string{"policy", "price"} {
		k.Asides = append(k.Asides, kinds.Aside{
			What: "the " + path, Paths: []string{path},
			List: "v2/" + path, ListKey: path, Get: "v2/%s/" + path, ItemKey: path,
			Members: drift.Named("is"),
			Tells: func(told map[string]any) map[string]any {
				return map[string]any{path: told["is"], "other": "not its own"}
			},
		})
		k.fields = append(slices.Clone(k.fields), field{path: path, read: plain})
	}
	registry[k.Name] = &k
	t.Cleanup(func() { delete(registry, k.Name) })
	return &k
}

// Each endpoint fills in its own fields, of one resource as of all. One that may not be asked
// leaves them unseen, one that nobody wants is not asked, and one that fails fails the whole.
func TestTwoEndpointsTellOfOneKind(t *testing.T) {
	k := twofold(t)
	for _, tt := range []struct {
		why    string
		status map[string]int
		less   string
		policy any
		price  any
		asked  []string
		class  Class
	}{
		{why: "both", policy: "daily", price: "5", asked: []string{"policy", "price"}},
		{why: "one is hidden", status: map[string]int{"price": 403}, policy: "daily", asked: []string{"policy", "price"}},
		{why: "one is not there", status: map[string]int{"policy": 404}, price: "5", asked: []string{"policy", "price"}},
		{why: "one is not wanted", less: "policy", price: "5", asked: []string{"price"}},
		{why: "one fails", status: map[string]int{"policy": 422}, class: Invalid, asked: []string{"policy"}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			var mu sync.Mutex
			asked := map[string]bool{}
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				what := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
				mu.Lock()
				asked[what] = true
				mu.Unlock()
				is := map[string]string{"policy": `{"is":"daily"}`, "price": `{"is":"5"}`}[what]
				switch {
				case tt.status[what] != 0:
					refuse(w, tt.status[what], "refused", "no")
				case what == "volumes":
					_, _ = fmt.Fprint(w, pageOf("volumes", volumes(1), "{}", 1))
				case is == "":
					_, _ = fmt.Fprintf(w, `{"volume":%s}`, volumeBody(1))
				case strings.Contains(r.URL.Path, "volume-1"):
					_, _ = fmt.Fprintf(w, `{%q:%s}`, what, is)
				default:
					_, _ = fmt.Fprintf(w, `{%q:{"volume-1":%s},"meta":{"total":1}}`, what, is)
				}
			})
			if tt.less != "" {
				c = c.Without(k.Name, tt.less)
			}
			check := func(res resource.Resource, err error) {
				t.Helper()
				if wantClass(t, err, tt.class); err != nil {
					return
				}
				for path, want := range map[string]any{"policy": tt.policy, "price": tt.price} {
					if res.Values[path] != want || slices.Contains(res.Unseen, path) != (want == nil) {
						t.Errorf("%s is %v, unseen %v; want %v", path, res.Values[path], res.Unseen, want)
					}
				}
				if _, told := res.Values["other"]; told {
					t.Error("an endpoint told a field that is not its own")
				}
				for _, what := range []string{"policy", "price"} {
					if asked[what] != slices.Contains(tt.asked, what) {
						t.Errorf("asked for %v, want %v", asked, tt.asked)
					}
				}
				clear(asked)
			}
			listing, err := c.List(t.Context(), k.Name, "")
			if err == nil && len(listing.Resources) != 1 {
				t.Fatalf("listed %v", listing)
			}
			check(append(listing.Resources, resource.Resource{})[0], err)
			check(c.Get(t.Context(), k.Name, "volume-1"))
		})
	}
}
