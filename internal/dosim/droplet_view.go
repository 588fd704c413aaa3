package dosim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
)

// dropletView is a droplet as DigitalOcean shows it. A field of type any with
// omitempty is one that needs a scope of its own: without the scope it is not
// there at all, with it it is there though it be empty.
type dropletView struct {
	ID               int             `json:"id"`
	Name             string          `json:"name"`
	Memory           int             `json:"memory"`
	VCPUs            int             `json:"vcpus"`
	Disk             int             `json:"disk"`
	DiskInfo         []diskInfo      `json:"disk_info"`
	Locked           bool            `json:"locked"`
	Status           string          `json:"status"`
	Kernel           any             `json:"kernel"`
	CreatedAt        string          `json:"created_at"`
	Features         []string        `json:"features"`
	BackupIDs        any             `json:"backup_ids,omitempty"`
	NextBackupWindow any             `json:"next_backup_window"`
	SnapshotIDs      any             `json:"snapshot_ids,omitempty"`
	Image            any             `json:"image,omitempty"`
	VolumeIDs        any             `json:"volume_ids,omitempty"`
	Size             json.RawMessage `json:"size"`
	SizeSlug         string          `json:"size_slug"`
	Networks         networks        `json:"networks"`
	Region           json.RawMessage `json:"region"`
	Tags             any             `json:"tags,omitempty"`
	VPC              any             `json:"vpc_uuid,omitempty"`
	GPUInfo          *gpuInfo        `json:"gpu_info,omitempty"`
}

type networks struct {
	V4 []networkV4 `json:"v4"`
	V6 []networkV6 `json:"v6"`
}

type networkV4 struct {
	Address string `json:"ip_address"`
	Netmask string `json:"netmask"`
	Gateway string `json:"gateway"`
	Type    string `json:"type"`
}

type networkV6 struct {
	Address string `json:"ip_address"`
	Netmask int    `json:"netmask"`
	Gateway string `json:"gateway"`
	Type    string `json:"type"`
}

const timeFormat = "2006-01-02T15:04:05Z"

func (c *call) dropletView(d *droplet) any {
	sz, _ := findSize(d.Size)
	view := dropletView{
		ID: d.ID, Name: d.Name, Memory: sz.Memory, VCPUs: sz.VCPUs, Disk: d.Disk,
		DiskInfo: []diskInfo{{Type: "local", Size: amount{d.Disk, "gib"}}},
		Locked:   c.team.busy(d.ID), Status: d.Status, CreatedAt: d.CreatedAt.Format(timeFormat),
		Features: d.features(), Size: sizeJSON[d.Size], SizeSlug: d.Size,
		Networks: c.networks(d), Region: regionJSON[d.Region], GPUInfo: sz.GPUInfo,
	}
	if d.Backups != nil {
		view.NextBackupWindow = d.Backups.nextWindow(c.now)
	}
	if c.token.has("image:read") {
		view.BackupIDs, view.SnapshotIDs = c.imagesOf(d)
		if img, ok := c.team.imageByID(d.Image); ok {
			view.Image = img.view()
		}
	}
	if c.token.has("block_storage:read") {
		view.VolumeIDs = d.Volumes
	}
	if c.token.has("tag:read") {
		view.Tags = d.Tags
	}
	if c.token.has("vpc:read") {
		view.VPC = d.VPC
	}
	return view
}

func (c *call) imagesOf(d *droplet) (backups, snapshots []int) {
	backups, snapshots = []int{}, []int{}
	for _, i := range c.team.Images.rows {
		switch {
		case i.Droplet != d.ID:
		case i.Type == "backup":
			backups = append(backups, i.ID)
		default:
			snapshots = append(snapshots, i.ID)
		}
	}
	return backups, snapshots
}

// imageByID finds what a droplet was made of, deleted or not.
func (t *team) imageByID(id int) (*image, bool) {
	if n := slices.IndexFunc(publicImages, func(i *image) bool { return i.ID == id }); n >= 0 {
		return publicImages[n], true
	}
	if i, ok := t.Images.get(id); ok {
		return i, true
	}
	return t.DeletedImages.get(id)
}

func (d *droplet) features() []string {
	out := []string{}
	add := func(on bool, name string) {
		if on {
			out = append(out, name)
		}
	}
	// Of a usage-based policy the features say nothing.
	add(d.Backups != nil && !d.Backups.usageBased(), "backups")
	add(d.Monitoring, "monitoring")
	add(d.IPv6, "ipv6")
	add(!d.NoAgent, "droplet_agent")
	add(true, "private_networking")
	return out
}

// The public addresses are of the range for benchmarks and of the one for
// documentation: they lead nowhere.
func (c *call) networks(d *droplet) networks {
	n := networks{V4: []networkV4{}, V6: []networkV6{}}
	if d.Status == "new" {
		return n
	}
	if !d.NoPublic {
		n.V4 = append(n.V4, networkV4{offset("198.18.0.0", d.ID%(1<<17)), "255.254.0.0", "198.18.0.1", "public"})
	}
	n.V4 = append(n.V4, c.team.reservedNetworks(d)...)
	if v, ok := c.team.VPCs.get(d.VPC); ok {
		// No gateway is "nil" in so many letters.
		n.V4 = append(n.V4, networkV4{d.PrivateIP, v.netmask(), "nil", "private"})
	}
	if d.IPv6 {
		address := fmt.Sprintf("2001:db8:0:1::%x:%x", d.ID>>16&0xffff, d.ID&0xffff)
		n.V6 = append(n.V6, networkV6{address, 64, "2001:db8:0:1::1", "public"})
	}
	return n
}

// offset is the nth address after base.
func offset(base string, n int) string {
	a := netip.MustParseAddr(base).As4()
	v := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
	v += uint32(n)
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).String()
}

func listKernels(c *call, _ *droplet) (*reply, error) {
	return list(c, "kernels", []any{}, func(any) any { return nil })
}

func listDropletSnapshots(c *call, d *droplet) (*reply, error) {
	return c.listDropletImages("snapshots", d, "snapshot")
}

func listDropletBackups(c *call, d *droplet) (*reply, error) {
	return c.listDropletImages("backups", d, "backup")
}

func (c *call) listDropletImages(key string, d *droplet, ofType string) (*reply, error) {
	found := c.team.Images.filter(func(i *image) bool { return i.Droplet == d.ID && i.Type == ofType })
	return list(c, key, found, (*image).view)
}

func listDropletFirewalls(c *call, d *droplet) (*reply, error) {
	found := c.team.Firewalls.filter(func(f *firewall) bool { return f.selects(d) })
	return list(c, "firewalls", found, c.firewallView)
}

// No two droplets of a simulated account share a machine.
func listNeighbors(*call, *droplet) (*reply, error) {
	return &reply{http.StatusOK, map[string]any{"droplets": []any{}}}, nil
}

func reportNeighbors(*call) (*reply, error) {
	return &reply{http.StatusOK, map[string]any{"neighbor_ids": []any{}}}, nil
}

func listAssociated(c *call, d *droplet) (*reply, error) {
	type associated struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Cost string `json:"cost"`
	}
	volumes, snapshots, volumeSnapshots := []associated{}, []associated{}, []associated{}
	for _, id := range onlyWith(c, "block_storage:read", d.Volumes) {
		v, _ := c.team.Volumes.get(id)
		volumes = append(volumes, associated{v.ID, v.Name, fmt.Sprintf("%.2f", float64(v.Size)/10)})
	}
	for _, s := range onlyWith(c, "block_storage_snapshot:read", c.team.Snapshots.rows) {
		if slices.Contains(d.Volumes, s.ResourceID) {
			volumeSnapshots = append(volumeSnapshots, associated{s.ID, s.Name, "0.06"})
		}
	}
	for _, i := range onlyWith(c, "image:read", c.team.Images.rows) {
		if i.Droplet == d.ID {
			snapshots = append(snapshots, associated{strconv.Itoa(i.ID), i.Name, "0.06"})
		}
	}
	addresses := []associated{}
	if ip, ok := c.team.reservedIPOf(d.ID); ok && c.token.has("reserved_ip:read") {
		addresses = append(addresses, associated{fmt.Sprint(ipNumber(ip.IP)), ip.IP, "5.00"})
	}
	return &reply{http.StatusOK, map[string]any{
		"reserved_ips": addresses, "floating_ips": addresses, "snapshots": snapshots,
		"volumes": volumes, "volume_snapshots": volumeSnapshots,
	}}, nil
}
