package dosim

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// databaseRecordKind serves what happened to a cluster, its backups, and the
// certificate by which clients know it.
var databaseRecordKind = kind{name: "DatabaseRecord", routes: []route{
	{pattern: "GET /v2/databases/{database}/events", scope: databaseRead, handle: onDatabase(func(c *call, d *databaseCluster) (*reply, error) {
		return unpaged(c, "events", d.Events, func(e databaseEvent) any { return e })
	})},
	{pattern: "GET /v2/databases/{database}/backups", scope: databaseRead, handle: whileOnline(listBackups)},
	{pattern: "GET /v2/databases/{database}/ca", scope: databaseRead, handle: onDatabase(func(c *call, _ *databaseCluster) (*reply, error) {
		certificate, err := c.team.databaseCA()
		if err != nil {
			return nil, err
		}
		return &reply{http.StatusOK, object{"ca": map[string][]byte{"certificate": certificate}}}, nil
	})},
}}

type databaseEvent struct {
	ID      string `json:"id"`
	Cluster string `json:"cluster_name"`
	Type    string `json:"event_type"`
	At      string `json:"create_time"`
}

// note adds an event to the cluster's.
func (d *databaseCluster) note(now time.Time, event string) {
	d.Events = append(d.Events, databaseEvent{uuid.NewString()[:8], d.Name, event, stamp(now).Format(time.RFC3339)})
}

const (
	// firstBackup is how long after its creation a cluster has a backup.
	firstBackup    = 5 * time.Minute
	backupInterval = 24 * time.Hour
	backupsKept    = 7
)

// backups are when there was one: daily, and kept for a week.
func (d *databaseCluster) backups(now time.Time) []time.Time {
	out := []time.Time{}
	if d.engine().caching {
		return out
	}
	for at := d.CreatedAt.Add(firstBackup); !at.After(now); at = at.Add(backupInterval) {
		out = append(out, at)
	}
	return out[max(len(out)-backupsKept, 0):]
}

func listBackups(c *call, d *databaseCluster) (*reply, error) {
	if d.engine().caching {
		return nil, invalid("backups are not supported by %s", d.Engine)
	}
	at := d.CreatedAt.Add(firstBackup)
	views := []any{}
	for _, created := range d.backups(c.now) {
		views = append(views, object{"created_at": created, "size_gigabytes": 0.03357696, "incremental": false})
	}
	return &reply{http.StatusOK, object{
		"backups": c.distort(views),
		"scheduled_backup_time": object{
			"backup_hour": at.Hour(), "backup_minute": at.Minute(), "backup_interval_hours": int(backupInterval.Hours()),
		},
	}}, nil
}

// databaseCA is the authority of a team's clusters, the same each time.
func (t *team) databaseCA() ([]byte, error) {
	seed := sha256.Sum256([]byte("database CA of " + t.UUID))
	key := ed25519.NewKeyFromSeed(seed[:])
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: t.UUID + " Project CA"},
		NotBefore: t.ProjectCreated, NotAfter: t.ProjectCreated.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(nil, of, of, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making the databases' authority: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
