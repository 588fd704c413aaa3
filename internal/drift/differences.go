package drift

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Differences compares what is declared with what was observed, but for what is
// ignored. Each declared name is looked for in the schema: an object whose fields
// the schema names is compared field by field, and what the schema does not name
// below a field of its own is compared as that field is.
//
// What a field can't have, a name or a value of a shape that is never its own, is told, and
// then nothing of the field is compared.
func Differences(s Schema, desired map[string]any, observed resource.Resource, ignore []resource.Path) Result {
	return walk{schema: s, desired: desired, observed: observed, ignore: newIgnoring(ignore), inspects: true}.result()
}

// inspected is Differences of what lies in a field that was looked at as a whole: nothing in
// it is odd, or the live value is as odd.
func inspected(s Schema, desired map[string]any, observed resource.Resource) Result {
	return walk{schema: s, desired: desired, observed: observed, ignore: newIgnoring(nil)}.result()
}

func (w walk) result() Result {
	s := w.schema
	w.unseen, w.misspelt = &paths{}, &paths{}
	for name, value := range w.desired {
		w.visit(resource.Path{resource.Segment(name)}, value, nil)
	}
	byPath := func(a, b resource.Path) int { return cmp.Compare(a.String(), b.String()) }
	slices.SortFunc(w.found.Differences, func(a, b Difference) int { return byPath(a.Path, b.Path) })
	slices.SortFunc(w.found.Unknown, func(a, b UnknownField) int { return byPath(a.Path, b.Path) })
	slices.SortFunc(w.found.Unseen, byPath)
	for i := range min(len(w.found.Unknown), explained) {
		if unknown := &w.found.Unknown[i]; unknown.Holds == AnyShape {
			*unknown = s.explain(unknown.Path)
		}
	}
	w.found.IgnoreUses = w.ignore.uses(w.found.Unseen)
	w.found.Ignored = w.ignore.count(s, w.desired, w.observed, w.found.Differences)
	return w.found
}

type walk struct {
	schema   Schema
	desired  map[string]any
	observed resource.Resource
	ignore   *ignoring
	// inspects says that odd names and shapes are looked for within fields.
	inspects bool
	found    Result
	// unseen and misspelt are those of what was found, to look a path up in.
	unseen, misspelt *paths
}

// explained is for how many unknown names it is worked out what may have been meant.
// A message has no room for more, and looking for what is alike takes its time.
const explained = 16

// visit handles one declared value. parent is the field that it lies in, if any.
func (w *walk) visit(at resource.Path, desired any, parent *Field) {
	if w.ignored(at) {
		return
	}
	field := w.schema.field(at)
	if field == nil {
		field = parent
	}
	inner := w.schema.hasFieldsBelow(at)
	object, isObject := desired.(map[string]any)
	switch {
	case inner && isObject && len(object) == 0 && field == nil:
		// Of an object only the keys that are declared are compared.
	case inner && isObject && len(object) > 0:
		for name, value := range object {
			w.visit(at.Append(resource.Segment(name)), value, field)
		}
	case field != nil:
		comparison := field.comparison()
		if field != parent && w.odd(at, desired, field.member(), comparison) {
			w.ignore.notCompared(at)
			return
		}
		w.compare(at, desired, comparison)
	case inner: // an object by the schema, declared as something else
		comparison := w.schema.parent(at)
		if w.odd(at, desired, Member{Holds: w.schema.shapeAround(at)}, comparison) {
			w.ignore.notCompared(at)
			return
		}
		w.compare(at, desired, comparison)
	default:
		w.unknown(at)
	}
}

func (w *walk) unknown(at resource.Path) {
	if w.misspelt.hold(at) {
		return
	}
	w.misspelt.add(at)
	w.found.Unknown = append(w.found.Unknown, UnknownField{Path: at})
}

func (w *walk) unsee(at resource.Path) {
	w.unseen.add(at)
	w.found.Unseen = append(w.found.Unseen, at)
}

// odd reports the names and the shapes that a field does not have within a declared value. A
// misspelt name makes another value of the whole, so that it is not compared. Nor is a value of
// another shape, unless it is the live one: then the field does have that shape.
func (w *walk) odd(at resource.Path, desired any, member Member, comparison Comparison) bool {
	if text, isScalar := scalarText(desired); !w.inspects || isScalar && (text == "" || member.Holds.takes(text)) {
		return false
	}
	var found oddities
	found.inspect(member, member.Holds, spotOf(at), desired)
	if len(found.names) == 0 && (len(found.shapes) == 0 || w.certain(at, desired, comparison)) {
		return false
	}
	for _, path := range found.names {
		w.unknown(path)
	}
	for _, misshapen := range found.shapes {
		w.misspelt.add(misshapen.Path)
		w.found.Unknown = append(w.found.Unknown, misshapen)
	}
	return true
}

// certain says whether all of a declared value is seen to be live.
func (w *walk) certain(at resource.Path, desired any, comparison Comparison) bool {
	if _, seen := w.observed.Lookup(at); !seen || w.observed.Partial(at) {
		return false
	}
	out := comparison.Compare(desired, liveAt(w.observed, w.desired, at))
	return out.Equal() && len(out.Unseen) == 0
}

// longestPath is the longest that the API server takes for a drift's field and for
// one that is remembered. Anybody may declare a longer name; DigitalOcean has none.
const longestPath = 1024

func (w *walk) compare(at resource.Path, desired any, comparison Comparison) {
	out := w.outcome(at, desired, comparison)
	if out.Unknown {
		w.unsee(at)
		return
	}
	w.count(at, desired)
	for _, difference := range out.Differences {
		difference.Path = at.Append(difference.Path...)
		switch {
		case w.ignored(difference.Path) || w.unseen.touch(difference.Path):
		case utf8.RuneCountInString(difference.Path.String()) > longestPath:
			w.unknown(difference.Path)
		default:
			w.found.Differences = append(w.found.Differences, difference)
		}
	}
	for _, path := range out.Unseen {
		if path = at.Append(path...); !w.ignored(path) {
			w.unsee(path)
		}
	}
}

// outcome compares what is left of both sides once what is ignored is taken out. What is
// expected stays as it is declared: an accept is of that.
func (w *walk) outcome(at resource.Path, desired any, comparison Comparison) Outcome {
	live := liveAt(w.observed, w.desired, at)
	rules := w.ignore.below(at)
	if len(rules) == 0 {
		return comparison.Compare(desired, live)
	}
	_, isList := live.Value.([]any)
	left := w.ignore.without(rules, at, desired, isList)
	out := comparison.Compare(left, live.With(w.ignore.without(rules, at, live.Value, isList)))
	for i := range out.Differences {
		if d := &out.Differences[i]; len(d.Path) == 0 && resource.Hash(d.Expected) == resource.Hash(left) {
			d.Expected = desired
		}
	}
	if !out.Unknown {
		w.ignore.look(rules, at, comparison, desired, live)
	}
	return out
}

// count tells the leaves that are compared from those that nobody could see.
func (w *walk) count(at resource.Path, desired any) {
	if object, ok := desired.(map[string]any); ok && len(object) > 0 {
		for name, value := range object {
			w.count(at.Append(resource.Segment(name)), value)
		}
		return
	}
	if w.ignored(at) {
		return
	}
	if _, seen := w.observed.Lookup(at); !seen || w.observed.Partial(at) {
		w.unsee(at)
		return
	}
	w.found.Fields++
}

func (w *walk) ignored(at resource.Path) bool {
	return w.ignore.hold(at)
}

func (f *Field) comparison() Comparison {
	comparison := f.Compare
	switch {
	case f.Key != nil:
		comparison = Elements(f.Key, Schema{Fields: f.Elements})
	case comparison == nil:
		comparison = Loose
	}
	if f.Ordered {
		comparison = Ordered(comparison)
	}
	if f.Sensitive {
		comparison = secret{}
	}
	return comparison
}

// Names are the names within the field's objects: of a list of Elements, those of their
// fields. Nil: it holds no object.
func (f *Field) Names() Members {
	if f.Key == nil {
		return f.Members
	}
	out := Members{}
	for i := range f.Elements {
		element := &f.Elements[i]
		out.add(strings.Split(element.Path, "."), element.member())
	}
	return out
}

// add puts a member at a path.
func (m Members) add(path []string, member Member) {
	if len(path) == 1 {
		m[path[0]] = member
		return
	}
	outer := m[path[0]]
	if outer.Members == nil {
		outer.Members = Members{}
	}
	if member.Holds != AnyShape {
		outer.Holds = OneObject
	}
	outer.Members.add(path[1:], member)
	m[path[0]] = outer
}

// field returns the field at exactly this path, or nil.
func (s Schema) field(at resource.Path) *Field {
	text := at.String()
	for i := range s.Fields {
		if s.Fields[i].Path == text {
			return &s.Fields[i]
		}
	}
	return nil
}

// owner returns the field that a path is or lies in, and how much of the path
// leads to it.
func (s Schema) owner(at resource.Path) (field *Field, depth int) {
	for depth = len(at); depth > 0; depth-- {
		if field = s.field(at[:depth]); field != nil {
			return field, depth
		}
	}
	return nil, 0
}

// shapeAround is that of what holds the fields below a path.
func (s Schema) shapeAround(at resource.Path) Shape {
	prefix := at.String() + "."
	if slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Holds != AnyShape && strings.HasPrefix(f.Path, prefix) }) {
		return OneObject
	}
	return AnyShape
}

func (s Schema) hasFieldsBelow(at resource.Path) bool {
	prefix := at.String() + "."
	return slices.ContainsFunc(s.Fields, func(f Field) bool { return strings.HasPrefix(f.Path, prefix) })
}

// explain says what a person may have meant by a name that the kind does not have, at
// whatever depth.
func (s Schema) explain(at resource.Path) UnknownField {
	field, depth := s.owner(at)
	if field == nil || field.Names() == nil {
		return s.unknownField(at)
	}
	members := field.Names()
	for ; depth < len(at)-1 && members[string(at[depth])].Members != nil; depth++ {
		members = members[string(at[depth])].Members
	}
	return UnknownField{Path: at, Nearest: members.nearest(at[:depth], string(at[depth]))}
}

// unknownField says what a person may have meant by a name that the kind does not have.
func (s Schema) unknownField(at resource.Path) UnknownField {
	text := at.String()
	if why := s.Unreadable[text]; why != "" {
		return UnknownField{Path: at, Unreadable: why}
	}
	names := make([]string, 0, 2*len(s.Fields))
	for _, field := range s.Fields {
		if slices.Contains(field.Others, text) {
			return UnknownField{Path: at, Nearest: field.Path}
		}
		names = append(names, field.Path)
		if object, _, isNested := strings.Cut(field.Path, "."); isNested && len(at) == 1 {
			names = append(names, object)
		}
	}
	return UnknownField{Path: at, Nearest: Nearest(text, names)}
}

// nearest is the member that somebody may have meant, as a path.
func (m Members) nearest(at resource.Path, wrote string) string {
	if known := m.known(wrote); known != nil {
		return at.Append(known...).String()
	}
	if alike := Nearest(wrote, slices.Sorted(maps.Keys(m))); alike != "" {
		return at.Append(resource.Segment(alike)).String()
	}
	return ""
}

// known is the member, at whatever depth, that another tool calls by this name; nil:
// there is none.
func (m Members) known(other string) resource.Path {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if slices.Contains(m[name].Others, other) {
			return resource.Path{resource.Segment(name)}
		}
		if inner := m[name].Members.known(other); inner != nil {
			return append(resource.Path{resource.Segment(name)}, inner...)
		}
	}
	return nil
}
