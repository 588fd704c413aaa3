package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// ownedFields is what the API server notes of who wrote a drift's status.
const ownedFields = `{"f:status":{".":{},"f:actual":{},"f:changedAt":{},"f:detectedAt":{},"f:expected":{},"f:observation":{},"f:rendered":{},"f:state":{}}}`

// pages are the answers of an API server that holds so many drifts.
func pages(b *testing.B, many int) [][]byte {
	b.Helper()
	var out [][]byte
	for from := 0; from < many; from += page {
		var list driftv1alpha1.CloudDriftList
		list.SetGroupVersionKind(driftv1alpha1.GroupVersion.WithKind("CloudDriftList"))
		for i := from; i < min(from+page, many); i++ {
			p := declared(fmt.Sprintf("web-%d", i), "Droplet", strconv.Itoa(3164444+i), nil)
			d := opened(p, "size_slug", 1, "s-2vcpu-4gb", "s-4vcpu-8gb", time.Duration(i)*time.Minute)
			if i%3 == 0 {
				d = opened(p, "tags", 1, []any{"web", "prod"}, []any{"web", fmt.Sprintf("load-test-%d", i)}, time.Duration(i)*time.Minute)
			}
			d.SetGroupVersionKind(driftv1alpha1.GroupVersion.WithKind("CloudDrift"))
			d.UID, d.ResourceVersion = "5a0e9a3e-8a2c-4e8c-9a3e-8a2c4e8c9a3e", strconv.Itoa(i)
			d.OwnerReferences = []metav1.OwnerReference{{APIVersion: "drift.arcadia.cloud/v1alpha1", Kind: "CloudProvisioned", Name: p.Name, UID: d.UID}}
			for _, subresource := range []string{"", "status"} {
				d.ManagedFields = append(d.ManagedFields, metav1.ManagedFieldsEntry{Manager: "operator", Operation: "Update", Subresource: subresource,
					APIVersion: "drift.arcadia.cloud/v1alpha1", FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(ownedFields)})
			}
			list.Items = append(list.Items, *d)
		}
		if from+page < many {
			list.Continue = strconv.Itoa(len(out) + 1)
		}
		raw, err := json.Marshal(list)
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, raw)
	}
	return out
}

// BenchmarkList lists 10,000 drifts of a server that answers at once. It tells the time of
// the CPU, in which the server's is counted too.
func BenchmarkList(b *testing.B) {
	for name, args := range map[string][]string{"table": {"list"}, "by-change": {"list", "--by-change"}, "json": {"list", "-o", "json"}} {
		b.Run(name, func(b *testing.B) {
			answers := pages(b, 10_000)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				n, _ := strconv.Atoi(r.URL.Query().Get("continue"))
				_, _ = w.Write(answers[n])
			}))
			defer server.Close()
			before := cpu()
			for b.Loop() {
				out := &counting{}
				e := NewEnv(genericiooptions.IOStreams{Out: out, ErrOut: out}, "bench")
				if code := e.Run(b.Context(), append(args, "--server", server.URL, "-n", "infra")); code == 1 || out.bytes == 0 {
					b.Fatalf("exit code %d, %d bytes", code, out.bytes)
				}
			}
			b.ReportMetric(float64(cpu()-before)/float64(b.N)/1e9, "cpu-s/op")
		})
	}
}

// counting drops what it is given.
type counting struct{ bytes int }

func (c *counting) Write(data []byte) (int, error) {
	c.bytes += len(data)
	return len(data), nil
}

// cpu is the time that the process has computed.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
