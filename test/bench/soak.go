package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// warmUp is how many syncs are made before the first that counts: by then every
// droplet that changes has drifted, and the process has the memory that it keeps.
const warmUp = 12

// soaked is what the operator has, or did, after one sync.
type soaked struct {
	goroutines, heap, resident, lines, bytes, writes, cpu float64
}

// level is one thing that must not grow: by no more than a part of what it was, and
// a little that is noise.
type level struct {
	name, unit  string
	of          func(soaked) float64
	part, noise float64
}

var levels = []level{
	{"goroutines", "", func(s soaked) float64 { return s.goroutines }, 0.05, 5},
	{"heap after GC", " MiB", func(s soaked) float64 { return s.heap }, 0.10, 2},
	{"resident memory", " MiB", func(s soaked) float64 { return s.resident }, 0.10, 5},
	{"log lines a sync", "", func(s soaked) float64 { return s.lines }, 0.10, 1},
	{"bytes logged a sync", "", func(s soaked) float64 { return s.bytes }, 0.10, 300},
}

// others are shown and not judged.
var others = []level{
	{name: "writes a sync", of: func(s soaked) float64 { return s.writes }},
	{name: "CPU a sync", unit: " ms", of: func(s soaked) float64 { return s.cpu }},
}

// grew says by how much a median may be exceeded and was; nil: it was not.
func (l level) grew(first, last float64) error {
	if most := first + max(first*l.part, l.noise); last > most {
		return fmt.Errorf("%s grew from %.1f to %.1f%s, more than to %.1f", l.name, first, last, l.unit, most)
	}
	return nil
}

// soak makes so many syncs in so long, while the account, what is declared and what
// is accepted change all the time, and fails where the operator keeps growing.
func (b *bench) soak(ctx context.Context, syncs int, within time.Duration) (err error) {
	if syncs < 8 {
		return errors.New("a soak takes 8 syncs at least, or a quarter of it means nothing")
	}
	w := &world{bench: b, n: b.main}
	defer func() { err = errors.Join(err, w.stop()) }()
	if err := w.start(ctx); err != nil {
		return err
	}
	if err := b.grow(ctx, w); err != nil {
		return err
	}
	s, err := w.newSoak(ctx)
	if err != nil {
		return err
	}
	b.say("%d droplets: %d syncs to warm up", w.n, warmUp)
	for range warmUp {
		if _, err := s.once(ctx); err != nil {
			return fmt.Errorf("warming up: %w", err)
		}
	}
	b.say("%d droplets: %d syncs in %s", w.n, syncs, within)
	var all []soaked
	began := time.Now()
	for i := range syncs {
		if err := wait(ctx, time.Until(began.Add(time.Duration(i)*within/time.Duration(syncs)))); err != nil {
			return err
		}
		one, err := s.once(ctx)
		if err != nil {
			return fmt.Errorf("sync %d: %w", i+1, err)
		}
		all = append(all, one)
		if i%20 == 19 {
			b.say("  %d syncs: %.0f goroutines, %.1f MiB heap, %.0f MiB resident", i+1, one.goroutines, one.heap, one.resident)
		}
	}
	return b.judge(all, time.Since(began))
}

// judge prints each quarter's medians and compares the last with the first.
func (b *bench) judge(all []soaked, took time.Duration) error {
	quarters := slices.Collect(slices.Chunk(all, (len(all)+3)/4))
	fmt.Printf("\n%s\n\n%d syncs in %s with %d droplets, a hundredth of which changes with each; medians of each quarter:\n\n| | first quarter | second | third | last quarter | may grow by |\n| --- | --- | --- | --- | --- | --- |\n",
		describeMachine(), len(all), show(took), b.main)
	var errs []error
	for _, l := range slices.Concat(levels, others) {
		var row []string
		var medians []float64
		for _, quarter := range quarters {
			values := make([]float64, 0, len(quarter))
			for _, s := range quarter {
				values = append(values, l.of(s))
			}
			slices.Sort(values)
			medians = append(medians, values[len(values)/2])
			row = append(row, fmt.Sprintf("%.1f%s", medians[len(medians)-1], l.unit))
		}
		bound := "–"
		if l.noise > 0 {
			bound = fmt.Sprintf("%.0f %% or %.0f%s", l.part*100, l.noise, l.unit)
			errs = append(errs, l.grew(medians[0], medians[len(medians)-1]))
		}
		fmt.Printf("| %s | %s | %s |\n", l.name, strings.Join(row, " | "), bound)
	}
	return errors.Join(errs...)
}

// soak is what changes in a world while it soaks.
type soak struct {
	*world
	// changing are renamed and given their names back, in turns; declared are declared
	// anew, one after the other.
	changing, declared []droplet
	rounds             int
	// extra is a droplet that nobody declared.
	extra  string
	logged int64
}

func (w *world) newSoak(ctx context.Context) (*soak, error) {
	droplets, err := w.droplets(ctx)
	if err != nil {
		return nil, err
	}
	most := max(w.n/20, 4)
	return &soak{world: w, changing: droplets[:most], declared: droplets[most:]}, nil
}

// once changes things, syncs, accepts a drift, and looks at the operator.
func (s *soak) once(ctx context.Context) (soaked, error) {
	var out soaked
	before, err := s.scrape(ctx)
	if err != nil {
		return out, err
	}
	if err := errors.Join(s.changeSome(ctx, s.changing, s.rounds, max(s.n/100, 2)), s.replaceExtra(ctx), s.declareAnew(ctx)); err != nil {
		return out, err
	}
	s.rounds++
	// The pages are recorded anew.
	if err := s.rewrite(ctx, "", ""); err != nil {
		return out, err
	}
	if _, err := s.inRole(ctx, nil, "list", s.replayURL, dosim.DefaultToken); err != nil {
		return out, err
	}
	if err := s.sync(ctx, account); err != nil {
		return out, err
	}
	// What was renamed has its name back after a while, and then no drift is open.
	if now, err := s.scrape(ctx); err != nil {
		return out, err
	} else if now.sum("clouddrift_open_drifts") > 0 {
		if _, err := s.accepts(ctx, 1); err != nil {
			return out, err
		}
	}
	if err := s.endHistory(ctx); err != nil {
		return out, err
	}
	if err := s.sweepNow(ctx); err != nil {
		return out, err
	}
	if err := s.settled(ctx); err != nil {
		return out, err
	}
	after, err := s.scrape(ctx)
	if err != nil {
		return out, err
	}
	spent := after.since(before)
	out.writes, out.cpu = float64(spent.writes), float64(spent.cpu.Milliseconds())
	return s.look(ctx, out)
}

// endHistory deletes the resolved drifts, as the operator does once they are 90 days old:
// or there would be more with each sync.
func (s *soak) endHistory(ctx context.Context) error {
	for _, state := range []driftv1alpha1.DriftState{driftv1alpha1.DriftStale, driftv1alpha1.DriftAccepted} {
		err := s.admin.DeleteAllOf(ctx, &driftv1alpha1.CloudDrift{}, client.InNamespace(namespace), client.MatchingFields{"status.state": string(state)})
		if err != nil {
			return fmt.Errorf("deleting the drifts that are %s: %w", state, err)
		}
	}
	return nil
}

// look reads what the operator has after a garbage collection.
func (s *soak) look(ctx context.Context, out soaked) (soaked, error) {
	if _, err := s.ask(ctx, http.MethodGet, s.profilesURL+"heap?gc=1", ""); err != nil {
		return out, err
	}
	now, err := s.scrape(ctx)
	if err != nil {
		return out, err
	}
	out.goroutines, out.heap = now.sum("go_goroutines"), now.sum("go_memstats_heap_alloc_bytes")/(1<<20)
	if out.resident, err = residentOf(s.operator.Pid(), "VmRSS"); err != nil {
		return out, err
	}
	log, err := os.ReadFile(s.operator.LogFile)
	if err != nil {
		return out, fmt.Errorf("reading the operator's log: %w", err)
	}
	since := string(log[s.logged:])
	s.logged = int64(len(log))
	out.lines, out.bytes = float64(strings.Count(since, "\n")), float64(len(since))
	return out, nil
}

// replaceExtra destroys the droplet of the round before and makes another.
func (s *soak) replaceExtra(ctx context.Context) error {
	if s.extra != "" {
		if _, err := s.ask(ctx, http.MethodDelete, s.directURL+"/v2/droplets/"+s.extra, ""); err != nil {
			return err
		}
	}
	text, err := s.ask(ctx, http.MethodPost, s.directURL+"/v2/droplets", `{"name":"extra","region":"nyc3","size":"s-1vcpu-1gb","image":"ubuntu-24-04-x64"}`)
	if err != nil {
		return err
	}
	var made struct {
		Droplet struct {
			ID json.Number `json:"id"`
		} `json:"droplet"`
	}
	if err := json.Unmarshal(text, &made); err != nil {
		return fmt.Errorf("making a droplet: %w", err)
	}
	s.extra = made.Droplet.ID.String()
	return nil
}

// declareAnew takes a declaration away and makes it again.
func (s *soak) declareAnew(ctx context.Context) error {
	old := &driftv1alpha1.CloudProvisioned{}
	name := "droplet-" + s.declared[s.rounds%len(s.declared)].id
	if err := s.admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, old); err != nil {
		return fmt.Errorf("getting CloudProvisioned %s: %w", name, err)
	}
	if err := s.admin.Delete(ctx, old); err != nil {
		return fmt.Errorf("deleting CloudProvisioned %s: %w", name, err)
	}
	return s.admin.Create(ctx, &driftv1alpha1.CloudProvisioned{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: old.Spec})
}
