package dosim

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
)

// catalogKind serves what every account sees alike and nobody can change.
var catalogKind = kind{name: "Catalog", routes: []route{
	{pattern: "GET /v2/regions", scope: "regions:read", handle: func(c *call) (*reply, error) {
		return list(c, "regions", regions, func(r region) any { return r })
	}},
	{pattern: "GET /v2/sizes", scope: "sizes:read", handle: func(c *call) (*reply, error) {
		return list(c, "sizes", sizes, func(s size) any { return s })
	}},
}}

type region struct {
	Name      string   `json:"name"`
	Slug      string   `json:"slug"`
	Features  []string `json:"features"`
	Available bool     `json:"available"`
	Sizes     []string `json:"sizes"`
}

type size struct {
	Slug         string     `json:"slug"`
	Memory       int        `json:"memory"`
	VCPUs        int        `json:"vcpus"`
	Disk         int        `json:"disk"`
	Transfer     float64    `json:"transfer"`
	PriceMonthly float64    `json:"price_monthly"`
	PriceHourly  float64    `json:"price_hourly"`
	Regions      []string   `json:"regions"`
	Available    bool       `json:"available"`
	Description  string     `json:"description"`
	DiskInfo     []diskInfo `json:"disk_info"`
	GPUInfo      *gpuInfo   `json:"gpu_info,omitempty"`
}

type amount struct {
	Amount int    `json:"amount"`
	Unit   string `json:"unit"`
}

type diskInfo struct {
	Type string `json:"type"`
	Size amount `json:"size"`
}

type gpuInfo struct {
	Count int    `json:"count"`
	Model string `json:"model"`
	VRAM  amount `json:"vram"`
}

func (s size) isGPU() bool { return s.GPUInfo != nil }

var gpuRegions = []string{"ams3", "nyc2", "tor1"}

var sizes = func() []size {
	plain := func(slug, what string, memory, vcpus, disk int, transfer, price float64) size {
		return size{
			Slug: slug, Memory: memory, VCPUs: vcpus, Disk: disk, Transfer: transfer,
			PriceMonthly: price, PriceHourly: math.Round(price/672*1e5) / 1e5,
			Available: true, Description: what,
			DiskInfo: []diskInfo{{Type: "local", Size: amount{disk, "gib"}}},
		}
	}
	gpu := func(s size, model string, count, vram int) size {
		s.GPUInfo = &gpuInfo{Count: count, Model: model, VRAM: amount{vram, "gib"}}
		return s
	}
	return []size{
		plain("s-1vcpu-512mb-10gb", "Basic", 512, 1, 10, 0.5, 4),
		plain("s-1vcpu-1gb", "Basic", 1024, 1, 25, 1, 6),
		plain("s-1vcpu-1gb-amd", "Basic AMD", 1024, 1, 25, 1, 7),
		plain("s-1vcpu-1gb-intel", "Basic Intel", 1024, 1, 25, 1, 7),
		plain("s-1vcpu-2gb", "Basic", 2048, 1, 50, 2, 12),
		plain("s-1vcpu-2gb-intel", "Basic Intel", 2048, 1, 50, 2, 14),
		plain("s-2vcpu-2gb", "Basic", 2048, 2, 60, 3, 18),
		plain("s-2vcpu-4gb", "Basic", 4096, 2, 80, 4, 24),
		plain("s-2vcpu-4gb-amd", "Basic AMD", 4096, 2, 80, 4, 28),
		plain("s-2vcpu-4gb-intel", "Basic Intel", 4096, 2, 80, 4, 28),
		plain("s-4vcpu-8gb", "Basic", 8192, 4, 160, 5, 48),
		plain("s-4vcpu-8gb-amd", "Basic AMD", 8192, 4, 160, 5, 56),
		plain("s-8vcpu-16gb", "Basic", 16384, 8, 320, 6, 96),
		plain("c-2", "CPU-Optimized", 4096, 2, 25, 4, 42),
		plain("c-4", "CPU-Optimized", 8192, 4, 50, 5, 84),
		plain("c-8", "CPU-Optimized", 16384, 8, 100, 6, 168),
		plain("g-2vcpu-8gb", "General Purpose", 8192, 2, 25, 4, 63),
		plain("g-4vcpu-16gb", "General Purpose", 16384, 4, 50, 5, 126),
		plain("m-2vcpu-16gb", "Memory-Optimized", 16384, 2, 50, 4, 84),
		plain("so-2vcpu-16gb", "Storage-Optimized", 16384, 2, 300, 4, 131),
		gpu(plain("gpu-h100x1-80gb", "H100 GPU - 1X", 245760, 20, 720, 15, 2522.88), "nvidia_h100", 1, 80),
		gpu(plain("gpu-h100x8-640gb", "H100 GPU - 8X", 1966080, 160, 2046, 60, 17796.48), "nvidia_h100", 8, 640),
		gpu(plain("gpu-l40sx1-48gb", "L40S GPU - 1X", 65536, 8, 500, 10, 1168.08), "nvidia_l40s", 1, 48),
	}
}()

var regions = func() []region {
	names := []region{
		{Slug: "nyc1", Name: "New York 1"}, {Slug: "nyc2", Name: "New York 2"}, {Slug: "nyc3", Name: "New York 3"},
		{Slug: "ams3", Name: "Amsterdam 3"}, {Slug: "sfo2", Name: "San Francisco 2"}, {Slug: "sfo3", Name: "San Francisco 3"},
		{Slug: "sgp1", Name: "Singapore 1"}, {Slug: "lon1", Name: "London 1"}, {Slug: "fra1", Name: "Frankfurt 1"},
		{Slug: "tor1", Name: "Toronto 1"}, {Slug: "blr1", Name: "Bangalore 1"}, {Slug: "syd1", Name: "Sydney 1"},
	}
	for i := range names {
		r := &names[i]
		r.Available = true
		r.Features = []string{"backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer"}
		for j := range sizes {
			if sizes[j].isGPU() && !slices.Contains(gpuRegions, r.Slug) {
				continue
			}
			r.Sizes = append(r.Sizes, sizes[j].Slug)
			sizes[j].Regions = append(sizes[j].Regions, r.Slug)
		}
	}
	return names
}()

// publicImages are the distributions' images. They are shared by all teams;
// a team's own snapshots are in its Images.
var publicImages = func() []*image {
	all := make([]string, 0, len(regions))
	for _, r := range regions {
		all = append(all, r.Slug)
	}
	var out []*image
	for i, v := range []struct{ distribution, name, slug string }{
		{"Ubuntu", "22.04 (LTS) x64", "ubuntu-22-04-x64"},
		{"Ubuntu", "24.04 (LTS) x64", "ubuntu-24-04-x64"},
		{"Ubuntu", "25.10 x64", "ubuntu-25-10-x64"},
		{"Debian", "12 x64", "debian-12-x64"},
		{"Debian", "13 x64", "debian-13-x64"},
		{"Fedora", "42 x64", "fedora-42-x64"},
		{"Rocky Linux", "9 x64", "rockylinux-9-x64"},
		{"CentOS", "9 Stream x64", "centos-stream-9-x64"},
		{"Ubuntu", "Docker on Ubuntu 22.04", "docker-20-04"},
		// The examples of DigitalOcean's description are of these.
		{"Ubuntu", "16.04 (LTS) x64", "ubuntu-16-04-x64"},
		{"Ubuntu", "20.04 (LTS) x64", "ubuntu-20-04-x64"},
	} {
		slug := v.slug
		kind := "base"
		if strings.HasPrefix(slug, "docker") {
			kind = "snapshot" // what DigitalOcean calls its one-click images
		}
		out = append(out, &image{
			ID: 195932981 + i, Name: v.name, Type: kind, Distribution: v.distribution, Slug: &slug,
			Public: true, Regions: all, MinDiskSize: 7, SizeGigabytes: 0.65, Description: v.distribution + " " + v.name,
			CreatedAt: time.Date(2025, 10, 1, 12, i, 0, 0, time.UTC), Tags: []string{}, Status: "available",
		})
	}
	return out
}()

// rendered is the JSON of what never changes, encoded once: a listing of
// droplets repeats each region and size on every row.
func rendered[T any](items []T, slug func(T) string) map[string]json.RawMessage {
	out := make(map[string]json.RawMessage, len(items))
	for _, item := range items {
		data, err := json.Marshal(item)
		if err != nil {
			panic(err) // plain structs of this package
		}
		out[slug(item)] = data
	}
	return out
}

var (
	regionJSON = rendered(regions, func(r region) string { return r.Slug })
	sizeJSON   = rendered(sizes, func(s size) string { return s.Slug })
)

func findRegion(slug string) (region, bool) {
	i := slices.IndexFunc(regions, func(r region) bool { return r.Slug == strings.ToLower(slug) })
	if i < 0 {
		return region{}, false
	}
	return regions[i], true
}

func findSize(slug string) (size, bool) {
	i := slices.IndexFunc(sizes, func(s size) bool { return s.Slug == strings.ToLower(slug) })
	if i < 0 {
		return size{}, false
	}
	return sizes[i], true
}
