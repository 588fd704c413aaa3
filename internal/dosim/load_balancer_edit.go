package dosim

import (
	"net/http"
	"slices"
)

// loadBalancerEdit changes a spec by the part that the body holds.
type loadBalancerEdit func(c *call, lb *loadBalancer, spec, part *loadBalancerSpec) error

func editLoadBalancer(edit loadBalancerEdit) func(c *call, lb *loadBalancer) (*reply, error) {
	return func(c *call, lb *loadBalancer) (*reply, error) {
		var part loadBalancerSpec
		if err := c.decode(&part); err != nil {
			return nil, err
		}
		if err := lb.settled(c.now); err != nil {
			return nil, err
		}
		spec := lb.loadBalancerSpec
		if err := edit(c, lb, &spec, &part); err != nil {
			return nil, err
		}
		if err := spec.check(lb.Type); err != nil {
			return nil, err
		}
		lb.loadBalancerSpec = spec
		c.beginBalancerChange(lb)
		return &reply{http.StatusNoContent, nil}, nil
	}
}

// byID refuses an edit of the droplets where a tag names them, or where it names none.
func byID(spec, part *loadBalancerSpec) error {
	switch {
	case len(part.DropletIDs) == 0:
		return invalid("need to provide either a tag or a list of droplets")
	case spec.Tag != "":
		return invalid("Droplets cannot be added to or removed from a load balancer that uses a tag")
	}
	return nil
}

func addBackends(c *call, lb *loadBalancer, spec, part *loadBalancerSpec) error {
	if err := byID(spec, part); err != nil {
		return err
	}
	if lb.Type == lbGlobal {
		return invalid("a global load balancer has no Droplets: use target_load_balancer_ids")
	}
	ids, err := c.existingBackends(part.DropletIDs, lb.Region)
	spec.DropletIDs = append(slices.Clone(spec.DropletIDs), removed(ids, spec.DropletIDs)...)
	return err
}

func removeBackends(_ *call, _ *loadBalancer, spec, part *loadBalancerSpec) error {
	if err := byID(spec, part); err != nil {
		return err
	}
	spec.DropletIDs = removed(spec.DropletIDs, part.DropletIDs)
	return nil
}

func addForwardingRules(_ *call, lb *loadBalancer, spec, part *loadBalancerSpec) error {
	if lb.Type == lbGlobal || len(part.Rules) == 0 {
		return errLBRules
	}
	spec.Rules = append(slices.Clone(spec.Rules), part.Rules...)
	return nil
}

func removeForwardingRules(_ *call, _ *loadBalancer, spec, part *loadBalancerSpec) error {
	if len(part.Rules) == 0 {
		return errLBRules
	}
	spec.Rules = removed(spec.Rules, part.Rules)
	return nil
}
