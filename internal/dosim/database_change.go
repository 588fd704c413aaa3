package dosim

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// databaseChange is what a cluster is changed to when it is due. What is zero
// stays.
type databaseChange struct {
	Due time.Time `json:"due"`
	// Fails says that the time passes without the effect.
	Fails      bool   `json:"fails,omitempty"`
	Size       string `json:"size,omitempty"`
	Nodes      int    `json:"num_nodes,omitempty"`
	StorageMib int    `json:"storage_size_mib,omitempty"`
	Region     string `json:"region,omitempty"`
	VPC        string `json:"private_network_uuid,omitempty"`
}

// beginDatabaseChange shows a status until patience has ended. Unlike those of
// droplets, a cluster's changes are not among the actions.
func (c *call) beginDatabaseChange(d *databaseCluster, status string, change databaseChange) {
	change.Due = c.now.Add(c.patience())
	change.Fails = c.fault != nil && c.fault.FailAction
	d.Status, d.Next = status, &change
}

// settle brings about a change that is due. A cluster whose creation fails
// stays as if it were created still.
func (d *databaseCluster) settle(now time.Time) {
	if d.Next == nil || d.Next.Due.After(now) {
		return
	}
	next := *d.Next
	d.Next = nil
	switch {
	case !next.Fails:
		d.Size, d.Nodes = cmp.Or(next.Size, d.Size), cmp.Or(next.Nodes, d.Nodes)
		d.StorageMib = cmp.Or(next.StorageMib, d.StorageMib)
		d.Region, d.VPC = cmp.Or(next.Region, d.Region), cmp.Or(next.VPC, d.VPC)
	case d.Status == databaseCreating || d.Status == databaseForking:
		return
	}
	d.Status = databaseOnline
}

func resizeDatabase(c *call, d *databaseCluster) (*reply, error) {
	var req struct {
		Size    string `json:"size"`
		Nodes   int    `json:"num_nodes"`
		Storage *int   `json:"storage_size_mib"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := d.engine().checkLayout(req.Nodes, req.Size); err != nil {
		return nil, err
	}
	// What was added to the storage of the old size is added to the new one's.
	size := databaseSizes[req.Size]
	storage := min(size.base()+d.StorageMib-databaseSizes[d.Size].base(), size.most())
	if req.Storage != nil {
		storage = *req.Storage
	}
	if err := checkStorage(storage, req.Size); err != nil {
		return nil, err
	}
	c.beginDatabaseChange(d, databaseResizing, databaseChange{Size: req.Size, Nodes: req.Nodes, StorageMib: storage})
	d.note(c.now, "cluster_update")
	return &reply{http.StatusAccepted, nil}, nil
}

func migrateDatabase(c *call, d *databaseCluster) (*reply, error) {
	var req struct {
		Region string `json:"region"`
		VPC    string `json:"private_network_uuid"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	r, ok := findRegion(req.Region)
	if !ok || r.Slug == d.Region {
		return nil, invalid("invalid region: %q", req.Region)
	}
	if err := c.checkDatabaseVPC(req.VPC, r.Slug); err != nil {
		return nil, err
	}
	if req.VPC == "" {
		req.VPC = c.defaultVPC(r.Slug).ID
	}
	c.beginDatabaseChange(d, databaseMigrating, databaseChange{Region: r.Slug, VPC: req.VPC})
	d.note(c.now, "cluster_update")
	return &reply{http.StatusAccepted, nil}, nil
}

// upgradeDatabase goes to a newer version, never back. The description has no
// status for it: it shows at once.
func upgradeDatabase(c *call, d *databaseCluster) (*reply, error) {
	var req struct {
		Version string `json:"version"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	to, ok := d.engine().version(req.Version)
	if from, _ := d.engine().version(d.Version); !ok || to <= from {
		return nil, invalid("invalid version: %q is no upgrade of %s %s", req.Version, d.Engine, d.Version)
	}
	d.Version = req.Version
	d.note(c.now, "cluster_update")
	return &reply{http.StatusNoContent, nil}, nil
}

// maintenanceWindow is when DigitalOcean installs updates. Requests give an
// hour without seconds, answers have them.
type maintenanceWindow struct {
	Day         string   `json:"day"`
	Hour        string   `json:"hour"`
	Pending     bool     `json:"pending"`
	Description []string `json:"description,omitempty"`
}

var (
	windowDays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	windowHour = regexp.MustCompile(`^([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?$`)
)

// firstWindow is some time of the week, different from cluster to cluster.
func firstWindow(id string) maintenanceWindow {
	n := 0
	for _, b := range []byte(id) {
		n = n*31 + int(b)
	}
	n &= 1<<30 - 1
	return maintenanceWindow{
		Day: windowDays[n%len(windowDays)], Hour: fmt.Sprintf("%02d:%02d:%02d", n/7%24, n/168%60, n/10080%60),
	}
}

func setMaintenance(c *call, d *databaseCluster) (*reply, error) {
	var req maintenanceWindow
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	day := strings.ToLower(req.Day)
	if !slices.Contains(windowDays, day) {
		return nil, invalid("invalid day: %q", req.Day)
	}
	parts := windowHour.FindStringSubmatch(req.Hour)
	if parts == nil {
		return nil, invalid("invalid hour: %q", req.Hour)
	}
	d.Window.Day = day
	d.Window.Hour = fmt.Sprintf("%02d:%s:%s", atoi(parts[1], 0), parts[2], cmp.Or(parts[3], "00"))
	return &reply{http.StatusNoContent, nil}, nil
}

// installUpdate does now what was pending for the window.
func installUpdate(c *call, d *databaseCluster) (*reply, error) {
	if d.Window.Pending {
		d.Window.Pending, d.Window.Description = false, nil
		d.note(c.now, "cluster_maintenance_perform")
	}
	return &reply{http.StatusNoContent, nil}, nil
}

// storageAutoscale is when storage is added, and how much.
type storageAutoscale struct {
	Enabled   bool `json:"enabled"`
	Threshold int  `json:"threshold_percent,omitempty"`
	Increment int  `json:"increment_gib,omitempty"`
}

func (a *storageAutoscale) check() error {
	switch {
	case a.Threshold != 0 && (a.Threshold < 15 || a.Threshold > 95):
		return invalid("threshold_percent must be between 15 and 95")
	case a.Increment != 0 && (a.Increment < 10 || a.Increment > 500):
		return invalid("increment_gib must be between 10 and 500")
	}
	return nil
}

// getAutoscale answers as described, and as godo reads it.
func getAutoscale(_ *call, d *databaseCluster) (*reply, error) {
	return &reply{http.StatusOK, object{"autoscale": object{"storage": d.Autoscale}, "storage": d.Autoscale}}, nil
}

func setAutoscale(c *call, d *databaseCluster) (*reply, error) {
	var req struct {
		Storage storageAutoscale `json:"storage"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := req.Storage.check(); err != nil {
		return nil, err
	}
	d.Autoscale = req.Storage
	return &reply{http.StatusNoContent, nil}, nil
}

const maxCNAMEs = 16

var hostName = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)+$`)

func (s *databaseSettings) check() error {
	if len(s.CNAMEs) > maxCNAMEs {
		return invalid("at most %d service_cnames are allowed", maxCNAMEs)
	}
	for _, name := range s.CNAMEs {
		if len(name) > 253 || !hostName.MatchString(name) {
			return invalid("invalid service_cname: %q", name)
		}
	}
	return nil
}

func setDatabaseSettings(c *call, d *databaseCluster) (*reply, error) {
	var req struct {
		Settings *databaseSettings `json:"do_settings"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.Settings == nil {
		return nil, invalid("do_settings is required")
	}
	if err := req.Settings.check(); err != nil {
		return nil, err
	}
	d.Settings = *req.Settings
	return &reply{http.StatusNoContent, nil}, nil
}
