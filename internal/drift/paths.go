package drift

import "github.com/arcadiacloud/clouddrift/internal/resource"

// paths is a set of paths, in which a path is looked for in as many steps as it is long,
// however many the set holds. Anybody may declare thousands of them.
type paths struct {
	here  bool
	below map[resource.Segment]*paths
}

func pathSet(list []resource.Path) *paths {
	set := &paths{}
	for _, path := range list {
		set.add(path)
	}
	return set
}

func (s *paths) add(path resource.Path) {
	for _, segment := range path {
		next := s.below[segment]
		if next == nil {
			next = &paths{}
			if s.below == nil {
				s.below = map[resource.Segment]*paths{}
			}
			s.below[segment] = next
		}
		s = next
	}
	s.here = true
}

// hold says whether a path is one of the set, or lies in one.
func (s *paths) hold(path resource.Path) bool {
	end, _ := s.follow(path)
	return end.here
}

// touch says whether a path is one of the set, or holds one, or lies in one.
func (s *paths) touch(path resource.Path) bool {
	end, whole := s.follow(path)
	return end.here || whole && len(end.below) > 0
}

// follow goes along a path until the set has one that holds it, or nothing more of it.
func (s *paths) follow(path resource.Path) (end *paths, whole bool) {
	for _, segment := range path {
		next := s.below[segment]
		if s.here || next == nil {
			return s, false
		}
		s = next
	}
	return s, true
}
