package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/declare"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// sources are the accounts that it is about, with what there is to declare of each.
func (o *adoptOptions) sources(ctx context.Context, e *Env, args []string) ([]source, error) {
	if o.state != "" {
		return o.stateSource(ctx, e)
	}
	held, err := e.inventory(ctx, o.account)
	if err != nil {
		return nil, err
	}
	named, err := namedResources(held, args)
	if err != nil {
		return nil, err
	}
	var out []source
	for i := range held.accounts {
		s := held.source(&held.accounts[i])
		for _, r := range held.resources[s.account] {
			isNamed := slices.Contains(named, r.Name)
			live := objects.ResourceOf(&r)
			if len(args) > 0 && !isNamed || !o.wants(live) {
				continue
			}
			if since := r.Observed.WithheldSince; since != nil {
				s.partly = true
				s.notes = append(s.notes, fmt.Sprintf("not declared, because it may be gone, and waits for a person to confirm that: %s", r.Name))
				continue
			}
			s.items = append(s.items, declare.Item{Resource: live, Lasting: isNamed})
		}
		if len(args) == 0 {
			o.behind(&held.accounts[i], &s)
		}
		out = append(out, s)
	}
	return out, nil
}

// held is what the cluster knows of accounts.
type held struct {
	namespace string
	accounts  []driftv1alpha1.CloudAccount
	resources map[string][]driftv1alpha1.CloudResource
	declared  []driftv1alpha1.CloudProvisioned
}

// inventory is what the namespace knows of an account, "" for all that it has.
func (e *Env) inventory(ctx context.Context, account string) (*held, error) {
	c := &chosen{}
	if account != "" {
		c.accounts = []string{account}
	}
	namespace, err := e.Namespace()
	if err != nil {
		return nil, err
	}
	out := &held{namespace: namespace, resources: map[string][]driftv1alpha1.CloudResource{}}
	if out.accounts, err = e.accounts(ctx, c); err != nil {
		return nil, err
	}
	if len(out.accounts) == 0 {
		return nil, fmt.Errorf("there is no CloudAccount in namespace %s", namespace)
	}
	found, err := listAll(ctx, e, c, &driftv1alpha1.CloudResourceList{}, func(l *driftv1alpha1.CloudResourceList) []driftv1alpha1.CloudResource { return l.Items })
	if err != nil {
		return nil, err
	}
	for i := range found {
		if of := found[i].Spec.AccountRef.Name; found[i].Observed.AbsentSince == nil {
			out.resources[of] = append(out.resources[of], found[i])
		}
	}
	out.declared, err = e.declarations(ctx, &chosen{})
	return out, err
}

// source is an account, nothing of it chosen yet.
func (h *held) source(a *driftv1alpha1.CloudAccount) source {
	out := source{account: a.Name, namespace: h.namespace, among: []resource.Resource{}, taken: map[string]resource.Ref{}, declared: map[resource.Ref]bool{}}
	for i := range h.resources[a.Name] {
		r := &h.resources[a.Name][i]
		out.among = append(out.among, objects.ResourceOf(r))
		if r.Coverage.State == driftv1alpha1.CoverageManaged {
			out.declared[keyed(resource.Ref{Kind: r.Spec.Kind, ID: r.Spec.ID})] = true
		}
	}
	for i := range h.declared {
		p := &h.declared[i]
		ref := resource.Ref{Kind: p.Spec.Resource.Kind, ID: cmp.Or(p.Status.ResourceID, p.Spec.Resource.ID)}
		if p.Spec.AccountRef.Name != a.Name {
			ref = resource.Ref{}
		}
		out.taken[p.Name] = ref
		if ref.ID != "" {
			out.declared[keyed(ref)] = true
		}
	}
	return out
}

// namedResources are the names of the CloudResources that arguments mean.
func namedResources(h *held, args []string) ([]string, error) {
	var out []string
	for _, arg := range args {
		found := ""
		for _, resources := range h.resources {
			for i := range resources {
				r := &resources[i]
				kind, id, isPair := strings.Cut(arg, "/")
				if r.Name == bare(arg, "cloudresource") || isPair && strings.EqualFold(kind, r.Spec.Kind) && keyed(resource.Ref{Kind: r.Spec.Kind, ID: id}) == keyed(resource.Ref{Kind: r.Spec.Kind, ID: r.Spec.ID}) {
					if found != "" {
						return nil, fmt.Errorf("%s is in several accounts: choose one by --account", arg)
					}
					found = r.Name
				}
			}
		}
		if found == "" {
			return nil, fmt.Errorf("the inventory of namespace %s has no resource %s: give the name of a CloudResource (kubectl get cloudresource has them) or KIND/ID, as Droplet/3164444", h.namespace, arg)
		}
		out = append(out, found)
	}
	return out, nil
}

// wants says whether the flags choose a resource.
func (o *adoptOptions) wants(r resource.Resource) bool {
	return (len(o.kinds) == 0 || slices.Contains(o.kinds, r.Kind)) &&
		(len(o.tags) == 0 || slices.ContainsFunc(o.tags, func(tag string) bool { return hasTag(r, tag) })) &&
		(len(o.projects) == 0 || slices.ContainsFunc(o.projects, func(id string) bool {
			value, _ := r.Lookup(resource.Path{projectField})
			text, _ := value.(string)
			return strings.EqualFold(text, id)
		})) &&
		(len(o.names) == 0 || slices.ContainsFunc(o.names, func(pattern string) bool { return matchesGlob(pattern, r.Name) }))
}

func hasTag(r resource.Resource, tag string) bool {
	value, _ := r.Lookup(resource.Path{"tags"})
	list, _ := value.([]any)
	return slices.ContainsFunc(list, func(each any) bool { return strings.EqualFold(fmt.Sprint(each), tag) })
}

// checkGlob says what is wrong with a pattern.
func checkGlob(pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Errorf("--name: %q is no pattern: %w", pattern, errors.New("a bracket is not closed"))
	}
	return nil
}

// matchesGlob says whether a name has the pattern's form. A slash is a character like others.
func matchesGlob(pattern, name string) bool {
	plain := strings.NewReplacer("/", "\x00")
	matches, err := path.Match(plain.Replace(strings.ToLower(pattern)), plain.Replace(strings.ToLower(name)))
	return err == nil && matches
}

// behind says of which kinds the inventory may lack something.
func (o *adoptOptions) behind(a *driftv1alpha1.CloudAccount, s *source) {
	for _, kind := range kinds.All() {
		if len(o.kinds) > 0 && !slices.Contains(o.kinds, kind.Name) {
			continue
		}
		i := slices.IndexFunc(a.Status.Kinds, func(k driftv1alpha1.KindStatus) bool { return k.Kind == kind.Name })
		switch {
		case i < 0 || a.Status.Kinds[i].ObservedAt == nil:
			why := "it was never listed"
			if i >= 0 {
				why = cmp.Or(a.Status.Kinds[i].Message, why)
			}
			s.notes = append(s.notes, fmt.Sprintf("%s: nothing is known of %s: %s", a.Name, kind.Many, why))
		case a.Status.Kinds[i].Reason != "":
			s.notes = append(s.notes, fmt.Sprintf("%s: some %s may be missing: %s", a.Name, kind.Many, a.Status.Kinds[i].Message))
		default:
			continue
		}
		s.partly = true
	}
}
