package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// storm has every droplet drift at once, accepts some drifts meanwhile, and then
// creates as many bare objects.
func (b *bench) storm(ctx context.Context, w *world) error {
	b.say("%d droplets: all of them drift at once", w.n)
	calm, err := w.accepts(ctx, 3)
	if err != nil {
		return err
	}
	if err := w.resized(ctx); err != nil {
		return err
	}
	began := time.Now()
	if _, err := w.askForSync(ctx, account); err != nil {
		return err
	}
	stormy := make(chan accepted, 1)
	go func() { stormy <- w.acceptMeanwhile(ctx) }()
	var ended time.Time
	err = w.profiled(ctx, "storm", func() error {
		return until(ctx, func() (bool, error) {
			s, err := w.scrape(ctx)
			if err != nil {
				return false, err
			}
			// What was accepted meanwhile had drifted too. To ask costs the operator CPU.
			ended = time.Now()
			return s.drifted() >= w.n, wait(ctx, 2*time.Second)
		})
	})
	meanwhile := <-stormy
	if err := errors.Join(err, meanwhile.err); err != nil {
		return err
	}
	if err := w.settled(ctx); err != nil {
		return err
	}
	peak, err := residentOf(w.operator.Pid(), "VmHWM")
	if err != nil {
		return err
	}
	w.operator.Stop()
	bare, err := w.createBarely(ctx)
	if err != nil {
		return err
	}
	took := ended.Sub(began)
	self := func(d time.Duration) time.Duration { return d }
	b.add(figure{
		what:     fmt.Sprintf("%d drifts at once, from asking for the sync until all are open", w.n),
		ours:     fmt.Sprintf("%s, %.1f×; the operator's memory %.0f MiB at most", show(took), took.Seconds()/bare.Seconds(), peak),
		baseline: fmt.Sprintf("%s, bare creates of the same objects with their status, %d at a time", show(bare), parallel),
	}, figure{
		what:     "an accept meanwhile, from the annotation until it is closed",
		ours:     fmt.Sprintf("%s, median of %d", show(median(meanwhile.took, self)), len(meanwhile.took)),
		baseline: fmt.Sprintf("%s while nothing else goes on", show(median(calm, self))),
	})
	return nil
}

// resized has every droplet drift with the next sync.
func (w *world) resized(ctx context.Context) error {
	if err := w.rewrite(ctx, `"size_slug":"s-1vcpu-1gb"`, `"size_slug":"s-2vcpu-2gb"`); err != nil {
		return err
	}
	// The pages are recorded anew, before anything is measured.
	if _, err := w.inRole(ctx, nil, "list", w.replayURL, dosim.DefaultToken); err != nil {
		return err
	}
	return w.room(ctx)
}

// drifted is how many droplets have a drift that is open or was accepted.
func (s scrape) drifted() int {
	return int(s.sum("clouddrift_open_drifts", "kind", "Droplet") + s.sum("clouddrift_resolved_drifts", "state", "Accepted"))
}

// allDrifted has every droplet drift, where the storm has not.
func (w *world) allDrifted(ctx context.Context) error {
	if !w.operator.Running() {
		return nil
	}
	w.bench.say("%d droplets: all of them drift", w.n)
	if err := w.resized(ctx); err != nil {
		return err
	}
	if err := w.sync(ctx, account); err != nil {
		return err
	}
	err := until(ctx, func() (bool, error) {
		s, err := w.scrape(ctx)
		return err == nil && s.drifted() >= w.n, errors.Join(err, wait(ctx, 2*time.Second))
	})
	return errors.Join(err, w.settled(ctx))
}

// accepted is how long accepts took.
type accepted struct {
	took []time.Duration
	err  error
}

// acceptMeanwhile begins when the storm has.
func (w *world) acceptMeanwhile(ctx context.Context) accepted {
	err := until(ctx, func() (bool, error) {
		s, err := w.scrape(ctx)
		if err != nil {
			return false, err
		}
		return int(s.sum("clouddrift_open_drifts", "kind", "Droplet")) > w.n/10, wait(ctx, 2*time.Second)
	})
	if err != nil {
		return accepted{err: err}
	}
	took, err := w.accepts(ctx, 5)
	return accepted{took, err}
}

// accepts has alice accept so many open drifts, one after the other.
func (w *world) accepts(ctx context.Context, n int) ([]time.Duration, error) {
	var list driftv1alpha1.CloudDriftList
	if err := w.admin.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{"status.state": string(driftv1alpha1.DriftOpen)}, client.Limit(int64(n))); err != nil {
		return nil, fmt.Errorf("listing open CloudDrifts: %w", err)
	}
	if len(list.Items) < n {
		return nil, fmt.Errorf("%d drifts are open, not %d", len(list.Items), n)
	}
	// Before it is, approvals are taken off.
	if err := until(ctx, func() (bool, error) { return w.ready(ctx) }); err != nil {
		return nil, fmt.Errorf("waiting for the account to be ready: %w", err)
	}
	var out []time.Duration
	for i := range list.Items {
		name := list.Items[i].Name
		began := time.Now()
		err := w.patch(ctx, w.approver, &driftv1alpha1.CloudDrift{}, name,
			map[string]any{"metadata": map[string]any{"annotations": map[string]string{driftv1alpha1.ResolveAnnotation: driftv1alpha1.ResolveAccept}}})
		if err != nil {
			return nil, err
		}
		err = until(ctx, func() (bool, error) {
			d := &driftv1alpha1.CloudDrift{}
			err := w.admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, d)
			return err == nil && d.Status.State == driftv1alpha1.DriftAccepted, err
		})
		if err != nil {
			return nil, fmt.Errorf("accepting %s: %w", name, err)
		}
		out = append(out, time.Since(began))
	}
	return out, nil
}

// ready says whether approvals are believed.
func (w *world) ready(ctx context.Context) (bool, error) {
	a := &driftv1alpha1.CloudAccount{}
	if err := w.admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: account}, a); err != nil {
		return false, fmt.Errorf("getting the account: %w", err)
	}
	return meta.IsStatusConditionTrue(a.Status.Conditions, driftv1alpha1.ConditionReady), nil
}

// createBarely creates the drifts once more, in a namespace that nobody looks at.
func (w *world) createBarely(ctx context.Context) (time.Duration, error) {
	b := w.bench
	b.say("%d droplets: bare creates of the same objects", w.n)
	if err := w.addNamespace(ctx, elsewhere); err != nil {
		return 0, err
	}
	var list driftv1alpha1.CloudDriftList
	if err := w.admin.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{"status.state": string(driftv1alpha1.DriftOpen)}); err != nil {
		return 0, fmt.Errorf("listing open CloudDrifts: %w", err)
	}
	began := time.Now()
	err := inParallel(ctx, len(list.Items), func(ctx context.Context, i int) error {
		from := &list.Items[i]
		d := &driftv1alpha1.CloudDrift{
			ObjectMeta: metav1.ObjectMeta{Namespace: elsewhere, Name: from.Name, Labels: from.Labels, OwnerReferences: from.OwnerReferences},
			Spec:       from.Spec,
		}
		if err := w.admin.Create(ctx, d); err != nil {
			return fmt.Errorf("creating CloudDrift %s: %w", from.Name, err)
		}
		d.Status = from.Status
		if err := w.admin.Status().Update(ctx, d); err != nil {
			return fmt.Errorf("writing the status of CloudDrift %s: %w", from.Name, err)
		}
		return nil
	})
	return time.Since(began), err
}
