package main

import "fmt"

// What people do in DigitalOcean, behind the operator's back. Values come from
// small pools, so that fields also come to agree again.
var (
	sizes         = []string{"s-1vcpu-1gb", "s-1vcpu-2gb", "s-2vcpu-2gb"}
	tags          = []string{"web", "db", "blue", "prod"}
	dropletNames  = []string{"web-0", "web-1", "web-2"}
	volumeNames   = []string{"vol-0", "vol-1", "vol-2"}
	wallNames     = []string{"fw-0", "fw-1"}
	vpcNames      = []string{"net-0", "net-1", "net-2"}
	balancerNames = []string{"lb-0", "lb-1"}
	databaseNames = []string{"pg-0", "pg-1"}
	clusterNames  = []string{"k8s-0", "k8s-1"}
	poolNames     = []string{"pool-0", "pool-1"}
	descriptions  = []string{"", "logs", "data"}
	domains       = []string{"example.com", "example.org"}
	recordNames   = []string{"www", "mail", "@"}
	addresses     = []string{"198.51.100.1", "198.51.100.2", "198.51.100.3"}
	ttls          = []int{60, 300, 1800}
	gigabytes     = []int{10, 20, 30, 40}
	sources       = []string{"0.0.0.0/0", "10.1.0.0/16", "192.0.2.7"}
	ports         = []string{"22", "80", "443", "8000-9000"}
	units         = []int{1, 2, 3}
	entries       = []int{80, 8080}
	targets       = []int{80, 8000, 9000}
	databaseSizes = []string{"db-s-1vcpu-2gb", "db-s-2vcpu-4gb"}
	days          = []string{"monday", "sunday"}
	hours         = []string{"02:00", "14:00"}
)

var cloudOperations = []operation{
	{"most of a kind deleted", 1, (*sequence).massDelete},
}

// choose draws which kinds this sequence has.
func (s *sequence) choose() {
	s.kinds = map[string]bool{}
	for _, each := range subjects() {
		if root := each.root(); root != each.kind {
			s.kinds[each.kind] = s.kinds[root]
		} else {
			s.kinds[each.kind] = each.share == 0 || s.chance(each.share)
		}
	}
}

// subjects are the kinds that this sequence has.
func (s *sequence) subjects() []subject {
	var out []subject
	for _, each := range subjects() {
		if s.kinds[each.kind] {
			out = append(out, each)
		}
	}
	return out
}

// weighed are these kinds of this sequence, each as often as its weight.
func (s *sequence) weighed(which func(subject) bool) []subject {
	var out []subject
	for _, each := range s.subjects() {
		for range each.weight {
			if which(each) {
				out = append(out, each)
			}
		}
	}
	return out
}

// furnish is what the account holds at first.
func (s *sequence) furnish() {
	for _, each := range s.subjects() {
		for range each.first {
			s.create(each.kind)
		}
	}
	if s.chance(0.12) { // enough for a mass disappearance
		for n := range 16 {
			s.change("POST", "/v2/tags", map[string]any{"name": fmt.Sprintf("many-%d", n)})
		}
	}
}

// change changes the cloud; what DigitalOcean refuses is no error here.
func (s *sequence) change(method, path string, body any) {
	_, err := s.cloud.change(method, path, body)
	if err != nil {
		s.note("  %s %s %v: refused: %v", method, path, body, err)
		return
	}
	s.note("  %s %s %v", method, path, body)
}

// create adds a resource of a kind.
func (s *sequence) create(kind string) { subjectOf(kind).create(s) }

// any is a random resource of a kind; ok is false where there is none.
func (s *sequence) any(kind string) (r ref, ok bool) {
	all := s.cloud.now().sorted(kind)
	if len(all) == 0 {
		return ref{}, false
	}
	return one(s, all), true
}

func (s *sequence) remove(kind string) {
	if r, ok := s.any(kind); ok {
		s.change("DELETE", pathOf(r), nil)
	}
}

func (s *sequence) act(kind string, action map[string]any) {
	if r, ok := s.any(kind); ok {
		s.change("POST", pathOf(r)+"/actions", action)
	}
}

func (s *sequence) massDelete() {
	kind := one(s, []string{"Tag", "Tag", "Droplet", "DomainRecord"})
	for _, r := range s.cloud.now().sorted(kind) {
		if s.chance(0.9) {
			s.change("DELETE", pathOf(r), nil)
		}
	}
}
