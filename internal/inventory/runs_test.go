package inventory

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

// slowRecords is an account whose domains take a quarter of an hour to be asked for their records.
func slowRecords(t *testing.T, run func(t *testing.T, account *driftv1alpha1.CloudAccount, cloud *fakeCloud, runs *Runs, told *atomic.Int64)) {
	synctest.Test(t, func(t *testing.T) {
		account := objectstest.Account()
		cloud := &fakeCloud{list: func(context.Context, string) error { return nil }, has: map[string][]string{"Domain": {"a.example"}}}
		cloud.takes = func(kind string) time.Duration {
			if kind == "DomainRecord" {
				return 15 * time.Minute
			}
			return 0
		}
		var told atomic.Int64
		runs := NewRuns(syncerOf(objectstest.Stored(t, interceptor.Funcs{}, account)), func(types.NamespacedName) { told.Add(1) })
		run(t, account, cloud, runs, &told)
		synctest.Wait()
	})
}

// One expensive kind keeps no other's verdicts waiting, nor anything else of the account.
func TestWhatIsListedIsKnownBeforeASlowKindEnds(t *testing.T) {
	slowRecords(t, func(t *testing.T, account *driftv1alpha1.CloudAccount, cloud *fakeCloud, runs *Runs, told *atomic.Int64) {
		ended := false
		runs.Begin(t.Context(), account, Connection{Cloud: cloud}, true, func(_ *Report, err error) { ended = err == nil })
		began := time.Now()
		report, err := runs.Collect(t.Context(), account.UID, 10*time.Second)
		if err != nil || report == nil || report.Ended || time.Since(began) > 10*time.Second {
			t.Fatalf("%+v, %v after %s", report, err, time.Since(began))
		}
		report.Into(&account.Status)
		if account.Status.LastSyncTime != nil || objects.KindStatus(account, "Droplet").ObservedAt == nil || objects.KindStatus(account, "DomainRecord").Kind != "" {
			t.Errorf("%+v", account.Status)
		}
		if again, err := runs.Collect(t.Context(), account.UID, 0); again != nil || err != nil || !runs.Under(account.UID) || told.Load() != 0 {
			t.Errorf("%+v, %v; under way: %v", again, err, runs.Under(account.UID))
		}
		time.Sleep(time.Hour)
		if !ended || told.Load() != 1 {
			t.Errorf("ended: %v, and told %d times", ended, told.Load())
		}
		report, err = runs.Collect(t.Context(), account.UID, 0)
		if err != nil || report == nil || !report.Ended || len(report.kinds) != len(kinds.All()) || runs.Under(account.UID) {
			t.Fatalf("%+v, %v", report, err)
		}
	})
}

// A kind that a sync did not bring is counted once, however often what it found is collected.
func TestWhatWasCollectedIsCountedOnce(t *testing.T) {
	slowRecords(t, func(t *testing.T, account *driftv1alpha1.CloudAccount, cloud *fakeCloud, runs *Runs, _ *atomic.Int64) {
		cloud.list = func(_ context.Context, kind string) error {
			if kind == "Volume" {
				return &digitalocean.Error{Class: digitalocean.ServerError}
			}
			return nil
		}
		runs.Begin(t.Context(), account, Connection{Cloud: cloud}, true, func(*Report, error) {})
		for range 2 {
			report, err := runs.Collect(t.Context(), account.UID, 10*time.Second)
			if err != nil || report == nil {
				t.Fatal(report, err)
			}
			report.Into(&account.Status)
			time.Sleep(time.Hour)
		}
		if k := objects.KindStatus(account, "Volume"); k.MissedSyncs != 1 || account.Status.LastSyncTime == nil {
			t.Errorf("%+v", k)
		}
	})
}

// Whoever waits for the end gets it, and need not be told.
func TestASyncThatIsAwaitedIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := objectstest.Account()
		told := 0
		runs := NewRuns(syncerOf(objectstest.Stored(t, interceptor.Funcs{}, account)), func(types.NamespacedName) { told++ })
		runs.Begin(t.Context(), account, Connection{Cloud: &fakeCloud{list: func(context.Context, string) error {
			time.Sleep(time.Second)
			return nil
		}}}, true, func(*Report, error) {})
		report, err := runs.Collect(t.Context(), account.UID, time.Minute)
		synctest.Wait()
		if err != nil || !report.Ended || told != 0 {
			t.Errorf("%+v, %v, told %d times", report, err, told)
		}
	})
}

// A sync with a token that was replaced, or of an account that is gone, ends at once.
func TestAStoppedSyncEnds(t *testing.T) {
	slowRecords(t, func(t *testing.T, account *driftv1alpha1.CloudAccount, cloud *fakeCloud, runs *Runs, _ *atomic.Int64) {
		cloud.list = func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return &digitalocean.Error{Class: digitalocean.Canceled}
		}
		var failure error
		runs.Begin(t.Context(), account, Connection{Cloud: cloud, digest: [32]byte{1}}, true, func(_ *Report, err error) { failure = err })
		if runs.UsedOther(account.UID, Connection{digest: [32]byte{1}}) || !runs.UsedOther(account.UID, Connection{digest: [32]byte{2}}) {
			t.Error("it does not know which token it was begun with")
		}
		runs.Stop(account.UID)
		synctest.Wait()
		if failure == nil || errors.Is(failure, context.DeadlineExceeded) || runs.Under(account.UID) {
			t.Errorf("it ended with %v", failure)
		}
	})
}
