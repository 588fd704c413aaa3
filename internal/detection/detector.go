package detection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/binding"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Detector compares one CloudProvisioned with the inventory and carries the plan
// out. Whoever calls it, and however often at once: every write is guarded by the
// resourceVersion that was read, or by a name that only one create can take.
type Detector struct {
	objects.Access
	timetables *objects.Timetables
	budgets    *budgets
	pending    *PendingRequests
	// large is held while something is written for a declaration that is too large to be
	// looked at.
	large sync.Mutex
}

// NewDetector returns a detector that asks for syncs with pending.
func NewDetector(access objects.Access, tables *objects.Timetables, pending *PendingRequests) *Detector {
	return &Detector{Access: access, timetables: tables, budgets: newBudgets(access.Clock), pending: pending}
}

// ErrOneAtATime says that another declaration that is too large is being written for. The API
// server works for seconds on each such write, and it works for everybody.
var ErrOneAtATime = errors.New("another declaration that is too large is being written for")

// Outcome is what one detection found.
type Outcome struct {
	// kind and resourceID are of the bound resource; resourceID is "" where none is.
	kind, resourceID string
	// open is how many fields are drifted, and pending how many accepted values the manifest
	// has yet to say.
	open, pending int
	// Withheld is how many of them have no drift yet, for the account's limit.
	Withheld int
	// ignored is how many more would be drifted, were nothing ignored; nil where nothing is.
	ignored *int32
	// rules are what came of the account's ignore rules of the kind.
	rules ruleUses
}

// detectionRun is one run of the detection, for one declaration.
type detectionRun struct {
	provisioned *driftv1alpha1.CloudProvisioned
	// account, and the resource in binding, are as the cache holds them: to be read only.
	account  *driftv1alpha1.CloudAccount
	binding  binding.Binding
	drifts   []driftv1alpha1.CloudDrift
	desired  map[string]any
	presence resource.Presence
	// blind is why nothing can be said although the reference is bound; zero: it can.
	blind objects.Verdict
	plan  drift.Plan
	// accepted is what was accepted of each field; ended are those of which the plan found
	// the end.
	accepted acceptances
	ended    []string
	// leftBehind are open drifts of a resource that the reference was bound to before.
	leftBehind []string
	// granted is how many drifts may open, taken from the account's budget.
	granted int
	// awaited says that some fields are looked at from the next sync on.
	awaited bool
}

// Detect runs the detection for one CloudProvisioned. It is no error that there is none of
// that name. A conflict means that something was written meanwhile: run it again. So does
// ErrOneAtATime, in a while.
func (d *Detector) Detect(ctx context.Context, key client.ObjectKey) (Outcome, error) {
	run := detectionRun{provisioned: &driftv1alpha1.CloudProvisioned{}}
	if err := d.Client.Get(ctx, key, run.provisioned); err != nil {
		if apierrors.IsNotFound(err) {
			d.pending.forget(key)
			return Outcome{}, nil
		}
		return Outcome{}, fmt.Errorf("getting CloudProvisioned %s: %w", key, err)
	}
	if !run.provisioned.DeletionTimestamp.IsZero() {
		return Outcome{}, nil
	}
	if objects.TooLarge(run.provisioned) != "" {
		if !d.large.TryLock() {
			return Outcome{}, ErrOneAtATime
		}
		defer d.large.Unlock()
	}
	if err := d.look(ctx, binding.Cached{Reader: d.Client}, &run); err != nil {
		return Outcome{}, fmt.Errorf("CloudProvisioned %s: %w", key, err)
	}
	if err := d.planFor(ctx, &run); err != nil {
		return Outcome{}, fmt.Errorf("CloudProvisioned %s: %w", key, err)
	}
	if err := d.carryOut(ctx, &run); err != nil {
		return Outcome{}, fmt.Errorf("CloudProvisioned %s: %w", key, err)
	}
	return run.outcome(), nil
}

// DryRun says what Detect would find, and whether it would have nothing to write. p and
// what in shows of it are left untouched; a sync may be asked for, as by Detect.
func (d *Detector) DryRun(ctx context.Context, in binding.Lookup, p *driftv1alpha1.CloudProvisioned) (found Outcome, quiet bool, err error) {
	if !p.DeletionTimestamp.IsZero() {
		return Outcome{}, true, nil
	}
	own := *p
	own.Status = *p.Status.DeepCopy()
	run := detectionRun{provisioned: &own}
	if err := d.look(ctx, in, &run); err != nil {
		return Outcome{}, false, fmt.Errorf("CloudProvisioned %s/%s: %w", p.Namespace, p.Name, err)
	}
	d.draftPlan(&run)
	if !run.plan.Empty() {
		return Outcome{}, false, nil
	}
	d.summarise(&run)
	return run.outcome(), equality.Semantic.DeepEqual(p.Status, own.Status), nil
}

// outcome is what was found, once the status says it.
func (run *detectionRun) outcome() Outcome {
	return Outcome{
		kind:       run.provisioned.Spec.Resource.Kind,
		resourceID: run.provisioned.Status.ResourceID,
		open:       int(*run.provisioned.Status.OpenDrifts),
		pending:    len(run.accepted.pending()),
		Withheld:   run.plan.Withheld,
		ignored:    run.provisioned.Status.Ignored,
		rules:      run.ruleUses(),
	}
}

// look finds everything that the plan depends on.
func (d *Detector) look(ctx context.Context, in binding.Lookup, run *detectionRun) error {
	p := run.provisioned
	var err error
	if run.account, err = in.Account(ctx, p); err != nil {
		return err
	}
	if run.binding, err = (binding.Binder{In: in, Now: d.Clock.Now()}).Bind(ctx, p, run.account); err != nil {
		return err
	}
	if run.drifts, err = in.Drifts(ctx, p); err != nil {
		return err
	}
	run.desired, err = objects.DecodeMap(p.Spec.Desired)
	return err
}

// planFor decides, within what may still open.
func (d *Detector) planFor(ctx context.Context, run *detectionRun) error {
	in := d.draftPlan(run)
	if err := d.confirm(ctx, run); err != nil {
		return err
	}
	if wanted := len(run.plan.Open); wanted > 0 {
		granted, short := d.budgets.take(run.account, wanted)
		run.granted = granted
		if short {
			d.pending.syncSoon(client.ObjectKeyFromObject(run.account)) // its condition says so
		}
		if granted < wanted {
			in.MaxNew = granted
			run.plan = drift.NewPlan(in)
			run.plan.Stale = append(run.plan.Stale, run.leftBehind...)
		}
	}
	return nil
}

// draftPlan plans without a limit. Nothing is planned from what nobody can know. Where the
// plan rests on fields that no sync has looked at, a sync is asked for.
func (d *Detector) draftPlan(run *detectionRun) drift.Input {
	if needsCostly(run.binding.Kind, run.binding.Unseen) && d.pending.request(run.provisioned) {
		run.binding.Ready = objects.Unknown(driftv1alpha1.ReasonAwaitingInventory,
			"resource.where: %s: asked for since the last sync; the next one looks at it, and is on its way", objects.JoinPaths(run.binding.Unseen))
	}
	run.presence, run.blind = d.known(run)
	in := run.planInput()
	if run.binding.Older != nil {
		// What is open here is the older declaration's to find, and has its names.
		in.Desired, in.Accepted, in.Presence = nil, nil, resource.Present
	}
	run.plan = drift.NewPlan(in)
	run.ended = run.accepted.advance(run.plan.Progress, metav1.NewTime(d.Clock.Now()))
	run.plan.Stale = append(run.plan.Stale, run.leftBehind...)
	if needsCostly(run.binding.Kind, run.plan.Result.Unseen) {
		run.awaited = d.pending.request(run.provisioned)
	}
	return in
}

// toleratedMisses is how many missed syncs make the inventory too old to say anything.
const toleratedMisses = 3

// known is whether the bound resource is there, as far as the inventory can be relied on;
// blind is why it can't be although the reference is bound.
func (d *Detector) known(run *detectionRun) (presence resource.Presence, blind objects.Verdict) {
	if run.binding.Ready.Status != metav1.ConditionTrue {
		return resource.Unknown, blind
	}
	kind, id, r, listed := run.binding.Kind, run.binding.ID, run.binding.Resource, run.freshness()
	switch {
	case listed.ObservedAt == nil:
		return resource.Unknown, objects.Unknown(driftv1alpha1.ReasonAwaitingInventory,
			"no complete listing of the kind %s has arrived yet", kind.Schema.Kind)
	case r != nil && r.Observed.AbsentSince == nil && r.Observed.FieldTable != kind.FieldTable():
		return resource.Unknown, objects.Unknown(driftv1alpha1.ReasonAwaitingInventory,
			"%s %s was last read by an operator that knows other fields; the next sync reads it anew", kind.Schema.Kind, id)
	case r != nil && r.Observed.WithheldSince != nil:
		return resource.Unknown, binding.Withheld(run.account, run.binding)
	case listed.MissedSyncs >= toleratedMisses,
		d.timetables.Of(run.account).Sync.Missed(listed.ObservedAt.Time, d.Clock.Now(), toleratedMisses) >= toleratedMisses:
		return resource.Unknown, objects.Unknown(driftv1alpha1.ReasonInventoryStale,
			"the kind %s was last listed completely at %s; CloudAccount %s says why",
			kind.Schema.Kind, listed.ObservedAt.UTC().Format("2006-01-02T15:04Z"), run.account.Name)
	}
	return run.binding.Presence(), blind
}

// carryOut takes the episodes first, in one guarded write, and then writes the
// drifts that they are for. Cut short anywhere, the next run goes on from there.
func (d *Detector) carryOut(ctx context.Context, run *detectionRun) error {
	p := run.provisioned
	if err := d.remember(ctx, run); err != nil {
		return err
	}
	if len(run.plan.Open) > 0 {
		crashpoint.Reached(crashpoint.DetectRemembered)
	}
	recorder := driftWriter{Access: d.Access, provisioned: p}
	// What is recorded already comes first, and a write that is refused keeps no other from
	// being made: a quota that is full must not leave an open drift with old values.
	writes := &objects.Failures{}
	for _, name := range run.plan.Stale {
		writes.Add(recorder.closeAsStale(ctx, run.find(name), run.staleBecause(name)))
	}
	for _, refreshing := range run.plan.Refresh {
		writes.Add(recorder.refresh(ctx, run.find(refreshing.Name), refreshing))
	}
	refused := int32(0)
	for _, opening := range run.plan.Open {
		if writes.Ended() {
			break
		}
		err := recorder.open(ctx, opening, run.binding)
		if errors.Is(err, ErrEpisodeTaken) {
			return writes.Joined(d.skipEpisode(ctx, p, opening, err))
		}
		if err != nil {
			refused++
		}
		writes.Add(err)
	}
	if refused > 0 { // the status counted on them
		p.Status.OpenDrifts = ptr.To(max(*p.Status.OpenDrifts-refused, 0))
		writes.Add(d.Client.Status().Update(ctx, p))
	}
	return writes.Joined(nil)
}

// remember writes the status, where it changes, and tells what is new in it.
func (d *Detector) remember(ctx context.Context, run *detectionRun) error {
	p := run.provisioned
	before := p.Status.DeepCopy()
	d.summarise(run)
	if err := d.release(ctx, run); err != nil {
		return err
	}
	if equality.Semantic.DeepEqual(*before, p.Status) {
		return d.confirmTaken(ctx, run)
	}
	err := d.Client.Status().Update(ctx, p)
	if isTooLarge(err) {
		curtail(&p.Status)
		err = d.Client.Status().Update(ctx, p)
	}
	if err != nil {
		if run.granted > 0 {
			d.budgets.giveBack(run.account.UID, run.granted)
		}
		return fmt.Errorf("writing its status: %w", err)
	}
	if secrets := run.binding.Kind.DeclaredSecrets(run.desired); len(secrets) > 0 && p.Status.ObservedGeneration != before.ObservedGeneration {
		d.Events.SecretDeclared(p, secrets)
	}
	if run.binding.ReboundFrom != "" {
		d.Events.Rebound(p, run.binding.ReboundFrom, run.binding.ID)
	}
	for _, path := range run.ended {
		d.Events.AcceptanceEnded(p, path, run.accepted[path])
	}
	return nil
}

// isTooLarge says whether the API server refuses an object for its size, its own limit or
// etcd's.
func isTooLarge(err error) bool {
	return apierrors.IsRequestEntityTooLargeError(err) || err != nil && strings.Contains(err.Error(), "request is too large")
}

// curtail takes the messages off a status, for a declaration so large that nothing else
// has room beside it: a condition of before must not go on being true.
func curtail(status *driftv1alpha1.CloudProvisionedStatus) {
	for i := range status.Conditions {
		status.Conditions[i].Message = ""
	}
}

// skipEpisode remembers an episode whose name turned out to be in use, so that the
// next run takes the one after it.
func (d *Detector) skipEpisode(ctx context.Context, p *driftv1alpha1.CloudProvisioned, o drift.Opening, err error) error {
	if !errors.Is(err, ErrEpisodeTaken) {
		return err
	}
	for i := range p.Status.Fields {
		if p.Status.Fields[i].Path == o.Field {
			p.Status.Fields[i].OpenDrift = ""
		}
	}
	return errors.Join(err, d.Client.Status().Update(ctx, p))
}

// staleBecause says why a drift goes stale, as the end of a sentence that its field
// begins.
func (run *detectionRun) staleBecause(name string) string {
	switch {
	case run.binding.Older != nil:
		return "is now compared for an older CloudProvisioned that declares the same resource"
	case slices.Contains(run.leftBehind, name):
		return "is now compared with another resource, which the reference was bound to"
	default:
		return "no longer differs"
	}
}

func (run *detectionRun) find(name string) *driftv1alpha1.CloudDrift {
	for i := range run.drifts {
		if run.drifts[i].Name == name {
			return &run.drifts[i]
		}
	}
	return nil
}
