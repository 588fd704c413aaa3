package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/declare"
	"github.com/arcadiacloud/clouddrift/internal/terraform"
)

// stateSource is what there is to declare of a Terraform state.
func (o *adoptOptions) stateSource(ctx context.Context, e *Env) ([]source, error) {
	state, err := e.readState(o.state)
	if err != nil {
		return nil, err
	}
	held, err := e.inventory(ctx, o.account)
	if err != nil {
		return nil, err
	}
	if len(held.accounts) > 1 {
		return nil, fmt.Errorf("namespace %s has several accounts: choose the one of the state by --account", held.namespace)
	}
	s := held.source(&held.accounts[0])
	for _, each := range state.Resources {
		if o.wants(each.Resource) {
			s.items = append(s.items, declare.Item{Resource: each.Resource, Asked: each.Asked, Lasting: true,
				Annotations: map[string]string{driftv1alpha1.TerraformAddressAnnotation: each.Address}})
		}
	}
	s.tellUnmapped(state)
	return []source{s}, nil
}

// largestState is how much of a state is read.
const largestState = 64 << 20

func (e *Env) readState(file string) (*terraform.State, error) {
	from := e.In
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("opening the Terraform state: %w", err)
		}
		defer func() { _ = opened.Close() }()
		from = opened
	}
	data, err := io.ReadAll(io.LimitReader(from, largestState+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the Terraform state: %w", err)
	case len(data) > largestState:
		return nil, errors.New("reading the Terraform state: it is larger than 64 MiB")
	}
	return terraform.Read(data)
}

// tellUnmapped says what of a state no declaration has.
func (s *source) tellUnmapped(state *terraform.State) {
	for _, each := range state.Unmapped {
		s.partly = true
		s.notes = append(s.notes, fmt.Sprintf("not declared: %s: %s", each.Address, each.Reason))
	}
	for _, each := range state.LeftOut {
		s.partly = s.partly || each.Unknown
		s.notes = append(s.notes, fmt.Sprintf("without %s: %s: it %s", each.Attribute, each.Address, each.Reason))
	}
	if state.Foreign > 0 {
		s.notes = append(s.notes, fmt.Sprintf("%s of other providers", counted(state.Foreign, "resource")))
	}
}
