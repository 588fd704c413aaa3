package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// grow fills the inventory, declares everything, and notes what it takes when
// nothing changes.
func (b *bench) grow(ctx context.Context, w *world) error {
	b.say("%d droplets: the first sync", w.n)
	g := growth{n: w.n}
	first, err := w.measured(ctx, func() error { return w.addAccount(ctx, account, w.replayURL, "digitalocean") })
	if err != nil {
		return err
	}
	g.firstSync = first.sync
	b.say("%d droplets: declaring them", w.n)
	if err := w.declare(ctx); err != nil {
		return err
	}
	err = until(ctx, func() (bool, error) {
		s, err := w.scrape(ctx)
		return err == nil && int(s.sum("clouddrift_provisioned", "in_sync", "True")) == w.n, errors.Join(err, wait(ctx, time.Second))
	})
	if err != nil {
		return err
	}
	if err := w.settled(ctx); err != nil {
		return err
	}
	b.say("%d droplets: syncs and sweeps that find nothing new", w.n)
	var syncs, sweeps []spent
	for range 3 {
		s, err := w.measured(ctx, func() error { return w.sync(ctx, account) })
		if err != nil {
			return err
		}
		syncs = append(syncs, s)
		if s, err = w.measured(ctx, func() error { return w.sweepNow(ctx) }); err != nil {
			return err
		}
		sweeps = append(sweeps, s)
	}
	g.sync = median(syncs, func(s spent) time.Duration { return s.sync })
	g.sweep = median(sweeps, func(s spent) time.Duration { return s.sweep })
	g.sweepCPU = median(sweeps, func(s spent) time.Duration { return s.cpu })
	if g.resident, err = residentOf(w.operator.Pid(), "VmRSS"); err != nil {
		return err
	}
	if g.peak, err = residentOf(w.operator.Pid(), "VmHWM"); err != nil {
		return err
	}
	b.growth = append(b.growth, g)
	return nil
}

// calls counts what one sync asks of DigitalOcean.
func (b *bench) calls(ctx context.Context, w *world) error {
	if _, err := w.counted(ctx); err != nil {
		return err
	}
	if err := w.sync(ctx, account); err != nil {
		return err
	}
	counts, err := w.counted(ctx)
	if err != nil {
		return err
	}
	droplets, all := 0, 0
	for path, n := range counts {
		all += n
		if strings.HasPrefix(path, "/v2/droplets") {
			droplets += n
		}
	}
	want := (w.n+199)/200 + 1
	b.add(figure{
		what:     fmt.Sprintf("API calls to check %d droplets", w.n),
		ours:     fmt.Sprintf("%d (%d with the other kinds)", droplets, all),
		baseline: fmt.Sprintf("%d, one GET each", w.n),
		target:   fmt.Sprintf("%d", want), reached: droplets <= want,
	})
	return nil
}

// listing compares a sync that finds nothing new with reading the same pages with
// godo, in turns.
func (b *bench) listing(ctx context.Context, w *world) error {
	b.say("%d droplets: %d pairs of a sync and a bare listing", w.n, b.pairs)
	if err := w.profiled(ctx, "sync", func() error { return w.sync(ctx, account) }); err != nil {
		return err
	}
	var ours []spent
	var bare []result
	for range b.pairs {
		s, err := w.measured(ctx, func() error { return w.sync(ctx, account) })
		if err != nil {
			return err
		}
		r, err := w.inRole(ctx, nil, "list", w.replayURL, dosim.DefaultToken)
		if err != nil {
			return err
		}
		if r.Count != w.n {
			return fmt.Errorf("the bare listing showed %d droplets of %d", r.Count, w.n)
		}
		ours, bare = append(ours, s), append(bare, r)
	}
	took := median(ours, func(s spent) time.Duration { return s.sync })
	base := median(bare, func(r result) time.Duration { return seconds(r.Seconds) })
	ratio := took.Seconds() / base.Seconds()
	b.add(figure{
		what:     fmt.Sprintf("sync of %d unchanged droplets", w.n),
		ours:     fmt.Sprintf("%s, %.2f×", show(took), ratio),
		baseline: fmt.Sprintf("%s (%s CPU), godo's bare listing of the same pages", show(base), show(median(bare, func(r result) time.Duration { return seconds(r.CPUSeconds) }))),
		target:   "1.5×", reached: ratio <= 1.5,
	})
	return nil
}

// sweep compares everything while nothing has drifted.
func (b *bench) sweep(ctx context.Context, w *world) error {
	if err := w.profiled(ctx, "sweep", func() error { return w.sweepNow(ctx) }); err != nil {
		return err
	}
	var sweeps []spent
	for range b.pairs {
		s, err := w.measured(ctx, func() error { return w.sweepNow(ctx) })
		if err != nil {
			return err
		}
		sweeps = append(sweeps, s)
	}
	cpu := median(sweeps, func(s spent) time.Duration { return s.cpu })
	writes := median(sweeps, func(s spent) time.Duration { return time.Duration(s.writes) })
	scrapes, err := w.measured(ctx, func() error { return nil })
	if err != nil {
		return err
	}
	b.add(figure{
		what:     fmt.Sprintf("sweep of %d CloudProvisioned, nothing drifted: writes", w.n),
		ours:     strconv.Itoa(int(writes)),
		baseline: fmt.Sprintf("%d, a status each", w.n),
		target:   "1", reached: writes <= 1,
	}, figure{
		what:     "the same sweep: CPU of the operator",
		ours:     fmt.Sprintf("%s, %s of it for reading its metrics", show(cpu), show(scrapes.cpu)),
		baseline: "–",
		target:   "1 s", reached: cpu <= time.Second,
	})
	return nil
}

// latency renames one droplet after another and waits for the drift.
func (b *bench) latency(ctx context.Context, w *world) error {
	b.say("%d droplets: from a change to its drift", w.n)
	var list driftv1alpha1.CloudResourceList
	if err := w.admin.List(ctx, &list, client.InNamespace(namespace), client.MatchingLabels{driftv1alpha1.KindLabel: "Droplet"}, client.Limit(int64(b.pairs))); err != nil {
		return fmt.Errorf("listing CloudResources: %w", err)
	}
	var beyond, whole []time.Duration
	for i := range list.Items {
		total, sync, err := w.untilDrift(ctx, list.Items[i].Spec.ID)
		if err != nil {
			return err
		}
		whole, beyond = append(whole, total), append(beyond, total-sync)
	}
	self := func(d time.Duration) time.Duration { return d }
	most := slices.Max(beyond)
	b.add(figure{
		what:     "a droplet changes: until its CloudDrift is open",
		ours:     fmt.Sprintf("%s from asking for the sync; its duration and %s, at most %s", show(median(whole, self)), show(median(beyond, self)), show(most)),
		baseline: "the sync's own duration",
		target:   "plus 1 s", reached: most < time.Second,
	})
	return w.settled(ctx)
}

// untilDrift is how long it took, and how much of it the sync itself.
func (w *world) untilDrift(ctx context.Context, id string) (total, sync time.Duration, err error) {
	if _, err := w.ask(ctx, "POST", w.directURL+"/v2/droplets/"+id+"/actions", `{"type":"rename","name":"renamed-`+id+`"}`); err != nil {
		return 0, 0, err
	}
	// The pages are recorded anew, before anything is measured.
	if err := w.rewrite(ctx, "", ""); err != nil {
		return 0, 0, err
	}
	if _, err := w.inRole(ctx, nil, "list", w.replayURL, dosim.DefaultToken); err != nil {
		return 0, 0, err
	}
	watching, err := w.admin.Watch(ctx, &driftv1alpha1.CloudDriftList{}, client.InNamespace(namespace),
		client.MatchingLabels{driftv1alpha1.ProvisionedLabel: "droplet-" + id})
	if err != nil {
		return 0, 0, fmt.Errorf("watching CloudDrifts: %w", err)
	}
	defer watching.Stop()
	if err := w.room(ctx); err != nil {
		return 0, 0, err
	}
	s, err := w.measured(ctx, func() error {
		began := time.Now()
		request, err := w.askForSync(ctx, account)
		if err != nil {
			return err
		}
		if err := untilOpen(ctx, watching); err != nil {
			return err
		}
		total = time.Since(began)
		return w.synced(ctx, account, request)
	})
	return total, s.sync, err
}

func untilOpen(ctx context.Context, watching watch.Interface) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case event, ok := <-watching.ResultChan():
			if !ok {
				return errors.New("the watch ended")
			}
			if d, is := event.Object.(*driftv1alpha1.CloudDrift); is && d.Status.State == driftv1alpha1.DriftOpen {
				return nil
			}
		}
	}
}

// memory is the operator's after all this, beside an informer of the same objects.
func (b *bench) memory(ctx context.Context, w *world) error {
	resident, err := residentOf(w.operator.Pid(), "VmRSS")
	if err != nil {
		return err
	}
	peak, err := residentOf(w.operator.Pid(), "VmHWM")
	if err != nil {
		return err
	}
	kubeconfig := filepath.Join(w.dir, "admin.kubeconfig")
	if err := w.plane.Kubeconfig(kubeconfig); err != nil {
		return err
	}
	settings, err := b.memorySettings()
	if err != nil {
		return err
	}
	bare, err := w.inRole(ctx, settings, "watch", kubeconfig)
	if err != nil {
		return err
	}
	b.add(figure{
		what:     fmt.Sprintf("the operator's memory, %d resources and as many CloudProvisioned", w.n),
		ours:     fmt.Sprintf("%.0f MiB, %.0f at most", resident, peak),
		baseline: fmt.Sprintf("%.0f MiB, informers of the same objects without managedFields", bare.Mebibytes),
		target:   "200 MiB", reached: resident <= 200,
	})
	return nil
}

// limited checks every droplet through an API that is slow and has DigitalOcean's
// limits, beside one GET each.
func (b *bench) limited(ctx context.Context, w *world) error {
	const bound = 75 * time.Second
	b.say("%d droplets: an API with 50 ms an answer and DigitalOcean's limits; this takes up to %s", w.n, bound)
	for _, token := range []string{"ours", "theirs"} {
		if _, err := w.ask(ctx, "POST", w.directURL+"/_dosim/tokens", `{"value":"`+token+`"}`); err != nil {
			return err
		}
	}
	if err := w.admin.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "limited"}, StringData: map[string]string{"token": "ours"}}); err != nil {
		return fmt.Errorf("creating a Secret: %w", err)
	}
	if err := w.addAccount(ctx, "limited", w.directURL, "limited"); err != nil {
		return err
	}
	if _, err := w.ask(ctx, "PATCH", w.directURL+"/_dosim/settings", `{"latency":"50ms","rate_limit_hour":5000,"rate_limit_minute":250}`); err != nil {
		return err
	}
	ours, err := w.measured(ctx, func() error { return w.sync(ctx, "limited") })
	if err != nil {
		return err
	}
	ids, err := w.dropletIDs(ctx)
	if err != nil {
		return err
	}
	each, err := w.inRole(ctx, nil, "get", w.directURL, "theirs", bound.String(), strings.Join(ids, ","))
	if err != nil {
		return err
	}
	baseline := fmt.Sprintf("%s, one GET each, ten at a time", show(seconds(each.Seconds)))
	if each.Count < len(ids) {
		baseline = fmt.Sprintf("%d of %d after %s, one GET each, ten at a time; about %s at 250 a minute",
			each.Count, len(ids), show(seconds(each.Seconds)), show(time.Duration(len(ids)-1)/250*time.Minute))
	}
	b.add(figure{what: fmt.Sprintf("a full check of %d droplets, 50 ms an answer, DigitalOcean's limits", w.n), ours: show(ours.sync), baseline: baseline})
	_, err = w.ask(ctx, "PATCH", w.directURL+"/_dosim/settings", `{"latency":"0s","rate_limit_hour":0,"rate_limit_minute":0}`)
	return err
}

// sideBySide checks every droplet through an API that is slow and has no limits,
// beside one GET each.
func (b *bench) sideBySide(ctx context.Context, w *world) error {
	const name, factor = "aside", 20.0
	b.say("%d droplets: an API with 50 ms an answer and no limits", w.n)
	if _, err := w.ask(ctx, "POST", w.directURL+"/_dosim/tokens", `{"value":"`+name+`"}`); err != nil {
		return err
	}
	if err := w.admin.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, StringData: map[string]string{"token": name}}); err != nil {
		return fmt.Errorf("creating a Secret: %w", err)
	}
	if err := w.addAccount(ctx, name, w.directURL, name); err != nil {
		return err
	}
	if err := w.settled(ctx); err != nil {
		return err
	}
	if _, err := w.ask(ctx, "PATCH", w.directURL+"/_dosim/settings", `{"latency":"50ms"}`); err != nil {
		return err
	}
	var ours []spent
	for range b.pairs {
		s, err := w.measured(ctx, func() error { return w.sync(ctx, name) })
		if err != nil {
			return err
		}
		ours = append(ours, s)
	}
	if err := w.profiled(ctx, "aside", func() error { return w.sync(ctx, name) }); err != nil {
		return err
	}
	ids, err := w.dropletIDs(ctx)
	if err != nil {
		return err
	}
	each, err := w.inRole(ctx, nil, "get", w.directURL, name, time.Hour.String(), strings.Join(ids, ","))
	if err != nil {
		return err
	}
	took := median(ours, func(s spent) time.Duration { return s.sync })
	faster := each.Seconds / took.Seconds()
	b.add(figure{
		what:     fmt.Sprintf("a full check of %d droplets, 50 ms an answer, no limits", w.n),
		ours:     fmt.Sprintf("%s with the other kinds, %.0f× faster", show(took), faster),
		baseline: fmt.Sprintf("%s, one GET each, ten at a time", show(seconds(each.Seconds))),
		target:   fmt.Sprintf("%.0f×", factor), reached: faster >= factor,
	})
	_, err = w.ask(ctx, "PATCH", w.directURL+"/_dosim/settings", `{"latency":"0s"}`)
	return err
}

func (w *world) dropletIDs(ctx context.Context) ([]string, error) {
	var list driftv1alpha1.CloudProvisionedList
	if err := w.admin.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("listing CloudProvisioned: %w", err)
	}
	ids := make([]string, 0, len(list.Items))
	for i := range list.Items {
		ids = append(ids, list.Items[i].Spec.Resource.ID)
	}
	return ids, nil
}
