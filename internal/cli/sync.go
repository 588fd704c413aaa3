package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

func syncCommand(e *Env) *cobra.Command {
	var c chosen
	var w waiting
	cmd := &cobra.Command{
		Use:   "sync [ACCOUNT...]",
		Short: "Refresh the inventory now",
		Long: `Ask for a sync of CloudAccounts now: all of the namespace where none is named. With --wait it
ends when the sync, and the detection on it, are over, and fails where a sync was not complete.
It needs the right to patch CloudAccounts.`,
		Example: `  # All accounts of the namespace, and wait
  kubectl drift sync --wait

  # One account
  kubectl drift sync production`,
		ValidArgsFunction: e.completeNames(&driftv1alpha1.CloudAccountList{}),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.accounts = args
			accounts, err := e.accounts(cmd.Context(), &c)
			if err != nil {
				return err
			}
			if len(accounts) == 0 {
				return fmt.Errorf("there is no CloudAccount%s", e.where(c.everywhere))
			}
			whole, err := e.sync(cmd.Context(), accounts, &w, e.line)
			if err == nil && !whole {
				return &exitError{code: exitError1}
			}
			return err
		},
	}
	cmd.Flags().BoolVarP(&c.everywhere, "all-namespaces", "A", false, "Sync the accounts of all namespaces.")
	w.addFlags(cmd.Flags())
	return cmd
}

// sync asks for a sync of each account, and waits for all of them where that is asked for.
// whole says that none is known to have failed.
func (e *Env) sync(ctx context.Context, accounts []driftv1alpha1.CloudAccount, w *waiting, say func(...any)) (whole bool, err error) {
	cluster, err := e.Client()
	if err != nil {
		return false, err
	}
	request := e.Clock.Now().UTC().Format(time.RFC3339Nano)
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{driftv1alpha1.SyncAnnotation: request}}})
	if err != nil {
		return false, fmt.Errorf("writing the request: %w", err)
	}
	for i := range accounts {
		a := &accounts[i]
		if err := cluster.Patch(ctx, a, client.RawPatch(types.MergePatchType, patch), client.FieldOwner("kubectl-drift")); err != nil {
			return false, err
		}
		if !w.wait {
			say(a.Name, ": sync asked for")
		}
	}
	if !w.wait {
		return true, nil
	}
	waiting := accounts
	whole = true
	err = w.until(ctx, e, "not every account was synced", func(ctx context.Context) (bool, error) {
		left := waiting[:0:0]
		for i := range waiting {
			a := &waiting[i]
			switch err := cluster.Get(ctx, client.ObjectKeyFromObject(a), a); {
			case apierrors.IsNotFound(err):
				return false, fmt.Errorf("CloudAccount %s is gone", a.Name)
			case err != nil:
				return false, err
			case a.Status.LastHandledSyncRequest == request:
				words, well := syncedAs(a)
				whole = whole && well
				say(append([]any{a.Name, ": "}, words...)...)
			default:
				left = append(left, *a)
			}
		}
		waiting = left
		return len(left) == 0, nil
	})
	return whole, err
}

// syncedAs says what came of an account's last sync.
func syncedAs(a *driftv1alpha1.CloudAccount) (words []any, well bool) {
	// Ready may be missing for reasons of its own, as policies that were applied just now.
	if c := meta.FindStatusCondition(a.Status.Conditions, driftv1alpha1.ConditionSynced); c != nil && c.Status != metav1.ConditionTrue {
		return []any{yellow.in("%s", c.Reason), ": ", c.Message}, false
	}
	open := int32(0)
	if a.Status.OpenDrifts != nil {
		open = *a.Status.OpenDrifts
	}
	return []any{green.in("synced"), fmt.Sprintf(", %s open", drifts(int(open)))}, true
}
