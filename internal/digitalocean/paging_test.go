package digitalocean

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

// volumesPaged is the kind Volume, as it would be with another paging.
func volumesPaged(p kinds.Paging) *kind {
	k := *registry["Volume"]
	k.Listing.Paging = p
	return &k
}

func bare(items []string, links string) string {
	return `{"volumes":[` + strings.Join(items, ",") + `]` + links + `}`
}

func TestPaging(t *testing.T) {
	const next = `,"links":{"pages":{"next":"x"}}`
	all := volumes(3*perPage + 1)
	short := func(page int) string {
		return bare(all[min((page-1)*perPage, len(all)):min(page*perPage, len(all))], "")
	}
	for name, tt := range map[string]struct {
		paging kinds.Paging
		answer func(page int) string
		came   int
		says   string
	}{
		"paged, and no total":          {kinds.Paged, func(int) string { return bare(all[:2], "") }, 2, "does not say how many"},
		"whole, without a total":       {kinds.Whole, func(int) string { return bare(all[:2], "") }, 2, ""},
		"whole, of nothing":            {kinds.Whole, func(int) string { return bare(nil, "") }, 0, ""},
		"whole, more than fill a page": {kinds.Whole, func(int) string { return bare(all, "") }, len(all), ""},
		"whole, with its total":        {kinds.Whole, func(int) string { return pageOf("volumes", all[:2], "{}", 2) }, 2, ""},
		"whole, with another total":    {kinds.Whole, func(int) string { return pageOf("volumes", all[:2], "{}", 3) }, 2, "2 came of 3"},
		"whole, and yet another page":  {kinds.Whole, func(int) string { return bare(all[:2], next) }, 2, "another page"},
		"whole, an id twice":           {kinds.Whole, func(int) string { return bare([]string{all[0], all[0]}, "") }, 1, "came twice"},
		"until short":                  {kinds.UntilShort, short, len(all), ""},
		"until short, of nothing":      {kinds.UntilShort, func(int) string { return bare(nil, "") }, 0, ""},
		"until short, the last one is full": {kinds.UntilShort, func(page int) string {
			if page > 1 {
				return bare(nil, "")
			}
			return bare(all[:perPage], "")
		}, perPage, ""},
		"until short, one page for ever":      {kinds.UntilShort, func(int) string { return short(1) }, perPage, "came twice"},
		"until short, short and not the last": {kinds.UntilShort, func(int) string { return bare(all[:2], next) }, 2, "short and yet not the last"},
		"until short, with another total":     {kinds.UntilShort, func(int) string { return pageOf("volumes", all[:2], "{}", 3) }, 2, "2 came of 3"},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				page, err := strconv.Atoi(r.URL.Query().Get("page"))
				if (err != nil) != (tt.paging == kinds.Whole) {
					t.Errorf("asked for %s", r.URL)
				}
				_, _ = fmt.Fprint(w, tt.answer(max(page, 1)))
			})
			got, err := c.list(t.Context(), volumesPaged(tt.paging), "")
			want := Class("")
			if tt.says != "" {
				want = Incomplete
			}
			wantClass(t, err, want)
			if got.Complete != (want == "") || len(got.Resources) != tt.came {
				t.Errorf("complete %v with %d, want %d", got.Complete, len(got.Resources), tt.came)
			}
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v does not say %q", err, tt.says)
			}
		})
	}
}

// Whatever number a total is, the listing ends, and soon.
func TestAbsurdTotals(t *testing.T) {
	for _, total := range []int{-1, math.MinInt, math.MaxInt, math.MaxInt - 1, 1 << 40} {
		var asked atomic.Int64
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			_, _ = fmt.Fprint(w, pageOf("volumes", volumes(2), `{"pages":{"next":"x"}}`, total))
		})
		got, err := listVolumes(t, c)
		wantClass(t, err, Incomplete)
		if got.Complete || asked.Load() > attempts {
			t.Errorf("a total of %d: complete %v after %d requests", total, got.Complete, asked.Load())
		}
	}
}

// A parent that no path can hold is there, and says nothing of what it holds; nothing else
// is asked for in its place.
func TestParentsThatCannotBeAskedFor(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/domains/example.com/records" {
			t.Errorf("asked for %s", r.URL)
		}
		_, _ = fmt.Fprint(w, pageOf("domain_records", nil, "{}", 0))
	})
	for _, parent := range []string{"..", "example.com", "."} {
		got, err := c.List(t.Context(), "DomainRecord", parent)
		if got.Complete != (parent == "example.com") || got.Complete != (err == nil) {
			t.Errorf("%s: complete %v, %v", parent, got.Complete, err)
		}
	}
}
