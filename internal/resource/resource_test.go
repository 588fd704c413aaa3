package resource

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookup(t *testing.T) {
	droplet := Resource{
		Values: map[string]any{
			"name": "web-1", "status": nil, "backup_policy": map[string]any{"plan": "daily"}, "empty": map[string]any{},
			"size": Raw(`{"slug":"s-1","disk":25}`), "damaged": Raw(`{"slug`),
		},
		Unseen: []string{"image", "networks.v6", `labels["a.b"]`},
	}
	cases := []struct {
		why  string
		path Path
		want any
		seen bool
	}{
		{"a value", Path{"name"}, "web-1", true},
		{"one within another", Path{"backup_policy", "plan"}, "daily", true},
		{"null is an answer", Path{"status"}, nil, true},
		{"one that is not decoded yet", Path{"size", "slug"}, "s-1", true},
		{"one that can't be decoded tells nothing", Path{"damaged", "slug"}, nil, false},
		{"what is not there is seen not to be", Path{"backup_policy", "hour"}, nil, true},
		{"nor is anything below a scalar", Path{"name", "first"}, nil, true},
		{"nor in a resource without it", Path{"vpc_uuid"}, nil, true},
		{"an object as a whole", Path{"empty"}, map[string]any{}, true},
		{"unseen", Path{"image"}, nil, false},
		{"below what is unseen", Path{"image", "slug"}, nil, false},
		{"beside what is unseen", Path{"networks", "v4"}, nil, true},
		{"above what is unseen", Path{"networks"}, nil, true},
		{"unseen by a quoted key", Path{"labels", "a.b", "c"}, nil, false},
		{"a name that only begins like it", Path{"image_id"}, nil, true},
		{"no path finds nothing", nil, nil, true},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, seen := droplet.Lookup(c.path)
			if diff := cmp.Diff(c.want, got); diff != "" || seen != c.seen {
				t.Errorf("seen: %t; -want +got:\n%s", seen, diff)
			}
		})
	}
}

func TestPartial(t *testing.T) {
	droplet := Resource{Unseen: []string{"networks.v6", "image"}}
	for path, want := range map[string]bool{"networks": true, "networks.v6": false, "image": false, "network": false} {
		parsed, err := ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := droplet.Partial(parsed); got != want {
			t.Errorf("%s: %t", path, got)
		}
	}
}
