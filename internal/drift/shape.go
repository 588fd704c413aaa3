package drift

import (
	"fmt"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Shape is the sort of JSON that a field holds, as messages call it.
type Shape string

// The shapes that DigitalOcean's fields have. A text may be written as any scalar, a number
// and a boolean as a text, and one value for a list of one; null and what is empty stand for
// none of every shape.
const (
	// AnyShape is that of a field of which nothing is known: any value is compared.
	AnyShape   Shape = ""
	OneText    Shape = "a text"
	OneNumber  Shape = "a number"
	OneBoolean Shape = "true or false"
	Texts      Shape = "texts"
	Numbers    Shape = "numbers"
	OneObject  Shape = "an object"
	Objects    Shape = "a list of objects"
)

// elementOf is the shape of a list's elements. What is not known may be a list.
var elementOf = map[Shape]Shape{Texts: OneText, Numbers: OneNumber, Objects: OneObject, AnyShape: AnyShape}

// takes says whether a scalar that is not empty may be declared for the shape.
func (s Shape) takes(scalar string) bool {
	if s == OneBoolean {
		truth := Truth(Fold(scalar))
		return truth == "true" || truth == "false"
	}
	if s == OneNumber || s == Numbers {
		_, isNumber := resource.ParseDecimal(Decimal(scalar))
		return isNumber
	}
	return s != OneObject && s != Objects
}

// shapeOf is what a value is, in words.
func shapeOf(value any) string {
	switch value.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "a text"
	case bool:
		return "true or false"
	}
	return "a number"
}

// oddities are what a field can't have within a declared value.
type oddities struct {
	// names are of members that its objects do not have.
	names []resource.Path
	// shapes are values that are of another shape than the field's, by their path: of a
	// list's elements the first.
	shapes map[string]UnknownField
}

// spot is where a value lies within a declared one.
type spot struct {
	outer *spot
	// name is a member's; an element of a list has its index alone.
	name  resource.Segment
	index int
}

// path names the members on the way: no list that people write has names for its elements.
func (s *spot) path() resource.Path {
	switch {
	case s == nil:
		return nil
	case s.index >= 0:
		return s.outer.path()
	}
	return s.outer.path().Append(s.name)
}

// String has the elements too.
func (s *spot) String() string {
	if s == nil {
		return ""
	}
	outer := s.outer.String()
	if s.index >= 0 {
		return fmt.Sprintf("%s[%d]", outer, s.index)
	}
	name := resource.Path{s.name}.String()
	if outer != "" && name[0] != '[' {
		name = "." + name
	}
	return outer + name
}

// spotOf is where a field's own value lies.
func spotOf(at resource.Path) *spot {
	var out *spot
	for _, segment := range at {
		out = &spot{outer: out, name: segment, index: -1}
	}
	return out
}

// member is the field as a member of what it lies in.
func (f *Field) member() Member {
	return Member{Holds: f.Holds, Members: f.Names(), Others: f.Others, Sensitive: f.Sensitive}
}

// inspect finds what m can't have within a value declared for it. field is the shape of the
// whole: of a list where m is an element.
func (o *oddities) inspect(m Member, field Shape, at *spot, value any) {
	element, isList := elementOf[m.Holds]
	switch value := value.(type) {
	case map[string]any:
		switch {
		case m.Members != nil && (!isList || m.Holds == AnyShape):
			o.inspectMembers(m.Members, at, value)
		case m.Holds != AnyShape:
			o.misshapen(field, at, value)
		}
	case []any:
		if !isList {
			o.misshapen(field, at, value)
			return
		}
		inner := Member{Holds: element, Members: m.Members}
		for i, v := range value {
			o.inspect(inner, field, &spot{outer: at, index: i}, v)
		}
	default:
		if text, isScalar := scalarText(value); isScalar && text != "" && !m.Holds.takes(text) {
			o.misshapen(field, at, value)
		}
	}
}

func (o *oddities) inspectMembers(members Members, at *spot, object map[string]any) {
	for name, value := range object {
		inner := spot{outer: at, name: resource.Segment(name), index: -1}
		if member, known := members.Of(name); known {
			o.inspect(member, member.Holds, &inner, value)
		} else {
			o.names = append(o.names, inner.path())
		}
	}
}

// misshapen notes a value of another shape than the field's, unless it is empty.
func (o *oddities) misshapen(field Shape, at *spot, value any) {
	if whole.key(value) == nothing {
		return
	}
	path := at.path()
	key := path.String()
	if _, told := o.shapes[key]; told {
		return
	}
	if o.shapes == nil {
		o.shapes = map[string]UnknownField{}
	}
	o.shapes[key] = UnknownField{Path: path, Where: at.String(), Is: shapeOf(value), Holds: field}
}
