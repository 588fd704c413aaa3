package drift

import (
	"cmp"
	"slices"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Acceptance is a value that was accepted for a field, and the one that was declared then.
// From and To are those of the difference: of a keyed list's element, say.
type Acceptance struct {
	Path     string
	From, To any
	// InManifest says that the manifest was seen to say To. That it is declared does not say
	// so: accepting writes it there.
	InManifest bool
}

// Standing is what an acceptance is worth, by what is declared now.
type Standing string

// An acceptance stands in for what is declared while that is what it was: whoever applies the
// old manifest again does not take it back.
const (
	// StandsIn says that From is declared, so that To is desired.
	StandsIn Standing = "StandsIn"
	// Declared says that To is declared: there is nothing to stand in for.
	Declared Standing = "Declared"
	// Overruled says that something else is declared, or nothing any more.
	Overruled Standing = "Overruled"
)

// Effective is what is desired: what is declared, with the accepted values that stand in for
// some of it. It also says what each acceptance is worth, by its path. The input is not
// touched. This is the one place that decides it: what is planned, accepted and shown all
// rests on it.
//
// An acceptance within what another one put there goes by that: of an element that was
// accepted, a member may have been accepted since.
func Effective(s Schema, desired map[string]any, accepted []Acceptance) (effective map[string]any, standing map[string]Standing) {
	effective, standing = desired, make(map[string]Standing, len(accepted))
	for _, a := range outerFirst(accepted) {
		at, err := resource.ParsePath(a.Path)
		if err != nil {
			standing[a.Path] = Overruled // a path that nobody can declare
			continue
		}
		adopted, is := s.standing(effective, a, at, accepted)
		if standing[a.Path] = is; is == StandsIn {
			effective = adopted
		}
	}
	return effective, standing
}

// outerFirst has what may hold another's field come before it.
func outerFirst(accepted []Acceptance) []Acceptance {
	out := slices.Clone(accepted)
	slices.SortStableFunc(out, func(a, b Acceptance) int {
		return cmp.Or(cmp.Compare(len(a.Path), len(b.Path)), cmp.Compare(a.Path, b.Path))
	})
	return out
}

// standing also returns what is declared with To in it.
func (s Schema) standing(desired map[string]any, a Acceptance, at resource.Path, accepted []Acceptance) (adopted map[string]any, is Standing) {
	adopted, err := Adopt(s, desired, a.To, at)
	if err != nil {
		return nil, Overruled // not declared any more, as where the list has no such element
	}
	switch {
	case s.says(desired, a.To, at, accepted):
		return adopted, Declared
	case s.says(desired, a.From, at, accepted):
		return adopted, StandsIn
	default:
		return adopted, Overruled
	}
}

// Stands says what one acceptance is worth where that is declared.
func Stands(s Schema, desired map[string]any, a Acceptance) Standing {
	_, standing := Effective(s, desired, []Acceptance{a})
	return standing[a.Path]
}

// Within are the acceptances of what holds the field at a path.
func Within(accepted []Acceptance, at resource.Path) []Acceptance {
	return slices.DeleteFunc(slices.Clone(accepted), func(a Acceptance) bool {
		outer, err := resource.ParsePath(a.Path)
		return err != nil || len(outer) == len(at) || !at.Under(outer)
	})
}

// Progress is how far an accepted value has come into the manifest that declares its field.
type Progress string

// An acceptance stands in for what is declared while it is Pending. Every other is its end.
const (
	// Pending says that the manifest has not said the value yet.
	Pending Progress = "Pending"
	// Landed says that the manifest says the value.
	Landed Progress = "Landed"
	// Lapsed says that what is declared is what is live again, as before the acceptance.
	Lapsed Progress = "Lapsed"
	// Superseded says that the manifest says something else, or nothing any more.
	Superseded Progress = "Superseded"
)

// progress is how far each accepted value has come. A field that is being resolved now is
// left alone, and so is one that is not seen: whoever resolves it has written, or will.
func (p *planner) progress() map[string]Progress {
	out := make(map[string]Progress, len(p.in.Accepted))
	if len(p.in.Accepted) == 0 {
		return out
	}
	_, standing := Effective(p.in.Schema, p.in.Desired, p.in.Accepted)
	compared := Differences(p.in.Schema, p.in.Desired, p.in.Observed, nil)
	apart := pathSet(compared.Unseen)
	for _, difference := range compared.Differences {
		apart.add(difference.Path)
	}
	for _, a := range p.in.Accepted {
		at, err := resource.ParsePath(a.Path)
		switch is := standing[a.Path]; {
		case p.holder[a.Path].Resolving:
			out[a.Path] = Pending
		case is == Overruled || err != nil:
			out[a.Path] = Superseded
		case is == Declared && a.InManifest:
			out[a.Path] = Landed
		case is == StandsIn && !apart.touch(at):
			out[a.Path] = Lapsed
		default:
			out[a.Path] = Pending
		}
	}
	return out
}

// pending are the acceptances that may stand in for what is declared.
func pending(accepted []Acceptance, progress map[string]Progress) []Acceptance {
	return slices.DeleteFunc(slices.Clone(accepted), func(a Acceptance) bool { return progress[a.Path] != Pending })
}
