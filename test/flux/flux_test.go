// Package flux_test has Flux's own code apply declarations, while the operator's accepts
// change them. It is what kustomize-controller and helm-controller apply with.
package flux_test

import (
	"context"
	"testing"

	"github.com/fluxcd/pkg/ssa"
	. "github.com/onsi/gomega"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

const (
	namespace   = "flux"
	fluxManager = "kustomize-controller"
	declared    = "s-2vcpu-4gb" // by Git
	resized     = "s-1vcpu-1gb" // what each droplet has, and somebody accepts
)

func TestFlux(t *testing.T) {
	w := newWorld(t)
	for name, tries := range map[string]func(context.Context, *world, *declaration){
		"outlasts": outlasts, "lands-at-once": landsAtOnce, "superseded": superseded, "withdrawn": withdrawn, "keep-each-other": keepEachOther,
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			tries(t.Context(), w, w.accepted(t.Context(), name))
		})
	}
}

// outlasts: Flux reconciles the old revision again and again, then one that says the accepted
// value, then one that leaves the field out.
func outlasts(ctx context.Context, w *world, d *declaration) {
	w.Expect(w.apply(ctx, d.of(declared))).To(Equal(ssa.ConfiguredAction), "what was accepted is undone")
	for range 20 {
		w.Expect(w.apply(ctx, d.of(declared))).To(Equal(ssa.UnchangedAction))
	}
	w.expectGit(ctx, d, driftv1alpha1.GitPending)
	w.expectDrifts(ctx, d, driftv1alpha1.DriftAccepted)
	p := w.get(ctx, d)
	w.Expect(string(p.Spec.Desired["size_slug"].Raw)).To(Equal(`"`+declared+`"`), "nothing fights over the field")
	w.Expect(message(p, driftv1alpha1.ConditionInSync)).To(ContainSubstring("the manifest has yet to say: size_slug is s-1vcpu-1gb, was s-2vcpu-4gb"))

	w.Expect(w.apply(ctx, d.of(resized))).To(Equal(ssa.ConfiguredAction))
	w.expectGit(ctx, d, driftv1alpha1.GitLanded)
	w.Expect(w.apply(ctx, d.of(resized))).To(Equal(ssa.UnchangedAction))

	w.Expect(w.apply(ctx, d.of(""))).To(Equal(ssa.ConfiguredAction))
	w.Expect(w.get(ctx, d).Spec.Desired).NotTo(HaveKey("size_slug"))
}

// landsAtOnce: the value is committed before Flux has reconciled the old revision once more,
// so that the cluster says it already. Flux applies only what differs.
func landsAtOnce(ctx context.Context, w *world, d *declaration) {
	w.Expect(w.apply(ctx, d.of(resized))).To(Equal(ssa.ConfiguredAction))
	w.expectGit(ctx, d, driftv1alpha1.GitLanded)
	w.Expect(w.apply(ctx, d.of(resized))).To(Equal(ssa.UnchangedAction))
	w.Expect(w.apply(ctx, d.of(""))).To(Equal(ssa.ConfiguredAction))
	w.Expect(w.get(ctx, d).Spec.Desired).NotTo(HaveKey("size_slug"))
}

func superseded(ctx context.Context, w *world, d *declaration) {
	w.apply(ctx, d.of(declared))
	w.apply(ctx, d.of("s-8vcpu-16gb"))
	w.expectGit(ctx, d, driftv1alpha1.GitSuperseded)
	w.expectDrifts(ctx, d, driftv1alpha1.DriftAccepted, driftv1alpha1.DriftOpen)
}

func withdrawn(ctx context.Context, w *world, d *declaration) {
	w.apply(ctx, d.of(declared))
	w.expectGit(ctx, d, driftv1alpha1.GitPending)
	w.annotate(ctx, w.drifts(ctx, d)[0].Name, driftv1alpha1.ResolveWithdraw)
	w.expectGit(ctx, d, driftv1alpha1.GitWithdrawn)
	w.expectDrifts(ctx, d, driftv1alpha1.DriftAccepted, driftv1alpha1.DriftOpen)
	w.Expect(w.apply(ctx, d.of(declared))).To(Equal(ssa.UnchangedAction))
}

// keepEachOther: two fields of one object are accepted, and Git says one of the values first.
func keepEachOther(ctx context.Context, w *world, d *declaration) {
	d.renamed = "by-git"
	w.Expect(w.apply(ctx, d.of(declared))).To(Equal(ssa.ConfiguredAction))
	w.expectDrifts(ctx, d, driftv1alpha1.DriftAccepted, driftv1alpha1.DriftOpen)
	w.annotate(ctx, w.open(ctx, d), driftv1alpha1.ResolveAccept)
	w.expectDrifts(ctx, d, driftv1alpha1.DriftAccepted, driftv1alpha1.DriftAccepted)
	for range 20 {
		w.apply(ctx, d.of(declared))
	}
	w.expectEach(ctx, d, driftv1alpha1.GitPending, driftv1alpha1.GitPending)
	w.expectDrifts(ctx, d, driftv1alpha1.DriftAccepted, driftv1alpha1.DriftAccepted)

	w.Expect(w.apply(ctx, d.of(resized))).To(Equal(ssa.ConfiguredAction))
	w.expectEach(ctx, d, driftv1alpha1.GitPending, driftv1alpha1.GitLanded)
	d.renamed = d.name
	w.Expect(w.apply(ctx, d.of(resized))).To(Equal(ssa.ConfiguredAction))
	w.expectEach(ctx, d, driftv1alpha1.GitLanded, driftv1alpha1.GitLanded)
	w.expectDrifts(ctx, d, driftv1alpha1.DriftAccepted, driftv1alpha1.DriftAccepted)
}
