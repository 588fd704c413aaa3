package resource

// Segment is one step of a Path: a key of an object, or the key of an element of
// a keyed list. The grammar writes both alike; the kind's field table says which
// fields are keyed lists.
type Segment string

// Path leads from the top of a resource's values to one of them. The empty path
// is the whole.
type Path []Segment

// ParsePath reads the grammar that String writes.
func ParsePath(text string) (Path, error) { return nil, nil }

// String writes the path in its one canonical spelling.
func (p Path) String() string { return "" }

// Under says whether the path is parent itself or leads to something below it.
func (p Path) Under(parent Path) bool { return false }

// Append returns a new path, one or more segments longer.
func (p Path) Append(more ...Segment) Path { return nil }
