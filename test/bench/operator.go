package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// scrape is the operator's metrics at one time.
type scrape map[string]*dto.MetricFamily

func (w *world) scrape(ctx context.Context) (scrape, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.metricsURL, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reading the operator's metrics: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the operator's metrics: %w", err)
	}
	return families, nil
}

// sum adds up the series of a metric that have these labels; of a histogram, what
// was observed.
func (s scrape) sum(name string, labels ...string) float64 {
	family := s[name]
	if family == nil {
		return 0
	}
	var total float64
	for _, m := range family.Metric {
		has := map[string]string{}
		for _, label := range m.Label {
			has[label.GetName()] = label.GetValue()
		}
		wanted := true
		for i := 0; i < len(labels); i += 2 {
			wanted = wanted && has[labels[i]] == labels[i+1]
		}
		if wanted {
			total += m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue() + m.GetHistogram().GetSampleSum()
		}
	}
	return total
}

// spent is what the operator spent between two scrapes.
type spent struct {
	cpu, sync, sweep time.Duration
	// writes are the requests to the API server that change something.
	writes int
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func (s scrape) since(before scrape) spent {
	delta := func(name string, labels ...string) float64 {
		return s.sum(name, labels...) - before.sum(name, labels...)
	}
	out := spent{
		cpu:   seconds(delta("process_cpu_seconds_total")),
		sync:  seconds(delta("clouddrift_sync_duration_seconds")),
		sweep: seconds(delta("clouddrift_sweep_duration_seconds")),
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		out.writes += int(delta("rest_client_requests_total", "method", method))
	}
	return out
}

// measured runs do and returns what the operator spent on it.
func (w *world) measured(ctx context.Context, do func() error) (spent, error) {
	before, err := w.scrape(ctx)
	if err != nil {
		return spent{}, err
	}
	if err := do(); err != nil {
		return spent{}, err
	}
	after, err := w.scrape(ctx)
	if err != nil {
		return spent{}, err
	}
	return after.since(before), nil
}

// profiled is measured, and keeps a profile of the operator meanwhile, where
// profiles were asked for.
func (w *world) profiled(ctx context.Context, name string, do func() error) error {
	if w.bench.profiles == "" {
		return do()
	}
	if err := w.room(ctx); err != nil { // or the profile is of waiting for it
		return err
	}
	const long = "30" // seconds; what takes longer is profiled in part
	kept := map[string]string{".cpu": "profile?seconds=" + long, ".allocs": "allocs?seconds=" + long}
	done := make(chan error, len(kept))
	for suffix, what := range kept {
		go func() { done <- w.keepProfile(ctx, name+suffix, what) }()
	}
	errs := []error{do()}
	for range kept {
		errs = append(errs, <-done)
	}
	return errors.Join(append(errs, w.keepProfile(ctx, name+".heap", "heap?gc=1"))...)
}

func (w *world) keepProfile(ctx context.Context, name, what string) error {
	profile, err := w.ask(ctx, http.MethodGet, w.profilesURL+what, "")
	if err != nil {
		return err
	}
	path := filepath.Join(w.bench.profiles, fmt.Sprintf("%d-%s", w.n, name))
	if err := os.WriteFile(path, profile, 0o600); err != nil {
		return fmt.Errorf("keeping a profile: %w", err)
	}
	return nil
}

// sync asks for a sync and waits until it and the detection on it are over.
func (w *world) sync(ctx context.Context, name string) error {
	request, err := w.askForSync(ctx, name)
	if err != nil {
		return err
	}
	return w.synced(ctx, name, request)
}

func (w *world) askForSync(ctx context.Context, name string) (request string, err error) {
	if err := w.room(ctx); err != nil {
		return "", err
	}
	w.asked = append(w.asked, time.Now())
	w.syncs++
	request = fmt.Sprintf("request-%d", w.syncs)
	return request, w.patch(ctx, w.admin, &driftv1alpha1.CloudAccount{}, name,
		map[string]any{"metadata": map[string]any{"annotations": map[string]string{driftv1alpha1.SyncAnnotation: request}}})
}

// room waits until the token's budget of a minute has room for a whole sync: the
// operator would wait too, and its patience is not what is measured.
func (w *world) room(ctx context.Context) error {
	const perMinute = 230 // of 250, because the operator keeps a reserve
	most := max(perMinute/(w.n/200+8), 1)
	if len(w.asked) < most {
		return nil
	}
	return wait(ctx, time.Until(w.asked[len(w.asked)-most].Add(time.Minute+10*time.Second)))
}

func (w *world) synced(ctx context.Context, name, request string) error {
	return until(ctx, func() (bool, error) {
		a, err := w.account(ctx, name)
		return err == nil && a.Status.LastHandledSyncRequest == request, err
	})
}

// sweepNow makes the account's sweep overdue and waits until it was made.
func (w *world) sweepNow(ctx context.Context) error {
	a, err := w.account(ctx, account)
	if err != nil {
		return err
	}
	a.Status.LastDetectionTime = nil
	if err := w.admin.Status().Update(ctx, a); err != nil {
		return fmt.Errorf("making the sweep overdue: %w", err)
	}
	return until(ctx, func() (bool, error) {
		a, err := w.account(ctx, account)
		return err == nil && a.Status.LastDetectionTime != nil, err
	})
}

func (w *world) patch(ctx context.Context, c client.Client, o client.Object, name string, change any) error {
	patch, err := json.Marshal(change)
	if err != nil {
		return err
	}
	o.SetNamespace(namespace)
	o.SetName(name)
	if err := c.Patch(ctx, o, client.RawPatch("application/merge-patch+json", patch)); err != nil {
		return fmt.Errorf("patching %T %s: %w", o, name, err)
	}
	return nil
}

// settled waits until the operator has nothing left to do: its work queues are
// empty and nothing was written for two seconds.
func (w *world) settled(ctx context.Context) error {
	last, quiet := -1, 0
	return until(ctx, func() (bool, error) {
		s, err := w.scrape(ctx)
		if err != nil {
			return false, err
		}
		writes := s.since(scrape{}).writes
		if busy := s.sum("workqueue_depth") + s.sum("controller_runtime_active_workers"); busy > 0 || writes != last {
			last, quiet = writes, 0
			return false, wait(ctx, time.Second)
		}
		quiet++
		return quiet > 1, wait(ctx, time.Second)
	})
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
