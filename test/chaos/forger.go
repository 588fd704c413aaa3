package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/hack/stack"
)

const (
	forger = "mallory"
	// enforced is how long any API server takes to enforce a policy that can be read.
	enforced = 5 * time.Second
)

// admitForger makes the user who may patch drifts and may not accept.
func (c *cluster) admitForger(ctx context.Context, options client.Options) error {
	config, err := c.User(forger)
	if err != nil {
		return err
	}
	if c.mallory, err = client.NewWithWatch(config, options); err != nil {
		return fmt.Errorf("making %s's client: %w", forger, err)
	}
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: forger},
		Rules: []rbacv1.PolicyRule{{APIGroups: []string{driftv1alpha1.GroupVersion.Group}, Resources: []string{"clouddrifts"},
			Verbs: []string{"get", "list", "watch", "patch"}}},
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: forger},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: forger},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: forger}},
	}
	for _, o := range []client.Object{role, binding} {
		if err := c.admin.Create(ctx, o); err != nil {
			return fmt.Errorf("letting %s patch drifts: %w", forger, err)
		}
	}
	return nil
}

// policiesInForce says whether the admission policies have been whole for so long that
// the API server enforces them.
func (c *cluster) policiesInForce() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.disarmed && time.Since(c.armed) > enforced && !c.away && time.Since(c.back) > enforced
}

// disturbedSince says whether an admission policy has been away or weak since then.
func (c *cluster) disturbedSince(then time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.disarmed || c.armed.After(then)
}

func (c *cluster) disarm(away bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.disarmed, c.armed = away, time.Now()
}

// forge annotates a drift in the name of somebody who may accept, and says whether that
// was admitted.
func (c *cluster) forge(ctx context.Context, d *driftv1alpha1.CloudDrift) bool {
	if d.Annotations[driftv1alpha1.ResolveAnnotation] != "" {
		return false // it would change nothing
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"resourceVersion": d.ResourceVersion, // of a drift without an approval
		"annotations": map[string]any{
			driftv1alpha1.ResolveAnnotation:            driftv1alpha1.ResolveAccept,
			driftv1alpha1.ResolvedByAnnotation:         accepter,
			driftv1alpha1.ResolveObservationAnnotation: d.Status.Observation,
		},
	}})
	if err != nil {
		return false
	}
	target := &driftv1alpha1.CloudDrift{ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: d.Name}}
	return c.mallory.Patch(ctx, target, client.RawPatch(types.MergePatchType, patch)) == nil
}

// disarmings are the ways in which a policy is lost for a moment.
var disarmings = [][]string{
	{"delete", "validatingadmissionpolicy", "clouddrift-resolution"},
	{"delete", "validatingadmissionpolicybinding", "clouddrift-resolution"},
	{"patch", "validatingadmissionpolicybinding", "clouddrift-resolution", "--type=merge", "-p", `{"spec":{"validationActions":["Audit"]}}`},
	{"patch", "validatingadmissionpolicy", "clouddrift-resolution", "--type=merge", "-p", `{"spec":{"validations":[{"expression":"true"}]}}`},
}

// disturbPolicies takes policies away and puts them back while sequences run, with a
// forger at work all the time.
func (c *campaign) disturbPolicies(ctx context.Context, over <-chan struct{}) {
	forging, stop := context.WithCancel(ctx)
	defer stop()
	go c.cluster.keepForging(forging)
	root, err := stack.Root()
	for n := 0; n < 3 && err == nil; n++ {
		select {
		case <-over:
			return
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(2000+rand.IntN(3000)) * time.Millisecond):
		}
		c.cluster.disarm(true)
		how := disarmings[rand.IntN(len(disarmings))]
		_, _, failed := c.cluster.Kubectl(ctx, "", how...) // fails where the API server is away
		time.Sleep(time.Duration(rand.IntN(2500)) * time.Millisecond)
		err = c.applyPolicies(ctx, root)
		if failed != nil && err == nil {
			// What was answered with an error while etcd was away may be done later all the same.
			pause(ctx, 10*time.Second)
			err = c.applyPolicies(ctx, root)
		}
		c.cluster.disarm(false)
		c.stats.fault("policy away: " + how[0] + " " + how[1])
	}
	if err != nil && ctx.Err() == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.broken = fmt.Errorf("taking a policy away and putting it back: %w", err)
	}
}

// applyPolicies puts the policies back as they have to be.
func (c *campaign) applyPolicies(ctx context.Context, root string) error {
	return patiently(ctx, func(ctx context.Context) error {
		_, _, err := c.cluster.Kubectl(ctx, "", "apply", "--server-side", "--force-conflicts", "-k", filepath.Join(root, "config", "admission"))
		return err
	})
}

// keepForging forges approvals of whatever is open.
func (c *cluster) keepForging(ctx context.Context) {
	for ; ctx.Err() == nil; pause(ctx, 100*time.Millisecond) {
		var list driftv1alpha1.CloudDriftList
		if err := c.mallory.List(ctx, &list); err != nil {
			continue
		}
		for i := range list.Items {
			if d := &list.Items[i]; d.Status.State == driftv1alpha1.DriftOpen && rand.IntN(3) == 0 && c.forge(ctx, d) {
				c.stats.fault("forged approval admitted while a policy was away")
			}
		}
	}
}
