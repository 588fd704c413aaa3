package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

// completeFlags adds what a shell may offer for the flags that several commands have.
func (e *Env) completeFlags(root *cobra.Command) {
	values := map[string]cobra.CompletionFunc{
		"account": e.completeNames(&driftv1alpha1.CloudAccountList{}),
		"kind":    cobra.FixedCompletions(kindNames(), cobra.ShellCompDirectiveNoFileComp),
		"field":   cobra.FixedCompletions(fieldNames(), cobra.ShellCompDirectiveNoFileComp),
		"state":   cobra.FixedCompletions(stateNames, cobra.ShellCompDirectiveNoFileComp),
		"color":   cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp),
	}
	for _, cmd := range append(root.Commands(), root) {
		for flag, complete := range values {
			if cmd.Flag(flag) != nil {
				_ = cmd.RegisterFlagCompletionFunc(flag, complete)
			}
		}
	}
}

func kindNames() []string {
	var names []string
	for _, kind := range kinds.All() {
		names = append(names, kind.Name)
	}
	slices.Sort(names)
	return names
}

func fieldNames() []string {
	var names []string
	for _, kind := range kinds.All() {
		names = append(names, kind.TopNames()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// completeNames offers the names of objects in the namespace, those that were not given yet.
func (e *Env) completeNames(list client.ObjectList) cobra.CompletionFunc {
	return func(cmd *cobra.Command, given []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), 3*time.Second)
		defer cancel()
		names, err := e.names(ctx, list)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError | cobra.ShellCompDirectiveNoFileComp
		}
		names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(given, name) })
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// names are those of the objects in the namespace. Only their metadata is asked for.
func (e *Env) names(ctx context.Context, list client.ObjectList) ([]string, error) {
	cluster, err := e.Client()
	if err != nil {
		return nil, err
	}
	namespace, err := e.Namespace()
	if err != nil {
		return nil, err
	}
	kind, err := cluster.GroupVersionKindFor(list)
	if err != nil {
		return nil, err
	}
	var out []string
	for next := ""; ; {
		found := &metav1.PartialObjectMetadataList{}
		found.SetGroupVersionKind(kind)
		if err := cluster.List(ctx, found, client.InNamespace(namespace), client.Limit(page), client.Continue(next)); err != nil {
			return nil, err
		}
		for _, item := range found.Items {
			out = append(out, item.Name)
		}
		if next = found.Continue; next == "" {
			return out, nil
		}
	}
}
