package resolution

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/config/admission"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Snoozer takes up what people ask for by the annotations of a snooze, and lets it end. The
// annotations say what is wanted and the status what holds; a snooze is only taken up when
// its annotations are proven, as an approval's are.
type Snoozer struct {
	objects.Access
	admission *AdmissionGuard
}

// NewSnoozer returns a snoozer that believes what guard trusts.
func NewSnoozer(access objects.Access, guard *AdmissionGuard) Snoozer {
	return Snoozer{Access: access, admission: guard}
}

const (
	// mostSnoozed is as far ahead as admission lets anybody snooze, and a day for clocks that
	// differ.
	mostSnoozed = (366 + 1) * 24 * time.Hour
	// longestSleep is when a snooze is looked at again at the latest: a clock may be set.
	longestSleep = time.Hour
)

// Snooze brings one drift's status to what its annotations ask for. wake is after how long
// that has to be done again, zero where nothing is awaited. A drift that is gone, or history,
// is no error; conflicts and UncheckedErrors are tried again.
func (s Snoozer) Snooze(ctx context.Context, key client.ObjectKey) (wake time.Duration, err error) {
	d := &driftv1alpha1.CloudDrift{}
	if err := s.Client.Get(ctx, key, d); err != nil {
		return 0, client.IgnoreNotFound(err)
	}
	if wake, done := s.settled(d); done {
		return wake, nil
	}
	// When a snooze was written is in managedFields, which the cache leaves out.
	if err := s.Live.Get(ctx, key, d); err != nil {
		return 0, client.IgnoreNotFound(err)
	}
	if wake, done := s.settled(d); done {
		return wake, nil
	}
	switch {
	case !asksForSnooze(d):
		return 0, s.end(ctx, d, "it was taken off")
	case recorded(d):
		return 0, s.wakeUp(ctx, d)
	}
	if err := s.take(ctx, d); err != nil {
		return 0, err
	}
	wake, _ = s.settled(d)
	return wake, nil
}

// settled says whether the status is as the annotations want it, and for how long.
func (s Snoozer) settled(d *driftv1alpha1.CloudDrift) (wake time.Duration, done bool) {
	if d.Status.State != driftv1alpha1.DriftOpen || !d.DeletionTimestamp.IsZero() || !asksForSnooze(d) && d.Status.Snooze == nil {
		return 0, true
	}
	left := time.Duration(0)
	if recorded(d) {
		left = d.Status.Snooze.Until.Sub(s.Clock.Now())
	}
	return min(left, longestSleep), left > 0
}

func asksForSnooze(d *driftv1alpha1.CloudDrift) bool {
	for _, name := range objects.SnoozeAnnotations {
		if _, ok := d.Annotations[name]; ok {
			return true
		}
	}
	return false
}

// recorded says whether the status says what the annotations do.
func recorded(d *driftv1alpha1.CloudDrift) bool {
	held := d.Status.Snooze
	until, err := time.Parse(time.RFC3339, d.Annotations[driftv1alpha1.SnoozeUntilAnnotation])
	return held != nil && err == nil && held.Until.Time.Equal(until.Truncate(time.Second)) &&
		held.User == d.Annotations[driftv1alpha1.SnoozedByAnnotation] && held.Reason == snoozeReason(d)
}

func snoozeReason(d *driftv1alpha1.CloudDrift) string {
	return objects.Shorten(d.Annotations[driftv1alpha1.SnoozeReasonAnnotation], objects.MessageLimit)
}

// take records a snooze, if it is proven and valid.
func (s Snoozer) take(ctx context.Context, d *driftv1alpha1.CloudDrift) error {
	switch err := s.admission.trustsSnooze(ctx, d); {
	case errors.Is(err, errUnproven):
		return s.refuse(ctx, d, fmt.Sprintf("%v; annotate it again when the CloudAccount is Ready", err))
	case err != nil:
		return &UncheckedError{err}
	}
	until, wrong := s.validUntil(d)
	if wrong != "" {
		return s.refuse(ctx, d, wrong)
	}
	d.Status.Snooze = &driftv1alpha1.Snooze{
		Until:  metav1.NewTime(until),
		User:   d.Annotations[driftv1alpha1.SnoozedByAnnotation],
		Reason: snoozeReason(d),
		Since:  metav1.NewTime(s.Clock.Now()),
	}
	err := s.Client.Status().Update(ctx, d)
	if apierrors.IsInvalid(err) {
		d.Status.Snooze = nil
		return s.refuse(ctx, d, "it can't be recorded: "+err.Error())
	}
	if err != nil {
		return fmt.Errorf("recording the snooze of CloudDrift %s: %w", d.Name, err)
	}
	s.Events.DriftSnoozed(d)
	return nil
}

// validUntil is what admission has looked at already, but for a clock of its own.
func (s Snoozer) validUntil(d *driftv1alpha1.CloudDrift) (until time.Time, wrong string) {
	text, by := d.Annotations[driftv1alpha1.SnoozeUntilAnnotation], d.Annotations[driftv1alpha1.SnoozedByAnnotation]
	until, err := time.Parse(time.RFC3339, text)
	now := s.Clock.Now()
	switch {
	case err != nil:
		return until, fmt.Sprintf("%s is no time as RFC 3339 writes it: %s", driftv1alpha1.SnoozeUntilAnnotation, resource.Short(text, objects.RenderLimit))
	case !until.After(now):
		return until, "its time is past: " + text
	case until.After(now.Add(mostSnoozed)):
		return until, "its time is more than a year ahead: " + text
	case by == "" || utf8.RuneCountInString(by) > longestUser:
		return until, fmt.Sprintf("%s does not say who snoozes, in at most %d characters", driftv1alpha1.SnoozedByAnnotation, longestUser)
	}
	return until.Truncate(time.Second), ""
}

// wakeUp ends a snooze whose time has come. The annotations go first: cut short, what is left
// is a snooze that was taken off.
func (s Snoozer) wakeUp(ctx context.Context, d *driftv1alpha1.CloudDrift) error {
	if err := s.takeOff(ctx, d); err != nil {
		return err
	}
	return s.end(ctx, d, "its time has come")
}

// end has the drift count as open again.
func (s Snoozer) end(ctx context.Context, d *driftv1alpha1.CloudDrift, why string) error {
	was := d.Status.Snooze
	d.Status.Snooze = nil
	if err := s.Client.Status().Update(ctx, d); err != nil {
		return fmt.Errorf("ending the snooze of CloudDrift %s: %w", d.Name, err)
	}
	s.Events.SnoozeEnded(d, was, why)
	return nil
}

// refuse takes off a snooze that nothing comes of, and the one that it was to replace.
func (s Snoozer) refuse(ctx context.Context, d *driftv1alpha1.CloudDrift, why string) error {
	if err := s.takeOff(ctx, d); err != nil {
		return err
	}
	s.Events.SnoozeRefused(d, why)
	if d.Status.Snooze == nil {
		return nil
	}
	return s.end(ctx, d, "another one, that was refused, was put in its place")
}

func (s Snoozer) takeOff(ctx context.Context, d *driftv1alpha1.CloudDrift) error {
	before := d.DeepCopy()
	for _, name := range objects.SnoozeAnnotations {
		delete(d.Annotations, name)
	}
	if err := s.Client.Patch(ctx, d, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("taking the snooze off CloudDrift %s: %w", d.Name, err)
	}
	return nil
}

// trustsSnooze is Trusts for d's annotations of a snooze.
func (g *AdmissionGuard) trustsSnooze(ctx context.Context, d *driftv1alpha1.CloudDrift) error {
	written := askedAt(d, driftv1alpha1.SnoozeUntilAnnotation, objects.SnoozeAnnotations)
	return g.trusts(ctx, d, written, admission.SnoozePolicy, map[string]string{
		driftv1alpha1.SnoozeUntilAnnotation: "2999-12-31T00:00:00Z",
		driftv1alpha1.SnoozedByAnnotation:   forger,
	})
}
