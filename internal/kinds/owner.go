package kinds

import (
	"regexp"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Owner is who makes, changes and deletes a resource by itself, so that nobody declares it.
type Owner string

// The owners that can be told. Of a droplet of an autoscale pool only an endpoint of the
// pool's tells that it is one, which is not asked.
const (
	// OwnerNone: nothing says that anybody but people looks after it.
	OwnerNone Owner = ""
	// OwnerKubernetes: DigitalOcean Kubernetes, or what runs in a cluster: nodes and the
	// cluster autoscaler's, volumes of claims, load balancers of Services, a cluster's
	// firewalls and tags.
	OwnerKubernetes Owner = "Kubernetes"
	// OwnerDigitalOcean: it comes with something else, and goes with it.
	OwnerDigitalOcean Owner = "DigitalOcean"
)

// Owners are all owners.
var Owners = []Owner{OwnerKubernetes, OwnerDigitalOcean}

// Ownership says by which values an owner's resources are known: every field has the form
// that stands here for it, or, where it is a list, one of its elements.
type Ownership struct {
	Owner Owner
	Where map[string]*regexp.Regexp
}

var (
	// clusterTag are the tags that DigitalOcean Kubernetes gives to what it makes.
	clusterTag = regexp.MustCompile(`(?i)^k8s(:.+)?$`)
	// claimName is what the CSI driver calls the volume of a claim.
	claimName = regexp.MustCompile(`^pvc-` + uuidText + `$`)
	// serviceName is what Kubernetes calls the load balancer of a Service that names none.
	serviceName = regexp.MustCompile(`^a[0-9a-f]{31}$`)
	// clusterFirewall are the two firewalls that come with a cluster. Its tag says nothing:
	// people are told to use it for firewalls of their own.
	clusterFirewall = regexp.MustCompile(`^k8s-(` + uuidText + `-worker|public-access-` + uuidText + `)$`)
	// Records that come with a domain: its SOA, and the NS of the domain itself.
	soa, ns, apex = regexp.MustCompile(`^SOA$`), regexp.MustCompile(`^NS$`), regexp.MustCompile(`^@$`)
	nameServer    = regexp.MustCompile(`(?i)^ns[123]\.digitalocean\.com\.?$`)
	// regionsOwn is what DigitalOcean calls the VPC that it makes in each region. People may
	// make another one the default.
	regionsOwn = regexp.MustCompile(`^default-[a-z]+[0-9]+$`)
	// yes is a flag that is on.
	yes = regexp.MustCompile(`^true$`)
)

func ownedBy(owner Owner, field string, form *regexp.Regexp) Ownership {
	return Ownership{Owner: owner, Where: map[string]*regexp.Regexp{field: form}}
}

// OwnerOf says who looks after a resource of this kind by itself, as far as its values tell.
// What can't be seen tells nothing.
func (k Kind) OwnerOf(r resource.Resource) Owner {
	for _, each := range k.Owned {
		if each.covers(r) {
			return each.Owner
		}
	}
	return OwnerNone
}

func (o Ownership) covers(r resource.Resource) bool {
	for field, form := range o.Where {
		value, seen := r.Lookup(resource.Path{resource.Segment(field)})
		if !seen || !hasForm(value, form) {
			return false
		}
	}
	return true
}

func hasForm(value any, form *regexp.Regexp) bool {
	for _, each := range asList(value) {
		if each == true {
			each = "true"
		}
		if form.MatchString(text(each)) {
			return true
		}
	}
	return false
}
