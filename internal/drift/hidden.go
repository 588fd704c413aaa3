package drift

import "github.com/arcadiacloud/clouddrift/internal/resource"

// assume fills what a token can't see of a list's elements with what is declared there,
// so that the rest of each element is compared and an accept keeps it. The paths that were
// filled are unseen: nobody knows whether they are as declared.
//
// An element that is not shown at all, and of which only hidden keys are declared beside
// what makes its key, may have been left out whole, and is taken to be there.
func (k keyed) assume(desired, observed any, hidden []resource.Hidden) (assumed any, unseen []resource.Path) {
	want, isList := k.index(desired)
	have, hasList := observed.([]any)
	if !isList || !hasList && whole.key(observed) != nothing || len(hidden) == 0 {
		return observed, nil
	}
	shown := map[string]bool{}
	out := make([]any, 0, len(have))
	for _, element := range have {
		key := k.keyOf(element)
		shown[key] = true
		declared, isDeclared := want[key]
		if !isDeclared {
			out = append(out, element)
			continue
		}
		for _, path := range own(hidden) {
			value := valueAt(declared, path)
			if whole.key(value) == nothing || whole.key(valueAt(element, path)) != nothing {
				continue
			}
			element = withValue(element, path, value)
			unseen = append(unseen, resource.Path{resource.Segment(key)}.Append(path...))
		}
		out = append(out, element)
	}
	for key, declared := range want {
		if paths := onlyHidden(declared, hidden); !shown[key] && len(paths) > 0 {
			out = append(out, declared)
			for _, path := range paths {
				unseen = append(unseen, resource.Path{resource.Segment(key)}.Append(path...))
			}
		}
	}
	return out, unseen
}

// own are the hidden paths of an element that lie in no other list's elements.
func own(hidden []resource.Hidden) []resource.Path {
	var out []resource.Path
	for _, h := range hidden {
		if h.Deeper == "" {
			out = append(out, h.Path)
		}
	}
	return out
}

// listsHidden are the lists within two elements of each of whose elements something may be
// hidden.
func listsHidden(a, b any, hidden []resource.Hidden) []resource.Path {
	var out []resource.Path
	for _, h := range hidden {
		if h.Deeper != "" && (whole.key(valueAt(a, h.Path)) != nothing || whole.key(valueAt(b, h.Path)) != nothing) {
			out = append(out, h.Path)
		}
	}
	return out
}

// onlyHidden are the hidden paths that hold something, provided that nothing beside them
// in the same objects does.
func onlyHidden(element any, hidden []resource.Hidden) []resource.Path {
	var out []resource.Path
	rest := element
	for _, path := range own(hidden) {
		if whole.key(valueAt(element, path)) != nothing {
			out = append(out, path)
			rest = withValue(rest, path, nil)
		}
	}
	for _, path := range out {
		if whole.key(valueAt(rest, path[:len(path)-1])) != nothing {
			return nil // something that would be shown
		}
	}
	return out
}
