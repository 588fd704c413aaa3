package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// hours are those of a day with the default schedules: a sync and a sweep in each.
const hours = 24

// day has the account change for a day and counts what is written to etcd. In each
// hour a hundredth of the droplets changes: half of them in a declared field, whose
// drifts go stale an hour later.
func (b *bench) day(ctx context.Context, w *world) error {
	changing := max(w.n/100, 2)
	b.say("%d droplets: a day in which %d of them change each hour", w.n, changing)
	droplets, err := w.droplets(ctx)
	if err != nil {
		return err
	}
	bare, err := w.bareValues(ctx)
	if err != nil {
		return err
	}
	before, err := w.etcd().compacted(ctx)
	if err != nil {
		return err
	}
	written, err := w.etcd().watch(ctx)
	if err != nil {
		return err
	}
	for hour := range hours {
		if err := w.hour(ctx, droplets, hour, changing); err != nil {
			return fmt.Errorf("hour %d: %w", hour, err)
		}
	}
	of, err := written()
	if err != nil {
		return err
	}
	drifts := of["clouddrifts"].objects
	if drifts < hours*changing/2 {
		return fmt.Errorf("only %d writes of CloudDrifts: the account did not change", drifts)
	}
	after, err := w.etcd().compacted(ctx)
	if err != nil {
		return err
	}
	var all kept
	for name, k := range of {
		if !strings.HasPrefix(name, "cloud") && name != "events" {
			delete(of, name) // the control plane's own
			continue
		}
		all = all.plus(k)
	}
	b.add(figure{
		what:     fmt.Sprintf("written to etcd in a day of %d droplets, 1 %% of which change each hour", w.n),
		ours:     fmt.Sprintf("%s in %d writes: %s", mebibytes(all.bytes), all.objects, parts(of)),
		baseline: fmt.Sprintf("%s, the bare JSON of every droplet each hour", mebibytes(hours*len(strings.Join(bare["cloudresources"], "")))),
	}, figure{
		what:     "by how much etcd's file grows in that day, compacted and defragmented",
		ours:     fmt.Sprintf("%s, from %s", mebibytes(after-before), mebibytes(before)),
		baseline: "–",
	})
	return w.settled(ctx)
}

// hour changes droplets, syncs, and sweeps.
func (w *world) hour(ctx context.Context, droplets []droplet, hour, changing int) error {
	if err := w.changeSome(ctx, droplets, hour, changing); err != nil {
		return err
	}
	// The pages are recorded anew.
	if err := w.rewrite(ctx, "", ""); err != nil {
		return err
	}
	if _, err := w.inRole(ctx, nil, "list", w.replayURL, dosim.DefaultToken); err != nil {
		return err
	}
	if err := w.sync(ctx, account); err != nil {
		return err
	}
	return w.sweepNow(ctx)
}

// droplet is one as it was when it was declared.
type droplet struct{ id, name string }

func (w *world) droplets(ctx context.Context) ([]droplet, error) {
	var list driftv1alpha1.CloudResourceList
	if err := w.admin.List(ctx, &list, client.InNamespace(namespace), client.MatchingLabels{driftv1alpha1.KindLabel: "Droplet", driftv1alpha1.AccountLabel: account}); err != nil {
		return nil, fmt.Errorf("listing CloudResources: %w", err)
	}
	out := make([]droplet, 0, len(list.Items))
	for i := range list.Items {
		out = append(out, droplet{list.Items[i].Spec.ID, *list.Items[i].Observed.Name})
	}
	return out, nil
}

// changeSome renames half of an hour's droplets and ends the others or starts them
// again, and gives those of the hour before their names back.
func (w *world) changeSome(ctx context.Context, droplets []droplet, hour, changing int) error {
	do := func(d droplet, action string) error {
		_, err := w.ask(ctx, "POST", w.directURL+"/v2/droplets/"+d.id+"/actions", action)
		return err
	}
	power := `{"type":"power_off"}`
	if hour*changing/len(droplets)%2 == 1 {
		power = `{"type":"power_on"}`
	}
	for i := range changing {
		now, before := droplets[(hour*changing+i)%len(droplets)], droplets[((hour-1)*changing+i+len(droplets))%len(droplets)]
		if i%2 == 1 {
			if err := do(now, power); err != nil {
				return err
			}
			continue
		}
		if err := do(now, `{"type":"rename","name":"renamed-`+now.id+`"}`); err != nil {
			return err
		}
		if hour == 0 {
			continue
		}
		if err := do(before, `{"type":"rename","name":"`+before.name+`"}`); err != nil {
			return err
		}
	}
	return nil
}

// parts says what was written of each type, the most first.
func parts(of map[string]kept) string {
	types := make([]string, 0, len(of))
	for name := range of {
		types = append(types, name)
	}
	slices.SortFunc(types, func(a, b string) int { return of[b].bytes - of[a].bytes })
	out := make([]string, 0, len(types))
	for _, name := range types {
		if of[name].bytes > 1<<10 {
			out = append(out, fmt.Sprintf("%s %d × %d", name, of[name].objects, of[name].each()))
		}
	}
	return strings.Join(out, ", ")
}
