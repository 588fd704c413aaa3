package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func watchCommand(e *Env) *cobra.Command {
	var c chosen
	var output string
	formats := []string{"text", "json"}
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Tell what opens, moves and ends, as it happens",
		Long: `Tell what is open, and then each drift that opens, moves, is snoozed or ends, and each accept
that is taken back, as it happens, until it is interrupted. With -o json each line is a JSON object: the event and the CloudDrift.`,
		Example: `  kubectl drift watch
  kubectl drift watch -A --kind Firewall
  kubectl drift watch -o json | jq -r .drift.metadata.name`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("output", output, formats...); err != nil {
				return err
			}
			if err := c.check(); err != nil {
				return err
			}
			w := watcher{env: e, chosen: &c, json: output == "json", known: map[types.UID]seen{}}
			err := w.run(cmd.Context())
			if errors.Is(err, context.Canceled) {
				return nil // the person has seen enough
			}
			return err
		},
	}
	c.addFlags(cmd.Flags())
	cmd.Flags().StringVarP(&output, "output", "o", "text", "Output format. One of: text, json.")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// seen is what was last told of a drift.
type seen struct {
	state       driftv1alpha1.DriftState
	observation string
	asked       string
	// snoozed is until when it does not count, and withdrawn that its accept was taken back.
	snoozed   string
	withdrawn bool
}

// watcher tells what happens to drifts.
type watcher struct {
	env    *Env
	chosen *chosen
	json   bool
	known  map[types.UID]seen
	// told says that the drifts that were open at the beginning have been told.
	told bool
}

// pause is between two attempts to reach a cluster that does not answer.
const pause = 2 * time.Second

// run tells what is and what happens until the context ends or nobody reads any more.
func (w *watcher) run(ctx context.Context) error {
	cluster, err := w.env.Client()
	if err != nil {
		return err
	}
	namespace, err := w.env.Namespace()
	if err != nil {
		return err
	}
	options := w.chosen.options(namespace, "")
	for {
		err := w.once(ctx, cluster, options)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case w.env.unread():
			return nil
		case err == nil, apierrors.IsResourceExpired(err), apierrors.IsGone(err):
			continue // the server ended it, or forgot where we were: look anew
		case !w.told || apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || isMissing(err):
			return err
		}
		w.env.note(dim.in("%v; trying again", w.env.explain(err)))
		timer := w.env.Clock.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C():
		}
	}
}

// once lists, and then watches until the server ends it.
func (w *watcher) once(ctx context.Context, cluster client.WithWatch, options []client.ListOption) error {
	version, err := w.list(ctx, cluster, options)
	if err != nil || w.env.unread() {
		return err
	}
	watch, err := cluster.Watch(ctx, &driftv1alpha1.CloudDriftList{}, append(slices.Clip(options),
		&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: version, AllowWatchBookmarks: true}})...)
	if err != nil {
		return err
	}
	defer watch.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case event, open := <-watch.ResultChan():
			if !open {
				return nil
			}
			if event.Type == apiwatch.Error {
				return apierrors.FromObject(event.Object)
			}
			d, ok := event.Object.(*driftv1alpha1.CloudDrift)
			if !ok || event.Type == apiwatch.Bookmark {
				continue
			}
			if err := w.tell(d, event.Type == apiwatch.Deleted); err != nil || w.env.unread() {
				return err
			}
		}
	}
}

// list tells what changed since the last time, and returns from where to watch.
func (w *watcher) list(ctx context.Context, cluster client.WithWatch, options []client.ListOption) (version string, err error) {
	options = append(slices.Clip(options), client.Limit(page))
	for next := ""; ; {
		var list driftv1alpha1.CloudDriftList
		if err := cluster.List(ctx, &list, append(slices.Clip(options), client.Continue(next))...); err != nil {
			return "", err
		}
		for i := range list.Items {
			d := &list.Items[i]
			if _, known := w.known[d.UID]; !known && !w.told && stateOf(d) != driftv1alpha1.DriftOpen {
				w.known[d.UID] = w.now(d) // history at the beginning is not news
				continue
			}
			if err := w.tell(d, false); err != nil {
				return "", err
			}
		}
		version = list.ResourceVersion
		if next = list.Continue; next == "" {
			w.told = true
			return version, nil
		}
	}
}

func (w *watcher) now(d *driftv1alpha1.CloudDrift) seen {
	now := seen{state: stateOf(d), observation: d.Status.Observation, asked: request(d)}
	if now.state == driftv1alpha1.DriftOpen && d.Status.Snooze != nil {
		now.snoozed = d.Status.Snooze.Until.UTC().Format(time.RFC3339)
	}
	_, now.withdrawn = takenBack(d)
	return now
}

// tell writes a line where there is news.
func (w *watcher) tell(d *driftv1alpha1.CloudDrift, deleted bool) error {
	if !w.chosen.matches(d, w.env.Clock.Now()) || d.Status.State == "" && !deleted {
		return nil
	}
	before, known := w.known[d.UID]
	now := w.now(d)
	if known && before == now && !deleted {
		return nil
	}
	what := dim.in("Deleted")
	if !deleted {
		what = news(before, now, known, w.told)
	}
	w.known[d.UID] = now
	if deleted {
		delete(w.known, d.UID)
	}
	if w.json {
		d.ManagedFields = nil
		d.SetGroupVersionKind(driftv1alpha1.GroupVersion.WithKind("CloudDrift"))
		return writeJSONLine(w.env.Out, map[string]any{"event": what.text, "at": w.env.Clock.Now().UTC().Format(time.RFC3339), "drift": d})
	}
	w.line(d, what, now)
	return nil
}

// news are, in a word, what happened to a drift between two looks at it. told says that this
// is not the first one.
func news(before, now seen, known, told bool) span {
	open := now.state == driftv1alpha1.DriftOpen
	switch {
	case !open && now.withdrawn && !before.withdrawn && known:
		return cyan.in("Withdrawn")
	case !open && known && before.state == now.state && now.asked != "":
		return cyan.in("Asked")
	case !open && known && before.state == now.state:
		return yellow.in("NotDone")
	case !open:
		return green.in("%s", now.state)
	case !known && !told && now.snoozed != "":
		return dim.in("Snoozed")
	case !known && !told:
		return yellow.in("Open")
	case !known:
		return red.in("Opened")
	case before.observation != now.observation:
		return yellow.in("Moved")
	case before.snoozed != now.snoozed && now.snoozed != "":
		return dim.in("Snoozed")
	case before.snoozed != now.snoozed:
		return red.in("Awake")
	case now.asked != "":
		return cyan.in("Asked")
	default:
		return yellow.in("NotDone")
	}
}

func (w *watcher) line(d *driftv1alpha1.CloudDrift, what span, now seen) {
	resource := d.Spec.ProvisionedRef.Name
	if w.chosen.everywhere {
		resource = d.Namespace + "/" + resource
	}
	what.text = fmt.Sprintf("%-9s", what.text)
	pieces := []any{dim.in("%s", w.env.Clock.Now().Format(time.TimeOnly)), " ", what, " ", bold.in("%s", resource), " ", cyan.in("%s", d.Spec.Field), "  ",
		red.in("%s", d.Status.Rendered.Expected), " -> ", green.in("%s", d.Status.Rendered.Actual)}
	switch {
	case now.asked != "":
		pieces = append(pieces, "  ", now.asked)
	case now.withdrawn:
		t, _ := takenBack(d)
		pieces = append(pieces, "  by ", t.By)
	case d.Status.ResolvedBy != "":
		pieces = append(pieces, "  by ", d.Status.ResolvedBy)
	case now.snoozed != "":
		pieces = append(pieces, "  until ", now.snoozed)
	}
	w.env.line(append(pieces, "  ", dim.in("%s", d.Name))...)
}
