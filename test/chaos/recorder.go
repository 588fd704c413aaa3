package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// record is one state of one object.
type record struct {
	revision uint64
	// arrived is when we heard of it: it was so a little earlier.
	arrived time.Time
	deleted bool
	// since is the revision after which a deletion that went by unseen may have been.
	since  uint64
	object client.Object
}

// recorder writes down every state that any object of ours in a namespace is ever
// in. Watches lose nothing while the API server stays up.
type recorder struct {
	client    client.WithWatch
	namespace string
	cancel    context.CancelFunc
	running   sync.WaitGroup

	mu      sync.Mutex
	records []record
	latest  map[types.UID]record
	// gap says that states may have gone by unseen: the API server was away.
	gap bool
}

// watched are the lists of what is recorded.
func watched() []client.ObjectList {
	return []client.ObjectList{
		&driftv1alpha1.CloudResourceList{}, &driftv1alpha1.CloudProvisionedList{},
		&driftv1alpha1.CloudDriftList{}, &driftv1alpha1.CloudAccountList{},
	}
}

// startRecorder records from when it returns; the namespace has to be empty.
func startRecorder(ctx context.Context, c client.WithWatch, namespace string) (*recorder, error) {
	following, cancel := context.WithCancel(context.Background())
	r := &recorder{client: c, namespace: namespace, cancel: cancel, latest: map[types.UID]record{}}
	for _, list := range watched() {
		// Here and not beside what follows: the API server may be away just now, and
		// what happens until it is back would be missed.
		if err := try(ctx, func() error { return r.relist(ctx, list, true) }); err != nil {
			r.stop()
			return nil, fmt.Errorf("listing what there is to record: %w", err)
		}
		r.running.Go(func() { r.follow(following, list) })
	}
	return r, nil
}

func (r *recorder) stop() {
	r.cancel()
	r.running.Wait()
}

// follow watches one kind from where it was listed, and lists it again where the watch
// can't go on.
func (r *recorder) follow(ctx context.Context, list client.ObjectList) {
	for revision := list.GetResourceVersion(); ctx.Err() == nil; {
		if revision == "" {
			if err := r.relist(ctx, list, false); err != nil {
				pause(ctx, 50*time.Millisecond)
				continue
			}
			revision = list.GetResourceVersion()
		}
		w, err := r.client.Watch(ctx, list, client.InNamespace(r.namespace),
			&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: revision}})
		if err != nil {
			if apierrors.IsGone(err) || apierrors.IsResourceExpired(err) {
				revision = ""
			}
			pause(ctx, 50*time.Millisecond)
			continue
		}
		revision = r.drain(w, revision)
		w.Stop()
	}
}

// drain notes what a watch says until it ends; "" is for one that can't go on.
func (r *recorder) drain(w watch.Interface, revision string) string {
	for event := range w.ResultChan() {
		switch event.Type {
		case watch.Added, watch.Modified, watch.Deleted:
			o := event.Object.(client.Object)
			revision = o.GetResourceVersion()
			r.note(o, event.Type == watch.Deleted)
		case watch.Error:
			if err := apierrors.FromObject(event.Object); apierrors.IsGone(err) || apierrors.IsResourceExpired(err) {
				return ""
			}
			return revision
		case watch.Bookmark: // none is asked for
		}
	}
	return revision
}

func (r *recorder) note(o client.Object, deleted bool) {
	revision, _ := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, ok := r.latest[o.GetUID()]; ok && last.revision >= revision {
		return
	}
	o.SetManagedFields(nil)
	n := record{revision: revision, arrived: time.Now(), deleted: deleted, since: revision, object: o}
	r.records = append(r.records, n)
	r.latest[o.GetUID()] = n
}

// relist notes what is there, and that what went before is not known, if it is
// not the first time.
func (r *recorder) relist(ctx context.Context, list client.ObjectList, first bool) error {
	if err := r.client.List(ctx, list, client.InNamespace(r.namespace)); err != nil {
		return err
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	there := map[types.UID]bool{}
	for _, item := range items {
		o := item.(client.Object)
		there[o.GetUID()] = true
		r.note(o, false)
	}
	if first {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gap = true
	revision, _ := strconv.ParseUint(list.GetResourceVersion(), 10, 64)
	for uid, last := range r.latest {
		if !last.deleted && !there[uid] && fmt.Sprintf("%TList", last.object) == fmt.Sprintf("%T", list) {
			gone := record{revision: revision, arrived: time.Now(), deleted: true, since: last.revision, object: last.object}
			r.records = append(r.records, gone)
			r.latest[uid] = gone
		}
	}
	return nil
}

// history is everything up to now, in the order in which it happened: all kinds
// share etcd's one counter.
func (r *recorder) history() history {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := history{records: slices.Clone(r.records), gap: r.gap}
	slices.SortStableFunc(out.records, func(a, b record) int {
		switch {
		case a.revision < b.revision:
			return -1
		case a.revision > b.revision:
			return 1
		}
		return 0
	})
	return out
}

// caughtUp says what the recorder has not heard of yet.
func (r *recorder) caughtUp(ctx context.Context) error {
	for _, list := range watched() {
		if err := r.client.List(ctx, list, client.InNamespace(r.namespace)); err != nil {
			return err
		}
		items, err := meta.ExtractList(list)
		if err != nil {
			return err
		}
		there := map[types.UID]bool{}
		r.mu.Lock()
		for _, item := range items {
			o := item.(client.Object)
			there[o.GetUID()] = true
			last := r.latest[o.GetUID()]
			if revision, _ := strconv.ParseUint(o.GetResourceVersion(), 10, 64); last.revision < revision {
				err = fmt.Errorf("%T %s is at %d and was last seen at %d", o, o.GetName(), revision, last.revision)
			}
		}
		for uid, last := range r.latest {
			if !last.deleted && !there[uid] && fmt.Sprintf("%TList", last.object) == fmt.Sprintf("%T", list) {
				err = fmt.Errorf("%T %s is gone and was last seen there", last.object, last.object.GetName())
			}
		}
		r.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// current are the objects of one type that are there, by name.
func current[T client.Object](r *recorder) map[string]T {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]T{}
	for _, last := range r.latest {
		if o, ok := last.object.(T); ok && !last.deleted {
			out[o.GetName()] = o
		}
	}
	return out
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
