package objects

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func TestADeletedAccountsSchedulesAreForgotten(t *testing.T) {
	var tables Timetables
	tables.Of(&driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{UID: "gone"}})
	tables.Of(&driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{UID: "stays"}})
	tables.Forget("gone")
	kept := map[string]int{}
	tables.parsed.Range(func(key, _ any) bool { kept[key.(lineOf).account]++; return true })
	if kept["gone"] != 0 || kept["stays"] != 2 {
		t.Errorf("schedules kept by account: %v, want those of the one that stays", kept)
	}
}
