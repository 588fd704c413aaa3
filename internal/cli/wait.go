package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// waiting are the flags of what the operator does later.
type waiting struct {
	wait    bool
	timeout time.Duration
}

func (w *waiting) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&w.wait, "wait", false, "Wait until it is done.")
	flags.DurationVar(&w.timeout, "timeout", 2*time.Minute, "How long to wait, with --wait.")
}

// poll is how often it is looked whether something is done.
const poll = 500 * time.Millisecond

// until looks until look says that it is done, or until time is up.
func (w *waiting) until(ctx context.Context, e *Env, what string, look func(ctx context.Context) (done bool, err error)) error {
	deadline := e.Clock.Now().Add(w.timeout)
	for {
		done, err := look(ctx)
		if err != nil || done {
			return err
		}
		if !e.Clock.Now().Before(deadline) {
			return fmt.Errorf("%s after %s; it may still come about: is the operator running?", what, w.timeout)
		}
		timer := e.Clock.NewTimer(poll)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C():
		}
	}
}

// await waits until what was asked for has been carried out or refused, and says so of each
// drift.
func (o *resolveOptions) await(ctx context.Context, e *Env, asked []driftv1alpha1.CloudDrift) error {
	cluster, err := e.Client()
	if err != nil {
		return err
	}
	left := asked
	refused := false
	err = o.until(ctx, e, fmt.Sprintf("not everything was %s", o.way.past), func(ctx context.Context) (bool, error) {
		waiting := left[:0:0]
		for i := range left {
			d := &left[i]
			switch err := cluster.Get(ctx, client.ObjectKeyFromObject(d), d); {
			case apierrors.IsNotFound(err):
				e.note("error: ", o.said(d, "not "+o.way.past+": the drift is gone"))
				refused = true
				continue
			case err != nil:
				return false, err
			}
			what, well := o.way.outcome(d)
			switch {
			case what == "":
				waiting = append(waiting, *d)
			case well:
				e.line(d.Spec.ProvisionedRef.Name, " ", d.Spec.Field, ": ", green.in("%s", what))
			default:
				refused = true
				e.note("error: ", d.Spec.ProvisionedRef.Name, " ", d.Spec.Field, ": ", what, o.why(ctx, cluster, d))
			}
		}
		if len(waiting) < len(left) || len(left) == len(asked) {
			o.progress(e, len(asked)-len(waiting), len(asked))
		}
		left = waiting
		return len(left) == 0, nil
	})
	if err == nil && refused {
		return &exitError{code: exitError1}
	}
	return err
}

// progress counts, where a person looks on.
func (o *resolveOptions) progress(e *Env, done, of int) {
	if e.Terminal.Shows && of > 1 {
		e.note(dim.in("%d of %d", done, of))
	}
}

// why is what the operator's events say of a request that it took off.
func (o *resolveOptions) why(ctx context.Context, cluster client.Client, d *driftv1alpha1.CloudDrift) string {
	var list eventsv1.EventList
	err := cluster.List(ctx, &list, client.InNamespace(d.Namespace),
		client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("regarding.name", d.Name)})
	if err != nil && ctx.Err() == nil && errors.Is(err, context.Canceled) {
		return ""
	}
	var latest *eventsv1.Event
	for i := range list.Items {
		event := &list.Items[i]
		told := slices.Contains(o.way.told, event.Reason)
		if told && event.Regarding.UID == d.UID && (latest == nil || latest.EventTime.Before(&event.EventTime)) {
			latest = event
		}
	}
	if latest == nil {
		return fmt.Sprintf("; kubectl events -n %s --for clouddrift/%s says why", d.Namespace, d.Name)
	}
	return "; " + latest.Note
}
