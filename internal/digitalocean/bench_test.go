package digitalocean_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/digitalocean/godo"

	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// recorded answers the pages of ten thousand droplets from memory, so that what
// is measured is the client.
func recorded(tb testing.TB) *httptest.Server {
	tb.Helper()
	sim := dosim.New()
	if err := sim.Seed("Droplet", 10000); err != nil {
		tb.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	pages := map[string][]byte{}
	for _, query := range []string{"page=%d&per_page=200", "page=%d&per_page=200&type=gpus"} {
		for page := range 50 {
			uri := "/v2/droplets?" + fmt.Sprintf(query, page+1)
			body, err := sim.Change(http.MethodGet, uri, nil)
			if err != nil {
				tb.Fatal(err)
			}
			pages[uri] = body
		}
	}
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(pages[r.URL.RequestURI()])
	})
	server.Start()
	tb.Cleanup(server.Close)
	return server
}

func listTenThousand(tb testing.TB, url string) resource.Listing {
	tb.Helper()
	c, err := digitalocean.NewPool().Client(url, "token")
	if err != nil {
		tb.Fatal(err)
	}
	got, err := c.Without("Droplet", "backups", "backup_policy").List(context.Background(), "Droplet", "")
	if err != nil || len(got.Resources) != 10000 {
		tb.Fatalf("%d droplets: %v", len(got.Resources), err)
	}
	return got
}

func BenchmarkListTenThousandDroplets(b *testing.B) {
	url := recorded(b).URL
	b.ReportAllocs()
	for b.Loop() {
		listTenThousand(b, url)
	}
}

// The baseline: the same pages, by godo alone.
func BenchmarkGodoTenThousandDroplets(b *testing.B) {
	url := recorded(b).URL
	b.ReportAllocs()
	for b.Loop() {
		client, err := godo.New(http.DefaultClient, godo.SetBaseURL(url+"/"))
		if err != nil {
			b.Fatal(err)
		}
		count := 0
		for page := 1; ; page++ {
			droplets, resp, err := client.Droplets.List(context.Background(), &godo.ListOptions{Page: page, PerPage: 200})
			if err != nil {
				b.Fatal(err)
			}
			count += len(droplets)
			if resp.Links.IsLastPage() {
				break
			}
		}
		if _, _, err := client.Droplets.ListWithGPUs(context.Background(), &godo.ListOptions{Page: 1, PerPage: 200}); err != nil {
			b.Fatal(err)
		}
		if count != 10000 {
			b.Fatal(count)
		}
	}
}

// Ten thousand droplets must leave room for the rest of the operator.
func TestTenThousandDropletsAreSmall(t *testing.T) {
	url := recorded(t).URL
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	got := listTenThousand(t, url)
	each := (int64(heap()) - int64(before)) / 10000
	if each > 4<<10 {
		t.Errorf("a droplet takes %d bytes", each)
	}
	t.Log(strconv.FormatInt(each, 10), "bytes a droplet;", strings.ToLower(got.Kind))
	runtime.KeepAlive(got)
}
